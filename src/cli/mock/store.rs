//! The files of answers, read again when they have changed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::answers::{self, Entry, file_name};
use crate::config::{Connection, Resource};
use crate::diagnostics::{Diagnostic, Sources, render, suggest};
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

    /// The answers of a RESOURCE as they are now; nothing if it has no file.
    ///
    /// # Errors
    ///
    /// If they are wrong: the text for people.
    pub(super) fn find(
        &self,
        connection: &str,
        resource: &Resource,
    ) -> Result<Option<Rc<Vec<Entry>>>, String> {
        if !self.has_folder() {
            return Ok(None);
        }
        let path = self.path(connection, resource);
        let Some(stamp) = Stamp::of(&path) else {
            return Ok(None);
        };
        let mut seen = self.seen.borrow_mut();
        let known = seen.get(&path).filter(|seen| seen.stamp == stamp);
        let found = match known {
            Some(known) => known.found.clone(),
            None => {
                let found = answers::read(&path, resource).map(Rc::new);
                let is_first = !seen.contains_key(&path);
                if let (false, Ok(_)) = (is_first, &found) {
                    log::info!(target: "mock", "{} changed, and was read again", path.display());
                }
                let found_again = found.clone();
                seen.insert(path, Seen { stamp, found });
                found_again
            }
        };
        found.map(Some)
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
    let known = connections.iter().flat_map(|connection| {
        let resources = connection.resources.iter();
        resources.map(|resource| file_name(&connection.name, &resource.name))
    });
    let known: Vec<String> = known.collect();
    let is_ours = |connection: &Connection| {
        let rest = name.strip_prefix(&connection.name);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let is_stray = name.ends_with(".json")
        && !known.iter().any(|known| known == name)
        && connections.iter().any(is_ours);
    is_stray.then(|| {
        let warning = Diagnostic::warning(format!("no resource has its answers in `{name}`"));
        let help = suggest(name, known.iter().map(String::as_str));
        render(&warning.help_if(help), &Sources::default())
    })
}
