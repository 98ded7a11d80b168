//! Why a module cannot be added or opened.

use std::fmt;
use std::path::PathBuf;

use crate::config::Reference;

/// A failure of the registry. Its text names the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryError {
    /// Two modules have the same name.
    ModuleTwice {
        /// The name.
        module: String,
    },
    /// Two functions of a module have the same name.
    FunctionTwice(Reference),
    /// There is no such module.
    NoModule(Reference),
    /// The module has no such function.
    NoFunction(Reference),
    /// The module's library could not be loaded.
    Load {
        /// The module.
        module: String,
        /// The library.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What would help, if that is known.
        help: Option<String>,
    },
    /// The module's state could not be made.
    Open {
        /// The module.
        module: String,
        /// What went wrong, for the operator.
        reason: String,
    },
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegistryError::ModuleTwice { module } => {
                write!(f, "there are two modules of the name `{module}`")
            }
            RegistryError::FunctionTwice(Reference { module, function }) => {
                write!(
                    f,
                    "module `{module}` has two functions of the name `{function}`"
                )
            }
            RegistryError::NoModule(reference) => {
                write!(
                    f,
                    "there is no module `{}` for `{reference}`",
                    reference.module
                )
            }
            RegistryError::NoFunction(Reference { module, function }) => {
                write!(f, "module `{module}` has no function `{function}`")
            }
            RegistryError::Load {
                module,
                path,
                reason,
                help,
            } => {
                let path = path.display();
                write!(f, "`{path}` cannot be module `{module}`: {reason}")?;
                let mut help = help.iter();
                help.try_for_each(|help| write!(f, "\n = help: {help}"))
            }
            RegistryError::Open { module, reason } => {
                write!(f, "module `{module}` cannot be opened: {reason}")
            }
        }
    }
}

impl std::error::Error for RegistryError {}
