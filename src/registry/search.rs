//! Where modules are searched for, and in which order. The first match wins, and if it cannot be
//! used, that is a mistake and no reason to go on.

use std::collections::BTreeSet;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use micro_api::host::ModuleInfo;

use super::{Registry, Unusable, preflight};
use crate::config::{Catalogue, FoundModule, ModuleOrigin, ModuleRefusal};

/// The folders that modules are searched for in.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// Those before the linked modules, in order.
    pub first: Vec<PathBuf>,
    /// Those behind them, in order.
    pub last: Vec<PathBuf>,
}

impl Folders {
    /// The folders given by name, then those of `MICRO_PATH`, then that of the definition and its
    /// `modules`; behind the linked modules those beside the program.
    #[must_use]
    pub fn new(given: &[PathBuf], path: Option<&str>, definition: Option<&Path>) -> Folders {
        let mut first = given.to_vec();
        let path = path.into_iter().flat_map(std::env::split_paths);
        // An empty part of such a path would mean the working directory, by surprise.
        first.extend(path.filter(|folder| !folder.as_os_str().is_empty()));
        if let Some(folder) = definition {
            first.extend([folder.to_owned(), folder.join(MODULES)]);
        }
        Folders {
            first,
            last: beside_the_program(),
        }
    }
}

const MODULES: &str = "modules";

fn beside_the_program() -> Vec<PathBuf> {
    let program = std::env::current_exe().ok();
    let Some(folder) = program.as_deref().and_then(Path::parent) else {
        return Vec::new();
    };
    let mut folders = vec![folder.to_owned(), folder.join(MODULES)];
    folders.extend(folder.parent().map(|above| above.join("lib/micro")));
    folders
}

/// Whether libraries are loaded while a definition is read, which runs their code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loading {
    /// Never: what their files say is enough.
    #[default]
    Never,
    /// Those whose files do not say enough.
    IfNeeded,
    /// All of them.
    Always,
}

/// The modules that a definition may name: linked ones and libraries in folders.
pub struct Search<'r> {
    /// The linked ones.
    pub registry: &'r Registry,
    /// The folders.
    pub folders: Folders,
    /// Whether libraries are loaded.
    pub loading: Loading,
}

impl Search<'_> {
    fn judge(&self, path: &Path, name: &str) -> Result<ModuleInfo, Unusable> {
        match (preflight(path, name), self.loading) {
            (Ok(_), Loading::Always)
            | (Err(Unusable::NeedsLoading(_)), Loading::IfNeeded | Loading::Always) => {
                self.registry.load(path, name).map(|module| module.info())
            }
            (judged, _) => judged,
        }
    }

    fn open(&self, path: PathBuf, name: &str) -> Result<FoundModule, ModuleRefusal> {
        match self.judge(&path, name) {
            Ok(info) => Ok(FoundModule {
                info,
                origin: ModuleOrigin::Library(path),
            }),
            Err(why) => Err(ModuleRefusal::Broken(why.of_module(name, &path))),
        }
    }
}

impl Catalogue for Search<'_> {
    fn find(&self, name: &str, pinned: Option<&Path>) -> Result<FoundModule, ModuleRefusal> {
        if let Some(path) = pinned {
            return match path.symlink_metadata() {
                Err(error) if error.kind() == ErrorKind::NotFound => Err(no_file(path)),
                _ => self.open(path.to_owned(), name),
            };
        }
        let files = file_names(name);
        if let Some(path) = find_file(&self.folders.first, &files) {
            return self.open(path, name);
        }
        if let Some(info) = self.registry.info(name) {
            let origin = ModuleOrigin::Linked;
            return Ok(FoundModule { info, origin });
        }
        if let Some(path) = find_file(&self.folders.last, &files) {
            return self.open(path, name);
        }
        let in_words = |folder: &PathBuf| match folder.as_os_str().is_empty() {
            true => "`.`".to_owned(),
            false => format!("`{}`", folder.display()),
        };
        let first = self.folders.first.iter().map(in_words);
        let linked = std::iter::once("the program itself".to_owned());
        let last = self.folders.last.iter().map(in_words);
        Err(ModuleRefusal::Absent {
            files,
            searched: first.chain(linked).chain(last).collect(),
        })
    }

    fn files(&self, name: &str) -> Vec<PathBuf> {
        let files = file_names(name);
        let folders = self.folders.first.iter().chain(&self.folders.last);
        folders
            .flat_map(|folder| files.iter().map(|file| folder.join(file)))
            .collect()
    }

    fn names(&self) -> Vec<String> {
        let mut names: BTreeSet<String> = self.linked().into_iter().map(|one| one.name).collect();
        for folder in self.folders.first.iter().chain(&self.folders.last) {
            names.extend(libraries_in(folder));
        }
        names.into_iter().collect()
    }

    fn linked(&self) -> Vec<ModuleInfo> {
        self.registry.infos()
    }
}

impl fmt::Debug for Search<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}", self.folders, self.loading)
    }
}

/// The files that a module of this name may be in. Dots and hyphens may be underscores: compilers
/// put such names into files.
fn file_names(name: &str) -> Vec<String> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Vec::new();
    }
    let mut names = vec![name.to_owned(), name.replace(['.', '-'], "_")];
    names.dedup();
    names
        .iter()
        .map(|name| format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
        .collect()
}

// A link to nowhere is there, and broken.
fn find_file(folders: &[PathBuf], names: &[String]) -> Option<PathBuf> {
    let paths = folders
        .iter()
        .flat_map(|folder| names.iter().map(|name| folder.join(name)));
    paths
        .into_iter()
        .find(|path| path.symlink_metadata().is_ok())
}

fn no_file(path: &Path) -> ModuleRefusal {
    let names = path.parent().map(file_names_in).unwrap_or_default();
    let libraries = names.into_iter().filter(|name| name.ends_with(DLL_SUFFIX));
    let mut others: Vec<String> = libraries.collect();
    others.sort();
    ModuleRefusal::NoFile {
        path: path.to_owned(),
        others,
    }
}

fn libraries_in(folder: &Path) -> impl Iterator<Item = String> {
    file_names_in(folder).into_iter().filter_map(|name| {
        let stem = name.strip_prefix(DLL_PREFIX)?.strip_suffix(DLL_SUFFIX)?;
        Some(stem.to_owned())
    })
}

fn file_names_in(folder: &Path) -> Vec<String> {
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}
