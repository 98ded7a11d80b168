//! Files that are replaced whole: who reads them meanwhile finds the old content or the new one, and
//! who writes them meanwhile waits.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::{Errno, retry_on_intr};

/// A folder that others of us do not write into until this is dropped.
pub(super) struct Held {
    /// Its end gives the folder free.
    _folder: File,
}

impl Held {
    /// Waits for the folder. It is locked itself, so that no file for it lies about between answers.
    pub(super) fn wait(folder: &Path) -> io::Result<Held> {
        let folder = File::open(folder)?;
        match retry_on_intr(|| flock(&folder, FlockOperation::LockExclusive)) {
            // Some file systems lock nothing: there, one at a time is all there can be.
            Ok(()) | Err(Errno::BADF | Errno::NOLCK | Errno::NOTSUP | Errno::NOSYS) => {
                Ok(Held { _folder: folder })
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A file that is to take the place of another; it is gone when this is dropped before.
pub(super) struct Next {
    path: PathBuf,
    next: PathBuf,
}

impl Next {
    /// Makes the file, still empty, beside the one that it is to replace.
    pub(super) fn create(path: &Path) -> io::Result<Next> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Of this process alone, should two of them be here at once.
        let next = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
        File::create(&next)?;
        let path = path.to_owned();
        Ok(Next { path, next })
    }

    /// Writes the content, and replaces the other.
    pub(super) fn fill(self, content: &[u8]) -> io::Result<()> {
        fs::write(&self.next, content)?;
        fs::rename(&self.next, &self.path)
    }
}

impl Drop for Next {
    fn drop(&mut self) {
        // There is none any more if it has taken its place.
        let _ = fs::remove_file(&self.next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_a_file_that_cannot_take_its_place() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("a.json");
        fs::create_dir_all(path.join("in the way")).expect("a folder can be made");
        let next = Next::create(&path).expect("it can be made");
        assert!(next.fill(b"[]").is_err());
        let left = fs::read_dir(folder.path()).expect("it can be listed");
        assert_eq!(left.count(), 1);
    }
}
