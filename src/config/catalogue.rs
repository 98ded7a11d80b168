//! The modules that definitions may name: where they are looked up, and what is found. Plain data:
//! who is there, not how to call them.

use std::fmt;
use std::path::{Path, PathBuf};

use micro_api::host::ModuleInfo;

use crate::diagnostics::Diagnostic;

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
    /// The file that a `MODULE` line pins is not there.
    NoFile {
        /// The file.
        path: PathBuf,
        /// The names of the libraries in its folder.
        others: Vec<String>,
    },
    /// There is one, and it cannot be used.
    Broken(BrokenModule),
}

/// A module that is there and cannot be used. Its text is the sentence that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenModule {
    /// The name under which it was looked for.
    pub module: String,
    /// Its file.
    pub path: PathBuf,
    /// Why not, in words that complete «cannot be used: …».
    pub why: String,
    /// The name that the module there has, if it is another one.
    pub is_called: Option<String>,
    /// What would help.
    pub help: Option<String>,
}

impl BrokenModule {
    /// What is said of it, be it found when a definition is read or when its service starts.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(self.to_string())
            .note(format!("its file is `{}`", self.path.display()))
            .help_if(self.help.clone())
    }
}

impl fmt::Display for BrokenModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "module `{}` cannot be used: {}", self.module, self.why)
    }
}

impl fmt::Display for ModuleOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleOrigin::Linked => f.write_str("linked"),
            ModuleOrigin::Library(path) => path.display().fmt(f),
        }
    }
}
