//! The files of answers, read again when they have changed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::answers::{self, Entry, file_name};
use super::super::output::complain;
use crate::config::{Connection, Resource};
use crate::diagnostics::{Diagnostic, Sources, nearest, render};
use crate::files::Stamp;

/// The files of answers.
pub(super) struct Store {
    folder: Option<PathBuf>,
    seen: RefCell<HashMap<PathBuf, Seen>>,
}

/// A file as it was when it was read.
struct Seen {
    stamp: Stamp,
    found: Found,
}

/// Whether a file was read just now.
enum News {
    None,
    First,
    Again,
}

/// The answers of a file, or what is wrong with them.
type Found = Result<Rc<Vec<Entry>>, String>;

impl Store {
    pub(super) fn new(folder: Option<PathBuf>) -> Store {
        Store {
            folder,
            seen: RefCell::default(),
        }
    }

    /// Where the answers of a RESOURCE are, or should be.
    pub(super) fn path(&self, connection: &str, resource: &Resource) -> PathBuf {
        let folder = self.folder.as_deref().unwrap_or(Path::new(""));
        folder.join(file_name(connection, &resource.name))
    }

    /// Whether there is a folder to look in.
    pub(super) fn has_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// The answers of a RESOURCE as they are now; nothing if it has no file. What has changed is told.
    ///
    /// # Errors
    ///
    /// If they are wrong: the text for people.
    pub(super) fn find(
        &self,
        connection: &str,
        resource: &Resource,
    ) -> Result<Option<Rc<Vec<Entry>>>, String> {
        let path = self.path(connection, resource);
        let Some((found, news)) = self.look(&path, resource) else {
            return Ok(None);
        };
        match (&found, news) {
            (Ok(_), News::Again) => {
                log::info!(target: "mock", "{} changed, and was read again", path.display());
            }
            // Who calls may not show it, and who mends it is here.
            (Err(mistakes), News::First | News::Again) => complain(mistakes),
            _ => {}
        }
        found.map(Some)
    }

    /// Whether the answers of a RESOURCE are right, before there is a call.
    ///
    /// # Errors
    ///
    /// If they are wrong: the text for people.
    pub(super) fn check(&self, connection: &str, resource: &Resource) -> Result<(), String> {
        match self.look(&self.path(connection, resource), resource) {
            Some((Err(mistakes), _)) => Err(mistakes),
            _ => Ok(()),
        }
    }

    /// What is in a file, if it is there.
    fn look(&self, path: &Path, resource: &Resource) -> Option<(Found, News)> {
        let stamp = self.folder.as_ref().and_then(|_| Stamp::of(path))?;
        let mut seen = self.seen.borrow_mut();
        if let Some(known) = seen.get(path).filter(|seen| seen.stamp == stamp) {
            return Some((known.found.clone(), News::None));
        }
        let found = answers::read(path, resource).map(Rc::new);
        let now = Seen {
            stamp,
            found: found.clone(),
        };
        let news = match seen.insert(path.to_owned(), now) {
            Some(_) => News::Again,
            None => News::First,
        };
        Some((found, news))
    }

    /// Warns of files that are named as if they were those of a RESOURCE.
    pub(super) fn strays(&self, connections: &[Connection]) -> String {
        let entries = self.folder.as_deref().map(std::fs::read_dir);
        let Some(Ok(entries)) = entries else {
            return String::new();
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut strays: Vec<String> = names.filter_map(|name| stray(&name, connections)).collect();
        strays.sort();
        strays.concat()
    }
}

fn stray(name: &str, connections: &[Connection]) -> Option<String> {
    let stem = name.strip_suffix(".json")?;
    let of = |connection: &Connection| {
        let rest = stem.strip_prefix(&connection.name)?;
        rest.strip_prefix('.').map(str::to_owned)
    };
    let mut ours = connections.iter().filter_map(|one| Some((one, of(one)?)));
    let is_known = |(connection, rest): &(&Connection, String)| {
        let mut resources = connection.resources.iter();
        resources.any(|resource| resource.name == *rest)
    };
    if ours.clone().any(|one| is_known(&one)) {
        return None;
    }
    let (connection, rest) = ours.next()?;
    let resources = connection.resources.iter();
    let names = resources.map(|resource| resource.name.as_str());
    let near = nearest(&rest, names);
    let help = near
        .first()
        .map(|near| format!("did you mean `{}`?", file_name(&connection.name, near)));
    let warning = Diagnostic::warning(format!("no resource has its answers in `{name}`"));
    Some(render(&warning.help_if(help), &Sources::default()))
}
