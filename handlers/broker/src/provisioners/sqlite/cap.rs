//! What keeps a file from growing: it is made read-only for everybody, in its `header`.
//!
//! Whoever has it open finds out when he begins his next transaction, and stays unable to write until
//! he opens it again.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::header::Header;
use super::index::Index;
use crate::provisioner::Failure;

/// The file of an instance.
pub(super) struct Cap {
    path: PathBuf,
}

/// A program that closes a file releases all that it has locked of it, be it with another handle
/// (`fcntl` of POSIX): only one thread of this program is at the files.
static AT_FILES: Mutex<()> = Mutex::new(());

impl Cap {
    /// That of a file.
    pub(super) fn of(path: PathBuf) -> Cap {
        Cap { path }
    }

    /// Has the file be read-only if it has more bytes than that when all are counted that wait in its
    /// log; how many, if so. Waits this long for others who are at the file, twice.
    pub(super) fn close(&self, bytes_max: u64, patience: Duration) -> Result<Option<u64>, Failure> {
        let _alone = alone();
        let failed = |error: io::Error| self.failed(&error);
        if self.is_closed().map_err(failed)? {
            return self.length().map(Some).map_err(failed);
        }
        // What is locked goes with the files: they are declared first, and so closed last.
        let (file, index);
        let _connection = self.lock(patience)?;
        let bytes = self.length().map_err(failed)?;
        if bytes <= bytes_max {
            return Ok(None);
        }
        file = self.file().map_err(failed)?;
        let header = Header::find(&file).map_err(failed)?;
        let header = header.ok_or_else(|| self.failed(&"it is no database"))?;
        let has_log = header.has_log();
        header.close(&file).map_err(failed)?;
        if has_log {
            index = Index::open(&self.path).map_err(failed)?;
            index.announce().map_err(failed)?;
        }
        log::info!("`{}` is read-only from now on", self.path.display());
        Ok(Some(bytes))
    }

    /// Has the file be writable.
    pub(super) fn open(&self) -> Result<(), Failure> {
        let _alone = alone();
        let is_new = self.write_open().map_err(|error| self.failed(&error))?;
        if is_new {
            log::info!("`{}` is writable from now on", self.path.display());
        }
        Ok(())
    }

    /// Whether it is read-only, and everybody knows.
    fn is_closed(&self) -> io::Result<bool> {
        let header = Header::find(&File::open(&self.path)?)?;
        if !header.is_some_and(|header| header.is_read_only()) {
            return Ok(false);
        }
        let is_known = has_no_log(&self.path);
        if !is_known {
            // Somebody wrote on, because this program was killed before it told him: it begins anew.
            self.write_open()?;
        }
        Ok(is_known)
    }

    /// Keeps all others from writing, and has everything be in the file itself.
    fn lock(&self, patience: Duration) -> Result<Connection, Failure> {
        let lock = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.busy_timeout(patience)?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
            connection.execute_batch("BEGIN EXCLUSIVE")?;
            Ok(connection)
        };
        let path = self.path.display();
        let busy = || Failure::for_now(format!("somebody is at `{path}`"));
        let connection =
            lock().map_err(|error: rusqlite::Error| match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => busy(),
                _ => Failure::for_now(format!("`{path}` cannot be locked: {error}")),
            })?;
        // Somebody reads what is in the log, or has written to it meanwhile.
        match has_no_log(&self.path) {
            true => Ok(connection),
            false => Err(busy()),
        }
    }

    /// Whether that is new.
    fn write_open(&self) -> io::Result<bool> {
        let file = self.file()?;
        match Header::find(&file)? {
            Some(header) if header.is_read_only() => header.open(&file).map(|()| true),
            _ => Ok(false),
        }
    }

    fn file(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).open(&self.path)
    }

    fn length(&self) -> io::Result<u64> {
        self.path.metadata().map(|metadata| metadata.len())
    }

    fn failed(&self, why: &dyn fmt::Display) -> Failure {
        let path = self.path.display();
        Failure::for_now(format!("`{path}` cannot be changed: {why}"))
    }
}

/// How many bytes wait in the log of a database.
pub(super) fn log_bytes(database: &Path) -> u64 {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    Path::new(&log)
        .symlink_metadata()
        .map_or(0, |log| log.len())
}

fn has_no_log(database: &Path) -> bool {
    log_bytes(database) == 0
}

fn alone() -> MutexGuard<'static, ()> {
    AT_FILES.lock().unwrap_or_else(PoisonError::into_inner)
}
