//! The index of a write-ahead log, `-shm`, as far as it tells that the database has changed.
//!
//! Whoever has a database with a log open remembers its pages until the head of the index is another
//! one (<https://www.sqlite.org/walformat.html> section 2.1). So what is changed in the file itself
//! has to be told there.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// One of the two copies of the head, which are alike.
const COPY_BYTES: usize = 48;
/// What its checksum is of.
const SUMMED_BYTES: usize = 40;
const VERSION: u32 = 3_007_000;
/// How often the database was changed.
const CHANGES: usize = 8;

/// The file with the index.
pub(super) struct Index(File);

impl Index {
    /// That of a database which somebody has open.
    pub(super) fn open(database: &Path) -> io::Result<Index> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).open(path(database))?;
        Ok(Index(file))
    }

    /// Tells everybody who has the database open that it has changed, while nobody else writes to it.
    pub(super) fn announce(&self) -> io::Result<()> {
        let mut head = [0; 2 * COPY_BYTES];
        self.0.read_exact_at(&mut head, 0)?;
        let (first, second) = head.split_at_mut(COPY_BYTES);
        if first != second || !is_known(first) {
            let why = "the index of its log has a format that is not known";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let changes = word(first, CHANGES).wrapping_add(1);
        first[CHANGES..CHANGES + 4].copy_from_slice(&changes.to_ne_bytes());
        let sum = checksum(first);
        first[SUMMED_BYTES..].copy_from_slice(&sum);
        // In this order, as who reads begins with the first one.
        self.0.write_all_at(first, COPY_BYTES as u64)?;
        self.0.write_all_at(first, 0)
    }
}

fn path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-shm");
    path.into()
}

fn is_known(head: &[u8]) -> bool {
    word(head, 0) == VERSION && head[SUMMED_BYTES..] == checksum(head)
}

fn checksum(head: &[u8]) -> [u8; 8] {
    let (mut one, mut two) = (0_u32, 0_u32);
    for at in (0..SUMMED_BYTES).step_by(8) {
        one = one.wrapping_add(word(head, at)).wrapping_add(two);
        two = two.wrapping_add(word(head, at + 4)).wrapping_add(one);
    }
    let mut sum = [0; 8];
    sum[..4].copy_from_slice(&one.to_ne_bytes());
    sum[4..].copy_from_slice(&two.to_ne_bytes());
    sum
}

/// A number of the head, in the order of bytes that the machine has.
fn word(head: &[u8], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&head[at..at + 4]);
    u32::from_ne_bytes(bytes)
}
