//! Why a database did not do what it was asked to, and whether to ask again.

use std::fmt;

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Somebody else was at it for too long, or too much is waiting already, or its turn did not come in
    /// time. Nothing was changed.
    Busy,
    /// The database is not there, or went away before anything was changed.
    Unavailable,
    /// The connection was lost while the change was made final, or nobody waited for its end any more:
    /// it may be there, or not.
    Uncertain,
    /// There is no room on the disk. Nothing was changed.
    Full,
    /// A value is there already that may be there only once. Nothing was changed.
    Duplicate,
    /// The work itself refused, with what the peer is told. Nothing was changed.
    Refused,
    /// Anything else: a mistake in a statement, a damaged file, a panic. Nothing was changed.
    Broken,
}

impl ErrorKind {
    /// Whether the same may succeed if it is tried again a little later.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            ErrorKind::Busy | ErrorKind::Unavailable | ErrorKind::Uncertain
        )
    }
}

/// A failure of a database.
///
/// As a [`micro_api::Error`] it is 503 if [trying again](ErrorKind::is_retryable) may help, 507 if
/// the disk is full, and otherwise a 500 whose cause only the log is told.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    refusal: Option<Box<micro_api::Error>>,
}

impl Error {
    /// A failure with its cause in words.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            refusal: None,
        }
    }

    /// What work returns that must not be done: everything it changed is undone, and the peer is
    /// told this.
    #[must_use]
    pub fn refuse(error: micro_api::Error) -> Error {
        Error {
            kind: ErrorKind::Refused,
            message: error.to_string(),
            refusal: Some(Box::new(error)),
        }
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same may succeed if it is tried again a little later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }

    /// The same failure, for another who waits for the same.
    pub(crate) fn share(&self) -> Error {
        Error::new(self.kind, self.message.clone())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

// Therefore it cannot implement `std::error::Error`.
impl From<Error> for micro_api::Error {
    fn from(error: Error) -> micro_api::Error {
        let (status, message) = match (error.kind, error.refusal) {
            (ErrorKind::Refused, Some(refusal)) => return *refusal,
            (ErrorKind::Busy, _) => (503, "the database is busy, try again"),
            (ErrorKind::Unavailable, _) => (503, "the database is not available, try again"),
            (ErrorKind::Uncertain, _) => (
                503,
                "the database did not tell whether it was done: look whether it was, or try again",
            ),
            (ErrorKind::Full, _) => (507, "the database has no room left"),
            _ => return micro_api::Error::internal(format!("database: {}", error.message)),
        };
        micro_api::Error::new(status, message).with_detail(error.message)
    }
}
