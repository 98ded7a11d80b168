//! The answer of a service that was called, whole.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{CallError, CallErrorKind, Resource};
use crate::border::owned::OwnedBytes;
use crate::reply::Body;
use crate::{IntoReply, Reply, Value};

type Field = (Cow<'static, str>, Cow<'static, str>);

/// The answer of a service that was called. Cheap to clone.
///
/// A handler that returns it passes it on: the status, the content with its type, and all header
/// fields but those that are about the connection to the service.
#[derive(Clone)]
pub struct Response {
    head: Arc<Head>,
    content: Arc<OwnedBytes>,
}

/// What comes before the content.
pub(super) struct Head {
    pub(super) status: u16,
    /// The media type comes first.
    pub(super) headers: Vec<Field>,
    /// The names of what was called.
    pub(super) connection: String,
    pub(super) resource: String,
}

impl Head {
    /// The head of an answer of the border.
    pub(super) fn new(
        status: u16,
        content_type: Option<Cow<'static, str>>,
        headers: Vec<Field>,
        resource: &Resource,
    ) -> Head {
        let content_type = content_type.map(|value| ("Content-Type".into(), value));
        Head {
            status,
            headers: content_type.into_iter().chain(headers).collect(),
            connection: resource.connection.name.to_string(),
            resource: resource.name.to_string(),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let field = self.headers().find(|(field, _)| is_same(field, name));
        field.map(|(_, value)| value)
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The same head for the peer of a handler.
    pub(super) fn into_reply(self: Arc<Head>, body: Body) -> Reply {
        let reply = Reply {
            status: self.status,
            body,
            ..Reply::default()
        };
        let passed = self.headers.iter().filter(|(name, _)| is_passed_on(name));
        passed.fold(reply, |reply, (name, value)| {
            reply.with_header(name.clone(), value.clone())
        })
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether a field is the handler's business: neither about the connection (RFC 9110 section 7.6.1)
/// nor said by the server itself.
fn is_passed_on(name: &str) -> bool {
    const KEPT: [&str; 12] = [
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-request-id",
    ];
    !KEPT.iter().any(|kept| is_same(kept, name))
}

impl Response {
    pub(super) fn new(head: Arc<Head>, content: OwnedBytes) -> Response {
        Response {
            head,
            content: Arc::new(content),
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// The value of the first header field with this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The header fields, the media type first. Those that frame a message are not among them.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head.headers()
    }

    /// The content.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.content
    }

    /// The content, to be kept.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        match Arc::try_unwrap(self.content) {
            Ok(content) => content.into_vec(),
            Err(shared) => shared.to_vec(),
        }
    }

    /// The content as text.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    pub fn text(&self) -> Result<&str, CallError> {
        std::str::from_utf8(&self.content)
            .map_err(|error| self.undecoded(format_args!("the content is not UTF-8: {error}")))
    }

    /// The content as a JSON value; without a content that is `null`.
    ///
    /// # Errors
    ///
    /// If it is not JSON.
    pub fn value(&self) -> Result<Value, CallError> {
        self.json()
    }

    /// The content, read as the JSON of a `T`; without a content that is the JSON `null`.
    ///
    /// # Errors
    ///
    /// If it is not; the error has the answer.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        let content = match self.bytes() {
            [] => b"null",
            content => content,
        };
        serde_json::from_slice(content).map_err(|error| {
            self.undecoded(format_args!(
                "the content is not the expected JSON: {error}"
            ))
        })
    }

    /// The failure of reading it, which holds it.
    pub(super) fn undecoded(&self, sentence: impl fmt::Display) -> CallError {
        CallError::new(CallErrorKind::Decode, sentence)
            .of(&self.head.connection, &self.head.resource)
            .with_response(self.clone())
    }
}

impl IntoReply for Response {
    fn into_reply(self) -> Reply {
        let head = Arc::clone(&self.head);
        head.into_reply(match self.content.is_empty() {
            true => Body::Empty,
            false => Body::Bytes(self.into_bytes().into()),
        })
    }
}

// Content and header fields may hold secrets.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {:?})", self.status(), self.content)
    }
}
