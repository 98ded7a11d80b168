//! A private copy of a shared library, so that a rebuilt one can be loaded beside the old: the
//! system takes a file that is loaded already for the same library, whatever is in it by now.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::Unusable;
use crate::files::open_regular;

/// What the names of all copies begin with. Nobody searches for a library that is hidden.
const PREFIX: &str = ".micro-";

/// A copy of a library under a name of its own, which nobody else may read.
///
/// It is made beside the library, so that neighbours are found that the library looks for at
/// `$ORIGIN`; if that cannot be, where temporary files are (`TMPDIR`).
///
/// Dropping it removes it. A library that was loaded from it stays what it is: the system keeps
/// the content of a file that is in use. Until then its place on the disk is not given to another
/// file, so no later copy is taken for it.
#[derive(Debug)]
pub struct PrivateCopy {
    path: PathBuf,
    not_beside: Option<String>,
    /// Locked while the copy is there: if it is left behind, it can be told from one in use.
    file: File,
}

impl PrivateCopy {
    /// Copies a library.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or the copy cannot be written. Nothing stays then.
    pub fn of(library: &Path) -> Result<PrivateCopy, Unusable> {
        let [beside, temporary] = PrivateCopy::folders(library)?;
        PrivateCopy::within(&beside, &temporary, library)
    }

    /// The folders in which a copy of this library may be made, the better one first.
    ///
    /// # Errors
    ///
    /// If the library cannot be found.
    pub(super) fn folders(library: &Path) -> Result<[PathBuf; 2], Unusable> {
        // Its `$ORIGIN` is where it is itself, and not where a link to it is.
        let library = library.canonicalize().map_err(unreadable)?;
        let beside = library.parent().unwrap_or(&library).to_owned();
        Ok([beside, std::env::temp_dir()])
    }

    /// Where the copy is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why it is not beside the library, if it is not.
    pub(super) fn not_beside(&self) -> Option<&str> {
        self.not_beside.as_deref()
    }

    fn within(beside: &Path, temporary: &Path, library: &Path) -> Result<PrivateCopy, Unusable> {
        let name = library.file_name().unwrap_or_default().to_string_lossy();
        let mut original = open_regular(library).map_err(unreadable)?;
        let beside = match PrivateCopy::make(beside, &name, &mut original) {
            Ok(copy) => return Ok(copy),
            Err(error) => error.to_string(),
        };
        match PrivateCopy::make(temporary, &name, &mut original) {
            Ok(mut copy) => {
                copy.not_beside = Some(beside);
                Ok(copy)
            }
            Err(error) => Err(Unusable::NotCopied {
                beside,
                folder: temporary.to_owned(),
                temporary: error.to_string(),
            }),
        }
    }

    fn make(folder: &Path, name: &str, original: &mut File) -> io::Result<PrivateCopy> {
        let (path, file) = create(folder, name)?;
        // From here on, dropping it removes it.
        let mut copy = PrivateCopy {
            path,
            not_beside: None,
            file,
        };
        original.rewind()?;
        io::copy(original, &mut copy.file)?;
        Ok(copy)
    }
}

impl Drop for PrivateCopy {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            log::warn!("cannot remove `{}`: {error}", self.path.display());
        }
    }
}

/// The process that has made a copy of this name, if it is the name of one.
pub(super) fn find_process(name: &str) -> Option<i32> {
    let (process, rest) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let (number, _) = rest.split_once('-')?;
    number.parse::<u64>().ok()?;
    process.parse().ok()
}

/// Locks a copy for whoever has opened it; false if somebody else has.
pub(super) fn lock(file: &File) -> bool {
    // Where files cannot be locked, nobody has locked it.
    flock(file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
}

/// Creates a file that was not there before and is for us alone.
fn create(folder: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let process = std::process::id();
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{PREFIX}{process}-{number}-{name}"));
        // It never follows a link, nor takes what somebody else has put there.
        let mut new = OpenOptions::new();
        match new.write(true).create_new(true).mode(0o600).open(&path) {
            // Somebody may just have taken it for one that was left behind, and removes it.
            Ok(file) if !lock(&file) => {}
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

fn unreadable(error: io::Error) -> Unusable {
    Unusable::Unreadable(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    /// A library in a folder of its own, and an empty folder.
    struct Place {
        folder: tempfile::TempDir,
        library: PathBuf,
        empty: PathBuf,
    }

    fn place() -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (own, empty) = (folder.path().join("own"), folder.path().join("empty"));
        for folder in [&own, &empty] {
            fs::create_dir(folder).expect("a folder can be made");
        }
        let library = own.join("libping.so");
        fs::write(&library, "first").expect("a file can be written");
        // Others may read and run the original.
        fs::set_permissions(&library, fs::Permissions::from_mode(0o755)).expect("it is ours");
        Place {
            folder,
            library,
            empty,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = folder.read_dir().expect("it can be listed");
        let names = entries.map(|entry| entry.expect("it can be listed").file_name());
        names.filter_map(|name| name.into_string().ok()).collect()
    }

    #[test]
    fn a_copy_is_a_hidden_file_beside_the_library_that_only_we_may_see() {
        let place = place();
        let copy = PrivateCopy::of(&place.library).expect("it can be copied");
        let own = place.library.parent().expect("a folder");
        assert_eq!(
            copy.path().parent(),
            Some(own.canonicalize().expect("it is there").as_path())
        );
        assert_eq!(copy.not_beside(), None);
        let name = copy.path().file_name().expect("a name").to_string_lossy();
        assert!(
            name.starts_with(".micro-") && name.ends_with("-libping.so"),
            "{name}"
        );
        assert_eq!(find_process(&name), i32::try_from(std::process::id()).ok());
        fs::write(&place.library, "second").expect("a file can be written");
        assert_eq!(fs::read(copy.path()).expect("it is there"), b"first");
        let mode = copy.path().metadata().expect("it is there").mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_copy_is_beside_the_library_and_not_beside_a_link_to_it() {
        let place = place();
        let link = place.empty.join("libping.so");
        std::os::unix::fs::symlink(&place.library, &link).expect("a link can be made");
        let _copy = PrivateCopy::of(&link).expect("it can be copied");
        assert_eq!(names(&place.empty), ["libping.so"]);
        assert_eq!(names(&place.folder.path().join("own")).len(), 2);
    }

    #[test]
    fn a_copy_is_elsewhere_if_it_cannot_be_beside_the_library() {
        let place = place();
        let missing = place.folder.path().join("missing");
        let copy = PrivateCopy::within(&missing, &place.empty, &place.library);
        let copy = copy.expect("it can be copied");
        assert_eq!(copy.path().parent(), Some(place.empty.as_path()));
        assert_eq!(fs::read(copy.path()).expect("it is there"), b"first");
        let why = copy.not_beside().expect("it says why");
        assert!(why.starts_with("No such file or directory"), "{why}");
    }

    #[test]
    fn two_copies_are_two_files() {
        let place = place();
        let copies = [(); 2].map(|()| PrivateCopy::of(&place.library).expect("it can be copied"));
        let inode = |copy: &PrivateCopy| copy.path().metadata().expect("it is there").ino();
        assert_ne!(copies[0].path(), copies[1].path());
        assert_ne!(inode(&copies[0]), inode(&copies[1]));
    }

    #[test]
    fn a_copy_is_gone_when_it_is_dropped_and_whoever_uses_it_keeps_its_content() {
        let place = place();
        let copy = PrivateCopy::of(&place.library).expect("it can be copied");
        let mut used = File::open(copy.path()).expect("it is there");
        drop(copy);
        assert_eq!(names(&place.folder.path().join("own")), ["libping.so"]);
        let text = io::read_to_string(&mut used).expect("it is still in use");
        assert_eq!(text, "first");
    }

    #[test]
    fn nothing_stays_of_a_copy_that_failed() {
        let place = place();
        let unreadable = |path: &Path| {
            let refused = PrivateCopy::within(&place.empty, &place.empty, path);
            assert!(
                matches!(refused, Err(Unusable::Unreadable(_))),
                "{refused:?}"
            );
        };
        unreadable(&place.library.with_file_name("libpong.so"));
        unreadable(place.folder.path());
        unreadable(Path::new("/"));
        let missing = place.folder.path().join("missing");
        let refused = PrivateCopy::within(&missing, &missing, &place.library);
        let refused = refused.expect_err("it cannot be copied");
        let why = "No such file or directory (os error 2)";
        let folder = missing.display();
        assert_eq!(
            refused.to_string(),
            format!(
                "it cannot be copied, neither beside itself ({why}), nor to the temporary folder \
                 `{folder}` ({why})"
            )
        );
        let help = refused.help().expect("there is help");
        assert!(help.starts_with("make room there, or start anew"), "{help}");
        assert_eq!(names(&place.empty), [""; 0]);
    }

    #[test]
    fn what_somebody_else_has_put_there_is_not_used() {
        let place = place();
        let make = || {
            let copy = PrivateCopy::within(&place.empty, &place.empty, &place.library);
            copy.expect("it can be copied")
        };
        let first = make();
        let name = first.path().file_name().and_then(|name| name.to_str());
        let name = name.and_then(|name| name.strip_suffix("-libping.so"));
        let (start, number) = name
            .and_then(|name| name.rsplit_once('-'))
            .expect("numbers");
        let number: u64 = number.parse().expect("a number");
        for next in number + 1..number + 20 {
            let link = place.empty.join(format!("{start}-{next}-libping.so"));
            std::os::unix::fs::symlink(&place.library, link).expect("a link can be made");
        }
        let second = make();
        let found = second.path().symlink_metadata().expect("it is there");
        assert!(found.is_file(), "it is no link");
        assert_eq!(fs::read(&place.library).expect("it is there"), b"first");
    }

    #[test]
    fn names_of_copies_tell_who_has_made_them() {
        assert_eq!(find_process(".micro-12-3-libping.so"), Some(12));
        for other in [
            ".micro-12-3",
            ".micro-12-x-y",
            ".micro-x-1-y",
            "micro-1-2-y",
            ".micro-",
        ] {
            assert_eq!(find_process(other), None, "{other}");
        }
    }
}
