//! Why a service cannot be served.

use std::{error, fmt, io};

use micro_api::Error;

use crate::diagnostics::Diagnostic;
use crate::registry::RegistryError;

/// Why a service cannot be served: the world failed.
#[derive(Debug)]
pub enum ServeError {
    /// A listener could not have its address.
    Listen {
        /// The listener's name.
        name: String,
        /// Where it should listen.
        address: String,
        /// What the system says.
        error: io::Error,
    },
    /// A SETUP or TEARDOWN function failed.
    Job {
        /// The function.
        name: String,
        /// How it failed.
        error: Error,
    },
    /// A connection cannot be called as it is declared.
    Connection {
        /// The connection.
        name: String,
        /// What is wrong.
        error: String,
    },
    /// A module could not be opened.
    Module(RegistryError),
    /// The service names a function that the registry does not have: it was checked against
    /// another one.
    Function(Error),
    /// A service that was to take over was not wanted any more, for this reason.
    GivenUp(&'static str),
    /// The system failed us.
    System(io::Error),
}

impl ServeError {
    /// What an operator is told, with what would help.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            ServeError::Module(error) => error.diagnostic(),
            _ => Diagnostic::error(self.to_string()),
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Listen {
                name,
                address,
                error,
            } => {
                write!(f, "server `{name}` cannot listen on {address}: {error}")
            }
            ServeError::Job { name, error } => write!(f, "`{name}` failed: {}", plain(error)),
            ServeError::Connection { name, error } => {
                write!(f, "connection `{name}` cannot be called: {error}")
            }
            ServeError::Module(error) => error.fmt(f),
            ServeError::Function(error) => f.write_str(plain(error)),
            ServeError::GivenUp(why) => write!(f, "it was given up, because {why}"),
            ServeError::System(error) => error.fmt(f),
        }
    }
}

/// What an error says to an operator, who is no peer: its detail, if it has one.
pub(super) fn plain(error: &Error) -> &str {
    error.detail().unwrap_or(error.message())
}

impl error::Error for ServeError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            ServeError::Listen { error, .. } | ServeError::System(error) => Some(error),
            ServeError::Module(error) => Some(error),
            ServeError::Job { .. }
            | ServeError::Connection { .. }
            | ServeError::Function(_)
            | ServeError::GivenUp(_) => None,
        }
    }
}

impl From<io::Error> for ServeError {
    fn from(error: io::Error) -> ServeError {
        ServeError::System(error)
    }
}

impl From<Error> for ServeError {
    fn from(error: Error) -> ServeError {
        ServeError::Function(error)
    }
}

impl From<RegistryError> for ServeError {
    fn from(error: RegistryError) -> ServeError {
        ServeError::Module(error)
    }
}
