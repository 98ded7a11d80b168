//! What tells a file from what it was before, and from any other, without reading it.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

/// What the system tells files apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// The identity of the file at this path.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be seen.
    pub fn of(path: &Path) -> io::Result<Identity> {
        Ok(Identity::from(&path.metadata()?))
    }
}

impl From<&Metadata> for Identity {
    fn from(found: &Metadata) -> Identity {
        Identity {
            device: found.dev(),
            inode: found.ino(),
        }
    }
}

/// The look of a regular file at some time. Two of one path that are alike are most likely of one
/// content. Of a pipe, the look would say nothing of what comes out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    identity: Identity,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// The look of a file now; `None` if no regular file is there.
    #[must_use]
    pub fn of(path: &Path) -> Option<Stamp> {
        let found = path.metadata().ok()?;
        found.is_file().then(|| Stamp {
            identity: Identity::from(&found),
            bytes: found.len(),
            modified: found.modified().ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_looks_different_after_each_kind_of_change() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (path, other) = (folder.path().join("one"), folder.path().join("other"));
        assert_eq!(Stamp::of(&path), None);
        std::fs::write(&path, "text").expect("a file can be written");
        let file = std::fs::File::options().append(true).open(&path);
        let file = file.expect("a file can be opened");
        let long_ago = SystemTime::UNIX_EPOCH;
        file.set_modified(long_ago).expect("its time can be set");
        let first = Stamp::of(&path);
        assert!(first.is_some());
        assert_eq!(Stamp::of(&path), first);

        std::fs::write(&path, "longer text").expect("a file can be written");
        file.set_modified(long_ago).expect("its time can be set");
        let longer = Stamp::of(&path);
        assert_ne!(longer, first);

        file.set_modified(SystemTime::now())
            .expect("its time can be set");
        let later = Stamp::of(&path);
        assert_ne!(later, longer);

        std::fs::copy(&path, &other).expect("a file can be copied");
        std::fs::rename(&other, &path).expect("a file can be renamed");
        assert_ne!(Stamp::of(&path), later);
    }
}
