//! A request, as a handler sees it.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::rc::Rc;

use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;

use crate::argument::{Argument, Given};
use crate::delay::{self, Responder};
use crate::parts::Parts;
use crate::{Config, Error, Method};

/// An HTTP request.
///
/// It is a cheap handle: cloning it copies nothing. It belongs to the loop's thread; what another
/// thread needs of it is to be copied out first.
#[derive(Clone, Debug)]
pub struct Request {
    parts: Rc<Parts>,
}

impl Request {
    pub(crate) fn from_parts(parts: Rc<Parts>) -> Request {
        Request { parts }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.parts.method
    }

    /// The path as it was sent, percent-encoded, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        ascii(self.parts.path.of(&self.parts.bytes))
    }

    /// The query as it was sent, percent-encoded, without its `?`; empty if there was none.
    #[must_use]
    pub fn query(&self) -> &str {
        ascii(self.parts.query.of(&self.parts.bytes))
    }

    /// The names and values of the query, decoded (`application/x-www-form-urlencoded`).
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.query().as_bytes())
    }

    /// The value of the first header field with this name, whatever its case; `None` also if it
    /// is not UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self
            .headers()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok()
    }

    /// All header fields in the order in which they came; values are bytes (RFC 9110 section 5.5).
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let bytes = &self.parts.bytes;
        self.parts
            .headers
            .iter()
            .map(|field| (ascii(field.name.of(bytes)), field.value.of(bytes)))
    }

    /// The content, with any transfer coding undone.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.parts.body.of(&self.parts.bytes)
    }

    /// The content as text.
    ///
    /// # Errors
    ///
    /// 400 if it is not UTF-8.
    pub fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(self.body()).map_err(|_| Error::new(400, "the body is not UTF-8"))
    }

    /// The content, read as JSON.
    ///
    /// # Errors
    ///
    /// 400 with the place and kind of the mistake if it is not JSON, or not that of a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(self.body())
            .map_err(|error| Error::new(400, format!("the body is not the expected JSON: {error}")))
    }

    /// The names and values of a form in the content, decoded.
    pub fn form_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.body())
    }

    /// Who asks.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.parts.peer
    }

    /// The identity of this request: it stands in the log and in the answer's `X-Request-Id`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.parts.id.as_str()
    }

    /// The settings of the service.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.parts.context.config
    }

    /// Leaves a value for whoever sees this request next: how a wrapper tells a handler who the
    /// caller is. One value of each type; a later one replaces it.
    pub fn attach<T: 'static>(&self, value: T) {
        let replaced = self.parts.attachments.borrow_mut().replace(value);
        // Its `drop` may look at this request, which is not borrowed any more.
        drop(replaced);
    }

    /// The value of this type that was left with [`attach`](Request::attach).
    #[must_use]
    pub fn attached<T: 'static>(&self) -> Option<Rc<T>> {
        self.parts.attachments.borrow().find()
    }

    /// Promises to answer later.
    ///
    /// What the handler returns is then not sent; the [`Responder`] answers, from any thread. If
    /// it is dropped without an answer, the peer gets a 500.
    #[must_use]
    pub fn delay(&self) -> Responder {
        let (responder, pending) = delay::promise();
        self.parts.delayed.replace(Some(pending));
        responder
    }

    /// The names of this handler's arguments: groups of the path first, then CONTENT lines.
    #[must_use]
    pub fn argument_names(&self) -> &[String] {
        &self.parts.names
    }

    pub(crate) fn given(&self, position: usize) -> Option<Given<'_>> {
        match self.parts.arguments.get(position)? {
            Argument::Absent => None,
            Argument::Text(span) => Some(Given::Text(ascii(span.of(&self.parts.bytes)))),
            Argument::Value(value) => Some(Given::Value(value)),
        }
    }
}

/// Undoes percent-encoding, as far as the result is UTF-8.
pub fn decode_percent(encoded: &[u8]) -> Option<Cow<'_, str>> {
    percent_decode(encoded).decode_utf8().ok()
}

// The request parser refuses targets and field names that are not ASCII.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("targets and field names were checked when they were read")
}
