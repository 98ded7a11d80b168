//! Instances in a folder: a SQLite file an instance, and a path to it a bind.
//!
//! A file has a folder of its own, because what SQLite needs beside it lies there. A bind has a path of
//! its own, a symbolic link: SQLite looks where it leads before it names what lies beside. Whoever has a
//! file open when he is unbound keeps it until he closes it. `cap` keeps files from growing.

mod cap;
mod folder;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use micro_api::Error;

use self::cap::Cap;
use self::folder::Folder;
use super::size::size;
use crate::kind::Kind;
use crate::options::Options;
use crate::provisioner::{Bind, Failure, Found, Instance, Label, Provisioner, Ready, Tended};

/// The kind `sqlite`.
pub(crate) const SQLITE: Kind = Kind {
    name: "sqlite",
    options: &["folder", "size_max"],
    environment: &[
        ("path", "SQLITE_PATH"),
        ("url", "SQLITE_URL"),
        ("size_max", "SQLITE_SIZE_MAX"),
    ],
    open,
    place,
};

const DATABASE: &str = "database";
const LINK: &str = "link";
/// How large a file may be allowed to be.
const SIZES: std::ops::RangeInclusive<u64> = 64 << 10..=1 << 40;

struct Sqlite {
    folder: Folder,
    size_max: u64,
    /// Those of which it is known that they can be written, so that a look at their size is enough.
    open: Mutex<BTreeSet<Label>>,
}

fn open(options: &Options<'_>) -> Result<Box<dyn Provisioner>, Error> {
    let size_max = options.number("size_max", 64 << 20, SIZES)?;
    Ok(Box::new(Sqlite {
        folder: Folder::make(path(options))?,
        size_max,
        open: Mutex::default(),
    }))
}

fn place(options: &Options<'_>) -> Result<String, Error> {
    Ok(std::path::absolute(path(options))?.display().to_string())
}

fn path<'a>(options: &Options<'a>) -> &'a str {
    options.find("folder").unwrap_or("broker-data")
}

impl Sqlite {
    /// Looks whether a file is too large, and closes it or opens it again; says why it is closed.
    fn look(&self, label: &Label) -> Result<Option<String>, Failure> {
        let bytes = self.folder.measure(label)?;
        // While this is held, nobody else of this program is at the file.
        let mut open = self.lock();
        let is_too_large = bytes > self.size_max;
        if open.contains(label) && !is_too_large {
            return Ok(None);
        }
        let cap = Cap::of(self.folder.database(label));
        if cap.set(is_too_large)? {
            let what = if is_too_large {
                "read-only"
            } else {
                "writable"
            };
            log::info!("{label} is {what} from now on");
        }
        if !is_too_large {
            open.insert(label.clone());
            return Ok(None);
        }
        open.remove(label);
        let (found, most) = (size(bytes), size(self.size_max));
        Ok(Some(format!(
            "it has {found} of {most}: it is read-only until its plan allows more"
        )))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Label>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Provisioner for Sqlite {
    fn create(&self, instance: &Instance) -> Result<(), Failure> {
        self.folder.make_database(&instance.label)?;
        // Its plan may have changed.
        self.look(&instance.label).map(drop)
    }

    fn destroy(&self, instance: &Instance) -> Result<(), Failure> {
        self.lock().remove(&instance.label);
        self.folder.remove_database(instance.label.as_str())
    }

    fn bind(&self, instance: &Instance, bind: &Bind) -> Result<(), Failure> {
        self.folder.make_link(&bind.label, &instance.label)
    }

    fn unbind(&self, _: &Instance, bind: &Bind) -> Result<(), Failure> {
        self.folder.remove_link(bind.label.as_str())
    }

    fn environment(&self, _: &Instance, bind: &Bind) -> Vec<(&'static str, String)> {
        let path = self.folder.link(bind.label.as_str()).display().to_string();
        vec![
            ("url", format!("sqlite:{path}")),
            ("path", path),
            ("size_max", self.size_max.to_string()),
        ]
    }

    fn info(&self, instance: &Instance) -> Result<Vec<(String, String)>, Failure> {
        let bytes = self.folder.measure(&instance.label)?;
        let shown = format!("{} of {}", size(bytes), size(self.size_max));
        Ok(vec![("Size".to_owned(), shown)])
    }

    fn list(&self, prefix: &str) -> Result<Vec<Found>, Failure> {
        let found = |kind| move |name| Found { kind, name };
        let databases = self.folder.list_databases(prefix)?;
        let links = self.folder.list_links(prefix)?;
        let databases = databases.into_iter().map(found(DATABASE));
        Ok(databases
            .chain(links.into_iter().map(found(LINK)))
            .collect())
    }

    fn remove(&self, orphan: &Found) -> Result<(), Failure> {
        match orphan.kind {
            DATABASE => self.folder.remove_database(&orphan.name),
            LINK => self.folder.remove_link(&orphan.name),
            kind => Err(Failure::for_good(format!(
                "there is no {kind} in a folder of SQLite files, only a database or a link"
            ))),
        }
    }

    fn tend(&self, ready: &[Ready]) -> Result<Tended, Failure> {
        let mut tended = Tended::default();
        for Ready { instance, binds } in ready {
            match self.look(instance) {
                Ok(None) => {}
                Ok(Some(why)) => tended.down.push((instance.clone(), why)),
                Err(failure) => tended.down.push((instance.clone(), failure.to_string())),
            }
            let is_lost = |bind: &&Label| !self.folder.has_link(bind);
            tended.lost.extend(binds.iter().filter(is_lost).cloned());
        }
        Ok(tended)
    }
}
