//! The folder: which file or link is where, and how it comes and goes so that it stays so.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use micro_api::Error;

use super::cap::log_bytes;
use crate::provisioner::{Failure, Label};

/// The folder of all instances.
pub(super) struct Folder {
    /// Absolute: an app has another folder to start in.
    path: PathBuf,
}

const INSTANCES: &str = "instances";
const BINDS: &str = "binds";
const DATABASE: &str = "data.db";

/// How many bytes an instance has, and when its file was changed last: seconds, and nanoseconds.
pub(super) struct Size {
    pub(super) bytes: u64,
    pub(super) changed: (i64, i64),
}

impl Folder {
    /// Makes it, for its owner alone, if it is not there.
    pub(super) fn make(path: &str) -> Result<Folder, Error> {
        let path = std::path::absolute(path)?;
        for part in [INSTANCES, BINDS] {
            let part = path.join(part);
            make_folder(&part).map_err(|error| {
                let part = part.display();
                Error::internal(format!("the folder `{part}` cannot be made: {error}"))
            })?;
        }
        let settled = settle(&path);
        settled.map_err(|error| {
            let path = path.display();
            Error::internal(format!("the folder `{path}` cannot be read: {error}"))
        })?;
        Ok(Folder { path })
    }

    /// Whether it is there: it may be on a disk that is not mounted.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let found = [INSTANCES, BINDS].map(|part| self.path.join(part));
        let gone = found.into_iter().find(|part| !part.is_dir());
        gone.map_or(Ok(()), |part| {
            let part = part.display();
            Err(Failure::for_now(format!("the folder `{part}` is gone")))
        })
    }

    /// Where the file of an instance is.
    pub(super) fn database(&self, label: &Label) -> PathBuf {
        self.instance(label.as_str()).join(DATABASE)
    }

    /// Where a bind finds that file: beyond a link, so that nothing can be made there once it is gone.
    pub(super) fn way(&self, bind: &Label) -> PathBuf {
        self.link(bind.as_str()).join(DATABASE)
    }

    /// Makes the file of an instance: an empty one is an empty database.
    pub(super) fn make_database(&self, label: &Label) -> Result<(), Failure> {
        let (folder, file) = (self.instance(label.as_str()), self.database(label));
        let make = || {
            // Not with the folders above it: see `check`.
            match DirBuilder::new().mode(0o700).create(&folder) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => made?,
            }
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            match options.open(&file) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => made?.sync_all()?,
            }
            // Also if it is there: whoever made it may have been killed here.
            settle(&folder)?;
            settle(&self.path.join(INSTANCES))
        };
        make().map_err(|error| refused("made", &file, &error))
    }

    /// Removes the file of an instance, and what lies beside it.
    pub(super) fn remove_database(&self, label: &str) -> Result<(), Failure> {
        let folder = self.instance(expect_name(label)?);
        let removed = unless_gone(fs::remove_dir_all(&folder));
        let removed = removed.and_then(|()| settle(&self.path.join(INSTANCES)));
        removed.map_err(|error| refused("removed", &folder, &error))
    }

    /// Makes the link of a bind to an instance.
    pub(super) fn make_link(&self, bind: &Label, instance: &Label) -> Result<(), Failure> {
        self.check()?;
        if !self.database(instance).exists() {
            let why = format!("the database of {instance} is gone");
            return Err(Failure::for_good(why));
        }
        let link = self.link(bind.as_str());
        let target = Path::new("..").join(INSTANCES).join(instance.as_str());
        let make = || {
            if fs::read_link(&link).is_ok_and(|found| found == target) {
                return Ok(());
            }
            // What is in its place is not ours.
            unless_gone(fs::remove_file(&link))?;
            symlink(&target, &link)
        };
        let made = make().and_then(|()| settle(&self.path.join(BINDS)));
        made.map_err(|error| refused("made", &link, &error))
    }

    /// Whether a bind has its link.
    pub(super) fn has_link(&self, bind: &Label) -> bool {
        self.link(bind.as_str()).is_symlink()
    }

    /// Removes the link of a bind.
    pub(super) fn remove_link(&self, label: &str) -> Result<(), Failure> {
        let link = self.link(expect_name(label)?);
        let removed = unless_gone(fs::remove_file(&link));
        let removed = removed.and_then(|()| settle(&self.path.join(BINDS)));
        removed.map_err(|error| refused("removed", &link, &error))
    }

    /// How large an instance is, with what waits in its log.
    pub(super) fn measure(&self, label: &Label) -> Result<Size, Failure> {
        let file = self.database(label);
        let found = fs::symlink_metadata(&file);
        let found = found.map_err(|error| refused("measured", &file, &error))?;
        // What else an app may have put there could keep us waiting, or lead elsewhere.
        if !found.is_file() {
            let file = file.display();
            return Err(Failure::for_now(format!("`{file}` is no file")));
        }
        Ok(Size {
            bytes: found.len() + log_bytes(&file),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }

    /// The instances whose names begin so.
    pub(super) fn list_databases(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        self.names(INSTANCES, prefix)
    }

    /// The binds whose names begin so.
    pub(super) fn list_links(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        self.names(BINDS, prefix)
    }

    fn names(&self, part: &str, prefix: &str) -> Result<Vec<String>, Failure> {
        let folder = self.path.join(part);
        let read = || {
            let mut names = Vec::new();
            for entry in fs::read_dir(&folder)? {
                names.extend(entry?.file_name().into_string().ok());
            }
            Ok(names)
        };
        let names = read().map_err(|error: io::Error| refused("listed", &folder, &error))?;
        let is_meant = |name: &String| is_name(name) && name.starts_with(prefix);
        Ok(names.into_iter().filter(is_meant).collect())
    }

    fn link(&self, label: &str) -> PathBuf {
        self.path.join(BINDS).join(label)
    }

    fn instance(&self, label: &str) -> PathBuf {
        self.path.join(INSTANCES).join(label)
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Has a folder be on the disk as it is: what was made in it or removed from it stays so.
fn settle(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn unless_gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// A name that leads nowhere else.
fn expect_name(name: &str) -> Result<&str, Failure> {
    match is_name(name) {
        true => Ok(name),
        false => Err(Failure::for_good(
            "what is to be removed has no name of ours",
        )),
    }
}

fn is_name(name: &str) -> bool {
    Label::new(name).is_some()
}

fn refused(what: &str, path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    Failure::for_now(format!("`{path}` cannot be {what}: {error}"))
}
