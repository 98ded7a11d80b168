//! What tells a file from what it was before, without reading it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

/// The look of a file at some time. Two of one path that are alike are most likely of one content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
    device: u64,
}

impl Stamp {
    /// The look of a file now; `None` if it is not there.
    #[must_use]
    pub fn of(path: &Path) -> Option<Stamp> {
        let found = path.metadata().ok()?;
        Some(Stamp {
            modified: found.modified().ok(),
            bytes: found.len(),
            inode: found.ino(),
            device: found.dev(),
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
