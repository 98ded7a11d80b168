//! A failure of a handler: what the peer is told, and what only the log is told.

use std::borrow::Cow;
use std::fmt;

/// Why a handler could not answer.
///
/// The `message` goes to the peer as `{"error": message, "id": …}`; the `detail` goes to the log
/// under the same id and never to the peer. Every [`std::error::Error`] converts into a 500 whose
/// text is the detail, so that `?` may be used on anything.
pub struct Error {
    status: u16,
    message: Cow<'static, str>,
    detail: Option<String>,
}

impl Error {
    /// A failure that the peer may know: its status and what it is told.
    pub fn new(status: u16, message: impl Into<Cow<'static, str>>) -> Error {
        Error { status, message: message.into(), detail: None }
    }

    /// A failure of ours (500): the peer is told nothing but an id, the log has `detail`.
    pub fn internal(detail: impl fmt::Display) -> Error {
        Error::new(500, "Internal Server Error").with_detail(detail)
    }

    /// The same, with something to log beside it.
    #[must_use]
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Error {
        self.detail = Some(detail.to_string());
        self
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What the peer is told.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What only the log is told.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    pub(crate) fn into_parts(self) -> (u16, Cow<'static, str>, Option<String>) {
        (self.status, self.message, self.detail)
    }
}

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Error {
        let mut detail = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            detail = format!("{detail}: {cause}");
            source = cause.source();
        }
        Error::internal(detail)
    }
}

// `Error` cannot implement `std::error::Error`, or the conversion above would overlap with the
// one of the standard library; it is printable all the same.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.message)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
