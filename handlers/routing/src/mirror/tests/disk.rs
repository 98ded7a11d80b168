//! A small disk in memory, to be full.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::tools;

/// A small disk in memory.
pub(super) struct Disk(tempfile::TempDir);

impl Disk {
    /// One of some MiB. Nothing, if nobody may make one here.
    #[track_caller]
    pub(super) fn new() -> Option<Disk> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().display().to_string();
        let arguments = ["-t", "tmpfs", "-o", "size=8m", "micro-test", &path];
        tools::has("mount", &arguments).then_some(Disk(folder))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves no room on it.
    pub(super) fn fill(&self) {
        let mut file = File::create(self.path().join("ballast")).expect("it can be made");
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    pub(super) fn empty(&self) {
        std::fs::remove_file(self.path().join("ballast")).expect("it is there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also if a database still has files open there.
        let unmounted = tools::succeeds("umount", &["-l", &self.path().display().to_string()]);
        assert!(unmounted || std::thread::panicking());
    }
}
