//! A private copy of a shared library, so that a rebuilt one can be loaded beside the old: the
//! system takes a file that is loaded already for the same library, whatever is in it by now.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::files::open_regular;

/// A copy of a library under its own name, in a folder that nobody else may look into.
///
/// Dropping it removes both. A library that was loaded from it stays what it is: the system keeps
/// the content of a file that is in use. Until then its place on the disk is not given to another
/// file, so no later copy is taken for it.
///
/// The folder is made where temporary files are (`TMPDIR`); programs must be allowed to run there.
#[derive(Debug)]
pub struct PrivateCopy {
    folder: PathBuf,
    path: PathBuf,
}

impl PrivateCopy {
    /// Copies a library.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or the copy cannot be written. Nothing stays then.
    pub fn of(library: &Path) -> io::Result<PrivateCopy> {
        PrivateCopy::within(&std::env::temp_dir(), library)
    }

    /// Where the copy is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn within(parent: &Path, library: &Path) -> io::Result<PrivateCopy> {
        let Some(name) = library.file_name() else {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it has no name"));
        };
        let mut original = open_regular(library)?;
        let folder = make_folder(parent)?;
        let path = folder.join(name);
        let copy = PrivateCopy { folder, path };
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&copy.path)?;
        io::copy(&mut original, &mut file)?;
        Ok(copy)
    }
}

impl Drop for PrivateCopy {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            log::warn!("cannot remove `{}`: {error}", self.folder.display());
        }
    }
}

/// Makes a folder that was not there before and is for us alone.
fn make_folder(parent: &Path) -> io::Result<PathBuf> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let process = std::process::id();
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("micro-{process}-{number}"));
        // It never follows a link, nor takes what somebody else has put there.
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    fn library() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("libping.so");
        fs::write(&path, "first").expect("a file can be written");
        // Others may read and run the original.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        (folder, path)
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().expect("it is there").mode() & 0o777
    }

    #[test]
    fn a_copy_is_a_file_of_its_own_that_only_we_may_see() {
        let (_folder, library) = library();
        let copy = PrivateCopy::of(&library).expect("it can be copied");
        assert_eq!(copy.path().file_name(), library.file_name());
        fs::write(&library, "second").expect("a file can be written");
        assert_eq!(fs::read(copy.path()).expect("it is there"), b"first");
        assert_eq!(mode(copy.path()), 0o600);
        assert_eq!(mode(copy.path().parent().expect("a folder")), 0o700);
    }

    #[test]
    fn two_copies_are_two_files() {
        let (_folder, library) = library();
        let copies = [(); 2].map(|()| PrivateCopy::of(&library).expect("it can be copied"));
        let inode = |copy: &PrivateCopy| copy.path().metadata().expect("it is there").ino();
        assert_ne!(copies[0].path(), copies[1].path());
        assert_ne!(inode(&copies[0]), inode(&copies[1]));
    }

    #[test]
    fn a_copy_is_gone_when_it_is_dropped_and_whoever_uses_it_keeps_its_content() {
        let (_folder, library) = library();
        let copy = PrivateCopy::of(&library).expect("it can be copied");
        let folder = copy.path().parent().expect("a folder").to_owned();
        let mut used = File::open(copy.path()).expect("it is there");
        drop(copy);
        assert!(!folder.exists());
        assert!(library.exists());
        let text = io::read_to_string(&mut used).expect("it is still in use");
        assert_eq!(text, "first");
    }

    #[test]
    fn nothing_stays_of_a_copy_that_failed() {
        let (folder, library) = library();
        let parent = folder.path().join("copies");
        fs::create_dir(&parent).expect("a folder can be made");
        let missing = PrivateCopy::within(&parent, &library.with_file_name("libpong.so"));
        assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
        // A folder can be opened, but not read.
        assert!(PrivateCopy::within(&parent, folder.path()).is_err());
        assert!(PrivateCopy::within(&parent, Path::new("/")).is_err());
        let left = parent.read_dir().expect("it can be listed").count();
        assert_eq!(left, 0);
    }

    #[test]
    fn what_somebody_else_has_put_there_is_not_used() {
        let (folder, library) = library();
        let parent = folder.path().join("copies");
        fs::create_dir(&parent).expect("a folder can be made");
        let first = PrivateCopy::within(&parent, &library).expect("it can be copied");
        let name = first.path().parent().and_then(Path::file_name);
        let name = name.and_then(|name| name.to_str()).expect("it has a name");
        let (start, number) = name.rsplit_once('-').expect("numbers behind it");
        let number: u64 = number.parse().expect("a number");
        for next in number + 1..number + 20 {
            let link = parent.join(format!("{start}-{next}"));
            std::os::unix::fs::symlink(folder.path(), link).expect("a link can be made");
        }
        let second = PrivateCopy::within(&parent, &library).expect("it can be copied");
        let folder = second.path().parent().expect("a folder");
        let found = folder.symlink_metadata().expect("it is there");
        assert!(found.is_dir(), "it is no link");
    }
}
