//! Which files are read. Some can be read only once, and only by waiting for who writes them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Which files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accept {
    /// All, also pipes.
    #[default]
    Everything,
    /// Those that keep what is in them, so that reading never waits and may be done again.
    RegularFiles,
}

impl Accept {
    /// The content of a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is none of those that are.
    pub fn read(self, path: &Path) -> io::Result<Vec<u8>> {
        match self {
            Accept::Everything => std::fs::read(path),
            Accept::RegularFiles => {
                let mut bytes = Vec::new();
                open_regular(path)?.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }
}

/// Opens a regular file to read it, and nothing else. Never waits.
///
/// # Errors
///
/// If it cannot be opened, or is no regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // Opening a pipe would wait for who writes into it, and any file may become one before that.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    let found = file.metadata()?;
    if found.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    if !found.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_is_opened_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("file");
        let mut made = std::process::Command::new("mkfifo");
        let made = made.arg(&path).status().expect("there is `mkfifo`");
        assert!(made.success());
        let refused = |path: &Path| {
            let error = Accept::RegularFiles.read(path).expect_err("it is refused");
            error.to_string()
        };
        assert_eq!(refused(&path), "it is no regular file");
        assert_eq!(refused(Path::new("/dev/null")), "it is no regular file");
        assert_eq!(refused(folder.path()), "it is a folder");
        std::fs::remove_file(&path).expect("it can be removed");
        std::fs::write(&path, "text").expect("a file can be written");
        let read = Accept::RegularFiles.read(&path).expect("it can be read");
        assert_eq!(read, b"text");
        let device = Accept::Everything.read(Path::new("/dev/null"));
        assert_eq!(device.expect("it can be read"), b"");
    }
}
