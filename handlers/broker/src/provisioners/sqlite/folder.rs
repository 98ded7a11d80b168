//! The folder: which file or link is where, and how it comes and goes so that it stays so.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use micro_api::Error;

use crate::provisioner::{Failure, Label};

/// The folder of all instances.
pub(super) struct Folder {
    /// Absolute: an app has another folder to start in.
    path: PathBuf,
}

const INSTANCES: &str = "instances";
const BINDS: &str = "binds";
const DATABASE: &str = "data.db";
const ENDING: &str = ".db";

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
        Ok(Folder { path })
    }

    /// Where the file of an instance is.
    pub(super) fn database(&self, label: &Label) -> PathBuf {
        self.instance(label.as_str()).join(DATABASE)
    }

    /// Where the link of a bind is.
    pub(super) fn link(&self, label: &str) -> PathBuf {
        self.path.join(BINDS).join(format!("{label}{ENDING}"))
    }

    /// Makes the file of an instance: an empty one is an empty database.
    pub(super) fn make_database(&self, label: &Label) -> Result<(), Failure> {
        let (folder, file) = (self.instance(label.as_str()), self.database(label));
        let make = || {
            if file.exists() {
                return Ok(());
            }
            make_folder(&folder)?;
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600);
            options.open(&file)?;
            settle(&folder)?;
            settle(&self.path.join(INSTANCES))
        };
        make().map_err(|error| refused("make", &file, &error))
    }

    /// Removes the file of an instance, and what lies beside it.
    pub(super) fn remove_database(&self, label: &str) -> Result<(), Failure> {
        let folder = self.instance(expect_name(label)?);
        let removed = unless_gone(fs::remove_dir_all(&folder));
        let removed = removed.and_then(|()| settle(&self.path.join(INSTANCES)));
        removed.map_err(|error| refused("remove", &folder, &error))
    }

    /// Makes the link of a bind to an instance.
    pub(super) fn make_link(&self, bind: &Label, instance: &Label) -> Result<(), Failure> {
        let link = self.link(bind.as_str());
        if !self.database(instance).exists() {
            let why = format!("the database of {instance} is gone");
            return Err(Failure::for_good(why));
        }
        let target = Path::new("..").join(INSTANCES).join(instance.as_str());
        let made = match symlink(target.join(DATABASE), &link) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            made => made,
        };
        let made = made.and_then(|()| settle(&self.path.join(BINDS)));
        made.map_err(|error| refused("make", &link, &error))
    }

    /// Whether the link of a bind is there.
    pub(super) fn has_link(&self, bind: &Label) -> bool {
        self.link(bind.as_str()).is_symlink()
    }

    /// Removes the link of a bind.
    pub(super) fn remove_link(&self, label: &str) -> Result<(), Failure> {
        let link = self.link(expect_name(label)?);
        let removed = unless_gone(fs::remove_file(&link));
        let removed = removed.and_then(|()| settle(&self.path.join(BINDS)));
        removed.map_err(|error| refused("remove", &link, &error))
    }

    /// How many bytes an instance has, with those that wait in its log.
    pub(super) fn measure(&self, label: &Label) -> Result<u64, Failure> {
        let file = self.database(label);
        let mut log = file.clone().into_os_string();
        log.push("-wal");
        let length = fs::metadata(&file).map_err(|error| refused("measure", &file, &error))?;
        let waiting = fs::metadata(log).map(|log| log.len()).unwrap_or_default();
        Ok(length.len() + waiting)
    }

    /// The instances whose names begin so.
    pub(super) fn list_databases(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let names = self.names(INSTANCES)?.into_iter();
        Ok(names.filter(|name| name.starts_with(prefix)).collect())
    }

    /// The binds whose names begin so.
    pub(super) fn list_links(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let names = self.names(BINDS)?.into_iter();
        let names = names.filter_map(|name| Some(name.strip_suffix(ENDING)?.to_owned()));
        Ok(names.filter(|name| name.starts_with(prefix)).collect())
    }

    fn names(&self, part: &str) -> Result<Vec<String>, Failure> {
        let folder = self.path.join(part);
        let read = || {
            let mut names = Vec::new();
            for entry in fs::read_dir(&folder)? {
                names.extend(entry?.file_name().into_string().ok());
            }
            Ok(names)
        };
        let names = read().map_err(|error: io::Error| refused("list", &folder, &error))?;
        Ok(names
            .into_iter()
            .filter(|name| is_name(name.trim_end_matches(ENDING)))
            .collect())
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
    Failure::for_now(format!(
        "`{}` cannot be {}: {error}",
        path.display(),
        participle(what)
    ))
}

fn participle(what: &str) -> &'static str {
    match what {
        "make" => "made",
        "remove" => "removed",
        "measure" => "measured",
        _ => "listed",
    }
}
