//! The modules that definitions may name: where they are looked up, and what is found. Plain data:
//! who is there, not how to call them.

use std::fmt;
use std::path::{Path, PathBuf};

use micro_api::host::ModuleInfo;

/// Where the modules that a definition names are looked up, one by one.
pub trait Catalogue: fmt::Debug {
    /// The module of this name; of this file, if a `MODULE` line pins one.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be used.
    fn find(&self, name: &str, pinned: Option<&Path>) -> Result<FoundModule, ModuleRefusal>;

    /// The files that a module of this name could be in, whether they are there or not.
    fn files(&self, name: &str) -> Vec<PathBuf>;

    /// The names of all modules that could be found.
    fn names(&self) -> Vec<String>;

    /// The modules that are part of the program.
    fn linked(&self) -> Vec<ModuleInfo>;
}

/// A module that a definition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundModule {
    /// What it says of itself.
    pub info: ModuleInfo,
    /// Where it comes from.
    pub origin: ModuleOrigin,
}

/// Where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ModuleOrigin {
    /// It is part of the program.
    Linked,
    /// This shared library.
    Library(PathBuf),
}

/// Why a module cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleRefusal {
    /// There is none.
    Absent {
        /// The names of files that it could be in.
        files: Vec<String>,
        /// Where it was searched for, in order, in words.
        searched: Vec<String>,
    },
    /// There is one, and it cannot be used.
    Broken {
        /// Its file.
        path: PathBuf,
        /// Why not, in words that complete «cannot be used: …».
        why: String,
        /// What would help.
        help: Option<String>,
    },
}

impl fmt::Display for ModuleOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleOrigin::Linked => f.write_str("linked"),
            ModuleOrigin::Library(path) => path.display().fmt(f),
        }
    }
}
