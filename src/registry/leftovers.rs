//! Copies of libraries that a process has left behind, because it was killed while it loaded them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::io::Errno;
use rustix::process::{Pid, geteuid, getpid, test_kill_process};

use super::copy::{find_process, lock};
use crate::files::open_regular;

/// Removes such copies from a folder, of our own user only.
pub(super) fn remove_leftovers(folder: &Path) {
    // A folder that cannot be read has none of ours.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let process = name.to_str().and_then(find_process).and_then(Pid::from_raw);
        if process.is_some_and(is_gone) && is_left(&entry.path()) {
            let path = entry.path();
            match fs::remove_file(&path) {
                Ok(()) => log::info!("removed `{}`, which was left behind", path.display()),
                Err(error) => log::warn!("cannot remove `{}`: {error}", path.display()),
            }
        }
    }
}

// In a container, every process may have had our number.
fn is_gone(process: Pid) -> bool {
    process == getpid() || test_kill_process(process) == Err(Errno::SRCH)
}

/// Whether it is a file of ours that nobody uses: a process elsewhere may see other numbers.
fn is_left(path: &Path) -> bool {
    let Ok(found) = path.symlink_metadata() else {
        return false;
    };
    found.is_file()
        && found.uid() == geteuid().as_raw()
        && open_regular(path).is_ok_and(|file| lock(&file))
}

#[cfg(test)]
mod tests {
    use super::super::PrivateCopy;
    use super::*;

    /// The number of a process that is gone.
    fn gone() -> u32 {
        let mut child = std::process::Command::new("true");
        let mut child = child.spawn().expect("there is `true`");
        child.wait().expect("it ends");
        child.id()
    }

    #[test]
    fn only_what_nobody_uses_any_more_is_removed() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let folder = folder.path();
        let library = folder.join("libping.so");
        let (gone, own, alive) = (
            gone(),
            std::process::id(),
            std::os::unix::process::parent_id(),
        );
        let left = [
            format!(".micro-{gone}-0-libping.so"),
            format!(".micro-{own}-9999-libping.so"),
        ];
        let others = [
            "libping.so".to_owned(),
            format!(".micro-{alive}-0-libping.so"),
            format!(".micro-{gone}-libping.so"),
            format!("micro-{gone}-0-libping.so"),
        ];
        for name in left.iter().chain(&others) {
            fs::write(folder.join(name), "text").expect("a file can be written");
        }
        let link = folder.join(format!(".micro-{gone}-1-libping.so"));
        std::os::unix::fs::symlink(&library, &link).expect("a link can be made");
        let inner = folder.join(format!(".micro-{gone}-2-libping.so"));
        fs::create_dir(&inner).expect("a folder can be made");
        let copy = PrivateCopy::of(&library).expect("it can be copied");
        // As if it were of a process elsewhere.
        let elsewhere = folder.join(format!(".micro-{gone}-3-libping.so"));
        fs::hard_link(copy.path(), &elsewhere).expect("a file can have two names");

        remove_leftovers(folder);
        remove_leftovers(&folder.join("missing"));
        for name in left {
            assert!(!folder.join(&name).exists(), "{name}");
        }
        let others = others.map(|name| folder.join(name));
        let kept = [&link, &inner, &elsewhere, copy.path()];
        for path in others
            .iter()
            .map(std::path::PathBuf::as_path)
            .chain(kept.map(|path: &Path| path))
        {
            assert!(path.symlink_metadata().is_ok(), "{}", path.display());
        }
    }
}
