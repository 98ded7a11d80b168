//! Why a module cannot be added or opened.

use std::fmt;
use std::path::PathBuf;

use super::Unusable;
use crate::config::Reference;
use crate::diagnostics::Diagnostic;

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
        why: Unusable,
    },
    /// The module's state could not be made.
    Open {
        /// The module.
        module: String,
        /// What went wrong, for the operator.
        reason: String,
    },
}

impl RegistryError {
    /// What an operator is told, with what would help: of a library, the same as when it is found
    /// while a definition is read.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            RegistryError::Load { module, path, why } => why.of_module(module, path).diagnostic(),
            _ => Diagnostic::error(self.to_string()),
        }
    }
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
            RegistryError::Load { module, path, why } => why.of_module(module, path).fmt(f),
            RegistryError::Open { module, reason } => {
                write!(f, "module `{module}` cannot be opened: {reason}")
            }
        }
    }
}

impl std::error::Error for RegistryError {}
