//! Why a call failed.

use std::fmt;

use super::{CallErrorKind, Response, Side};
use crate::Error;
use crate::host::reason;

/// Why a call failed.
///
/// `?` makes an [`Error`] of it: the peer is told 502, 504 for a timeout, 503 if too many calls wait,
/// and 500 for another mistake of ours, and nothing of the service behind; the log has all of it.
///
/// ```
/// use micro_api::{CallErrorKind, Error, Request};
///
/// async fn inspect(request: Request) -> Result<Option<String>, Error> {
///     let inspect = request.connection("docker")?.resource("inspect")?;
///     match inspect.call(("web",)).await {
///         Ok(answer) => Ok(Some(answer.text()?.to_owned())),
///         Err(error) if error.response().is_some_and(|answer| answer.status() == 404) => Ok(None),
///         Err(error) if error.kind() == CallErrorKind::Connect => {
///             Err(Error::new(503, "come back later").with_detail(error))
///         }
///         Err(error) => Err(error.into()),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct CallError {
    kind: CallErrorKind,
    connection: String,
    resource: String,
    message: String,
    response: Option<Response>,
}

impl CallError {
    /// A failure of a call that the error does not name, as a test or a server makes it.
    pub fn new(kind: CallErrorKind, message: impl fmt::Display) -> CallError {
        CallError {
            kind,
            connection: String::new(),
            resource: String::new(),
            message: message.to_string(),
            response: None,
        }
    }

    /// What has gone wrong.
    #[must_use]
    pub fn kind(&self) -> CallErrorKind {
        self.kind
    }

    /// Whose fault it is.
    #[must_use]
    pub fn side(&self) -> Side {
        self.kind.side()
    }

    /// What has gone wrong, in a sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The answer, if its status or its content is what has gone wrong. Of a stream, the content is
    /// the line that could not be read.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        self.response.as_ref()
    }

    /// The failure that a text of the border tells of: `<kind>: <sentence>`.
    pub(crate) fn find(failure: &str) -> Option<CallError> {
        let (word, sentence) = failure.split_once(": ")?;
        Some(CallError::new(CallErrorKind::find(word)?, sentence))
    }

    /// The same with the names of what was called.
    pub(crate) fn of(mut self, connection: &str, resource: &str) -> CallError {
        connection.clone_into(&mut self.connection);
        resource.clone_into(&mut self.resource);
        self
    }

    /// The same with the answer.
    pub(crate) fn with_response(mut self, response: Response) -> CallError {
        self.response = Some(response);
        self
    }
}

// `Error` takes everything that implements `std::error::Error` for a failure of ours, which this may
// not be.
impl From<CallError> for Error {
    fn from(error: CallError) -> Error {
        let status = error.kind.status();
        Error::new(status, reason(status)).with_detail(error)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.connection.is_empty() {
            let (connection, resource) = (&self.connection, &self.resource);
            write!(f, "connection `{connection}`, resource `{resource}`: ")?;
        }
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl fmt::Debug for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
