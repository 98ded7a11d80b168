//! Instances in a folder: a SQLite file an instance, and a path to it a bind.
//!
//! A file has a folder of its own, because what SQLite needs beside it lies there. A bind has a path of
//! its own, through a symbolic link to that folder, whose name nobody else is told; it holds no secret,
//! so that none lies on the disk. Whoever has a file open when he is unbound keeps it until he closes
//! it. `cap` keeps files from growing.

mod cap;
mod folder;
mod header;
mod index;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use micro_api::Error;

use self::cap::Cap;
use self::folder::{Folder, Size};
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

/// How long is waited, twice, for others who are at a file.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long is waited for others when all files are looked at.
const PATIENCE_FOR_ALL: Duration = Duration::from_secs(1);

struct Sqlite {
    folder: Folder,
    size_max: u64,
    /// Those of which it is known that they can be written, if they have not been changed since.
    open: Mutex<BTreeMap<Label, (i64, i64)>>,
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
    /// Looks whether a file is too large, and closes it or opens it again; says what is wrong with it.
    fn look(&self, label: &Label, patience: Duration) -> Result<Option<String>, Failure> {
        let size = self.folder.measure(label)?;
        if size.bytes <= self.size_max {
            return self.open(label, &size).map(|()| None);
        }
        let cap = Cap::of(self.folder.database(label));
        let most = self.size_max;
        Ok(match cap.close(most, patience) {
            Ok(None) => None,
            Ok(Some(bytes)) => Some(format!(
                "{}: it is read-only until its plan allows more",
                shown(bytes, most)
            )),
            Err(failure) => Some(format!(
                "{}, and cannot be made read-only yet: {failure}",
                shown(size.bytes, most)
            )),
        })
    }

    fn open(&self, label: &Label, size: &Size) -> Result<(), Failure> {
        // Another plan may have closed it meanwhile.
        if self.known().get(label) == Some(&size.changed) {
            return Ok(());
        }
        Cap::of(self.folder.database(label)).open()?;
        self.known().insert(label.clone(), size.changed);
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Label, (i64, i64)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown(bytes: u64, most: u64) -> String {
    format!("it has {} of {}", size(bytes), size(most))
}

impl Provisioner for Sqlite {
    fn create(&self, instance: &Instance) -> Result<(), Failure> {
        self.folder.make_database(&instance.label)?;
        // Its plan may have changed. Who is in the way of that does not hold it up: see `tend`.
        self.look(&instance.label, PATIENCE).map(drop)
    }

    fn destroy(&self, instance: &Instance) -> Result<(), Failure> {
        self.known().remove(&instance.label);
        self.folder.remove_database(instance.label.as_str())
    }

    fn bind(&self, instance: &Instance, bind: &Bind) -> Result<(), Failure> {
        self.folder.make_link(&bind.label, &instance.label)
    }

    fn unbind(&self, _: &Instance, bind: &Bind) -> Result<(), Failure> {
        self.folder.remove_link(bind.label.as_str())
    }

    fn environment(&self, _: &Instance, bind: &Bind) -> Vec<(&'static str, String)> {
        let path = self.folder.way(&bind.label).display().to_string();
        vec![
            ("url", format!("sqlite:{path}")),
            ("path", path),
            ("size_max", self.size_max.to_string()),
        ]
    }

    fn info(&self, instance: &Instance) -> Result<Vec<(String, String)>, Failure> {
        let found = self.folder.measure(&instance.label)?;
        let shown = format!("{} of {}", size(found.bytes), size(self.size_max));
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
        self.folder.check()?;
        let mut tended = Tended::default();
        let end = Instant::now() + PATIENCE_FOR_ALL;
        for Ready { instance, binds } in ready {
            let left = end.saturating_duration_since(Instant::now());
            match self.look(instance, PATIENCE.min(left)) {
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
