//! The head of a database file, as far as it says who may write: its *write version*.
//!
//! A database whose write version is greater than 2 is read-only for everybody, the administrator
//! too (<https://www.sqlite.org/fileformat.html> section 1.3.3).

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// What stands there.
pub(super) struct Header([u8; BYTES]);

const BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
const WRITE_VERSION: usize = 18;
const READ_VERSION: usize = 19;
/// The change counter, by which others know that what they remember of the file is out of date.
const CHANGES: usize = 24;
/// The change counter for which other numbers of the header hold.
const VALID_FOR: usize = 92;
/// The read version of a database with a write-ahead log.
const WITH_LOG: u8 = 2;
const READ_ONLY: u8 = 3;

impl Header {
    /// That of a file. Nothing, if it has none: it is empty, or no database.
    pub(super) fn find(file: &File) -> io::Result<Option<Header>> {
        let mut bytes = [0; BYTES];
        match file.read_exact_at(&mut bytes, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        Ok(bytes.starts_with(MAGIC).then_some(Header(bytes)))
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.0[WRITE_VERSION] == READ_ONLY
    }

    pub(super) fn has_log(&self) -> bool {
        self.0[READ_VERSION] == WITH_LOG
    }

    /// Has the file be read-only, while nobody else writes to it.
    pub(super) fn close(mut self, file: &File) -> io::Result<()> {
        self.0[WRITE_VERSION] = READ_ONLY;
        if self.has_log() {
            // Others may read, and the counter is not looked at.
            return write(file, &self.0[WRITE_VERSION..=WRITE_VERSION], WRITE_VERSION);
        }
        self.count();
        write(file, &self.0, 0)
    }

    /// Has the file be writable again. Nothing but one byte is changed, so it does not matter who is at
    /// the file.
    pub(super) fn open(&self, file: &File) -> io::Result<()> {
        // Both versions are alike: 1, or 2 with a write-ahead log.
        write(file, &[self.0[READ_VERSION]], WRITE_VERSION)
    }

    fn count(&mut self) {
        let at = |place: usize| place..place + 4;
        let mut counter = [0; 4];
        counter.copy_from_slice(&self.0[at(CHANGES)]);
        let is_valid = self.0[at(VALID_FOR)] == counter;
        let counter = u32::from_be_bytes(counter).wrapping_add(1).to_be_bytes();
        self.0[at(CHANGES)].copy_from_slice(&counter);
        if is_valid {
            self.0[at(VALID_FOR)].copy_from_slice(&counter);
        }
    }
}

fn write(file: &File, bytes: &[u8], at: usize) -> io::Result<()> {
    file.write_all_at(bytes, at as u64)?;
    file.sync_all()
}
