//! Why a shared library cannot be used as a module.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fmt;
use std::path::{Path, PathBuf};

use micro_api::abi;
use micro_api::host::Kind;

use crate::config::BrokenModule;

/// Why a shared library cannot be used as a module. Its text completes «cannot be used: …».
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Its file cannot be read.
    Unreadable(String),
    /// It is something else; what, and what was expected.
    NoLibrary(String),
    /// It is a library, but not for this machine: for what, and for what it should be.
    Foreign {
        /// In words that complete «it is a library …».
        found: String,
        /// In words that complete «expected one …».
        expected: String,
    },
    /// It does not say that it is a module.
    NoDescriptor,
    /// It is made for another version of the border.
    Version {
        /// The version it is made for.
        found: u32,
    },
    /// A structure has another size on its side.
    Size {
        /// The name of the structure in C.
        structure: &'static str,
        /// Its size there.
        found: u32,
        /// Its size here.
        expected: u32,
    },
    /// A panic in it would end the process.
    PanicAborts,
    /// It is another module.
    Name {
        /// The name it has.
        found: String,
        /// The name it should have.
        expected: String,
    },
    /// Two functions of it have the same name.
    FunctionTwice(String),
    /// One of its functions is of no kind that there is.
    Kind {
        /// The function.
        function: String,
        /// The number of its kind.
        found: u32,
    },
    /// One of its functions is not there.
    NullCall {
        /// The name of the function.
        function: String,
        /// What it would be for.
        kind: Kind,
    },
    /// It has more of something than is allowed.
    TooMany {
        /// What it has.
        what: String,
        /// How much of it.
        found: u64,
        /// How much is allowed.
        most: u64,
    },
    /// What it says of itself makes no sense.
    Damaged(String),
    /// Its file does not tell what loading it would.
    NeedsLoading(String),
    /// Another file of its path is loaded already.
    Replaced,
    /// The system does not load it.
    NotLoaded(String),
    /// The system does not load the copy of it in the folder of temporary files.
    CopyNotLoaded {
        /// What the system says.
        why: String,
        /// Why the copy is not beside the library.
        not_beside: String,
    },
    /// There is no room for the private copy that it is loaded from.
    NotCopied {
        /// Why not beside the library.
        beside: String,
        /// The folder of temporary files.
        folder: PathBuf,
        /// Why not there.
        temporary: String,
    },
}

impl Unusable {
    /// What is to be said of the module of this name in this file.
    #[must_use]
    pub fn of_module(&self, name: &str, path: &Path) -> BrokenModule {
        BrokenModule {
            module: name.to_owned(),
            path: path.to_owned(),
            why: self.to_string(),
            is_called: match self {
                Unusable::Name { found, .. } => Some(found.clone()),
                _ => None,
            },
            help: self.help(),
        }
    }

    /// What would help, if that is known.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Unusable::NoDescriptor => Some(format!(
                "a module exports the symbol `{}`: see the README on how to build one",
                abi::SYMBOL
            )),
            Unusable::Version { found } if *found > abi::VERSION => Some(format!(
                "use a newer micro (this one speaks version {})",
                abi::VERSION
            )),
            Unusable::Version { .. } | Unusable::Size { .. } => Some(
                "build it anew, with the `micro-api` or `micro.h` of this version of micro"
                    .to_owned(),
            ),
            Unusable::PanicAborts => {
                Some("remove `panic = \"abort\"` from the profile it is built with".to_owned())
            }
            Unusable::Name { found, .. } => Some(format!(
                "definitions call it `{found}`, and find it in a file `{DLL_PREFIX}{found}{DLL_SUFFIX}`"
            )),
            Unusable::NullCall { function, kind } => Some(format!(
                "look at its `{}`: behind the name `{function}` comes the function itself",
                macro_of(*kind)
            )),
            Unusable::NeedsLoading(_) => {
                Some("`--load` loads it to see, which runs code of it".to_owned())
            }
            Unusable::Replaced => {
                Some("start anew, or give each file a name of its own".to_owned())
            }
            Unusable::CopyNotLoaded { not_beside, .. } => Some(format!(
                "it was loaded from a copy in the temporary folder `{}`, because none can be made \
                 beside it ({not_beside}): from there its neighbours are not found, and programs \
                 must be allowed to run there",
                std::env::temp_dir().display()
            )),
            Unusable::NotCopied { .. } => Some(
                "make room there, or start anew: libraries that were loaded before still take \
                 theirs, until the program ends"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// The macro of `micro.h` that says what a function is; with some, more of its name follows.
fn macro_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Handler => "MICRO_HANDLER…",
        Kind::Wrapper => "MICRO_WRAPPER…",
        Kind::Job => "MICRO_JOB",
        Kind::Turn => "MICRO_TURN",
        Kind::Type => "MICRO_CONVERT",
        Kind::Transform => "MICRO_TRANSFORM",
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Unreadable(why) => write!(f, "its file cannot be read: {why}"),
            Unusable::NoLibrary(why) => write!(f, "it is not a library: {why}"),
            Unusable::Foreign { found, expected } => {
                write!(f, "it is a library {found}, expected one {expected}")
            }
            Unusable::NoDescriptor => {
                write!(f, "it has no descriptor, the symbol `{}`", abi::SYMBOL)
            }
            Unusable::Version { found } => write!(
                f,
                "it is built for version {found} of the C ABI, expected {}",
                abi::VERSION
            ),
            Unusable::Size {
                structure,
                found,
                expected,
            } => write!(
                f,
                "its `{structure}` is of {found} bytes, expected {expected}"
            ),
            Unusable::PanicAborts => f.write_str("a panic in it would end the process"),
            Unusable::Name { found, expected } => {
                write!(f, "its name is `{found}`, expected `{expected}`")
            }
            Unusable::FunctionTwice(function) => {
                write!(f, "it has two functions of the name `{function}`")
            }
            Unusable::Kind { function, found } => write!(
                f,
                "its function `{function}` is of kind {found}, expected {} to {}",
                abi::KIND_HANDLER,
                abi::KIND_TRANSFORM
            ),
            Unusable::NullCall { function, .. } => {
                write!(f, "its function `{function}` is null")
            }
            Unusable::TooMany { what, found, most } => {
                write!(f, "it has {found} {what}, expected at most {most}")
            }
            Unusable::Damaged(why) => write!(f, "it is damaged: {why}"),
            Unusable::NeedsLoading(why) => {
                write!(f, "it cannot be judged without loading it: {why}")
            }
            Unusable::Replaced => f.write_str("an earlier file of its path is loaded already"),
            Unusable::NotLoaded(why) | Unusable::CopyNotLoaded { why, .. } => {
                write!(f, "the system does not load it: {why}")
            }
            Unusable::NotCopied {
                beside,
                folder,
                temporary,
            } => write!(
                f,
                "it cannot be copied, neither beside itself ({beside}), nor to the temporary \
                 folder `{}` ({temporary})",
                folder.display()
            ),
        }
    }
}

impl std::error::Error for Unusable {}
