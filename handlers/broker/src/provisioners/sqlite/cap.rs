//! What keeps a file from growing: the *write version* in its header.
//!
//! A database whose write version is greater than 2 is read-only for everybody, the administrator
//! too (<https://www.sqlite.org/fileformat.html> section 1.3.3). Whoever has it open finds out when he
//! begins his next transaction; with a write-ahead log, only when he opens it again.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::provisioner::Failure;

/// The file of an instance. Nobody else of this program has it open: closing it would release what
/// he has locked.
pub(super) struct Cap {
    path: PathBuf,
}

/// The header up to what is changed in it.
const HEADER_BYTES: usize = 100;
const WRITE_VERSION: usize = 18;
const READ_VERSION: usize = 19;
/// The change counter, by which others know that what they remember of the file is out of date.
const CHANGES: usize = 24;
/// The change counter for which other numbers of the header hold.
const VALID_FOR: usize = 92;
const READ_ONLY: u8 = 3;
/// How long is waited for others who are at the file.
const PATIENCE: Duration = Duration::from_millis(100);

impl Cap {
    /// That of a file.
    pub(super) fn of(path: PathBuf) -> Cap {
        Cap { path }
    }

    /// Has the file be read-only or not; whether that is new.
    pub(super) fn set(&self, is_read_only: bool) -> Result<bool, Failure> {
        let failed = |error: std::io::Error| {
            Failure::for_now(format!(
                "`{}` cannot be changed: {error}",
                self.path.display()
            ))
        };
        let mut header = [0; HEADER_BYTES];
        {
            let file = OpenOptions::new()
                .read(true)
                .open(&self.path)
                .map_err(failed)?;
            // A database without any content has no header.
            if file.metadata().map_err(failed)?.len() < HEADER_BYTES as u64 {
                return Ok(false);
            }
            file.read_exact_at(&mut header, 0).map_err(failed)?;
        }
        if (header[WRITE_VERSION] == READ_ONLY) == is_read_only {
            return Ok(false);
        }
        let locked = self.lock()?;
        let file = OpenOptions::new().read(true).write(true).open(&self.path);
        let file = file.map_err(failed)?;
        file.read_exact_at(&mut header, 0).map_err(failed)?;
        change(&mut header, is_read_only);
        file.write_all_at(&header, 0).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        // From here on nothing is locked any more.
        drop(file);
        drop(locked);
        Ok(true)
    }

    /// Keeps all others from writing, and has everything be in the file itself.
    fn lock(&self) -> Result<Connection, Failure> {
        let busy = |error: rusqlite::Error| {
            Failure::for_now(format!("somebody is at `{}`: {error}", self.path.display()))
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(busy)?;
        connection.busy_timeout(PATIENCE).map_err(busy)?;
        connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))
            .map_err(busy)?;
        match connection.execute_batch("BEGIN EXCLUSIVE") {
            // It is read-only already: there is nobody to be kept out.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) => Ok(()),
            begun => begun,
        }
        .map_err(busy)?;
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        match std::fs::metadata(log) {
            Ok(log) if log.len() > 0 => {
                let path = self.path.display();
                Err(Failure::for_now(format!("somebody is writing to `{path}`")))
            }
            _ => Ok(connection),
        }
    }
}

fn change(header: &mut [u8; HEADER_BYTES], is_read_only: bool) {
    header[WRITE_VERSION] = match is_read_only {
        true => READ_ONLY,
        // Both versions are alike: 1, or 2 with a write-ahead log.
        false => header[READ_VERSION],
    };
    let at = |place: usize| place..place + 4;
    let mut counter = [0; 4];
    counter.copy_from_slice(&header[at(CHANGES)]);
    let is_valid = header[at(VALID_FOR)] == counter;
    let counter = u32::from_be_bytes(counter).wrapping_add(1).to_be_bytes();
    header[at(CHANGES)].copy_from_slice(&counter);
    if is_valid {
        header[at(VALID_FOR)].copy_from_slice(&counter);
    }
}
