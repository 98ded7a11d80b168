//! An answer, and everything that can be turned into one.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::stream::ChunkSource;
use crate::{Error, Value};

/// An answer to a request.
///
/// Most handlers return something simpler that is [`IntoReply`]; this type is for those that
/// want to say more.
///
/// ```
/// use micro_api::Reply;
///
/// let reply = Reply::text("gone fishing").with_status(503).with_header("retry-after", "60");
/// ```
#[derive(Debug, Default)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: Option<Cow<'static, str>>,
    pub(crate) headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    pub(crate) body: Body,
    pub(crate) origin: Origin,
    pub(crate) failure: Option<String>,
}

/// The content of a reply.
#[derive(Default)]
pub enum Body {
    /// No content.
    #[default]
    Empty,
    /// Content that is part of the program.
    Static(&'static [u8]),
    /// Content that was made for this answer.
    Bytes(Vec<u8>),
    /// A failure, told as `{"error": …, "id": …}` once the id is known.
    Problem(Cow<'static, str>),
    /// Content that comes piece by piece.
    Stream(Box<dyn ChunkSource>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Empty => f.write_str("Empty"),
            Body::Static(bytes) => write!(f, "Static({} bytes)", bytes.len()),
            Body::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Body::Problem(message) => write!(f, "Problem({message})"),
            Body::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// What a reply was made from: only bare results are shaped by a RESPONSE line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A handler that said how to answer.
    #[default]
    Explicit,
    /// A bare text.
    Text,
    /// A bare value, now JSON.
    Json,
    /// `None`, or nothing at all.
    Nothing,
}

impl Reply {
    /// An empty answer with this status. From 400 on, its content is the JSON of a failure.
    #[must_use]
    pub fn status(status: u16) -> Reply {
        match status {
            400.. => Reply::problem(status, Cow::Borrowed(reason(status))),
            _ => Reply { status, ..Reply::default() },
        }
    }

    /// Plain text.
    pub fn text(text: impl Into<Cow<'static, str>>) -> Reply {
        let body = match text.into() {
            Cow::Borrowed(text) => Body::Static(text.as_bytes()),
            Cow::Owned(text) => Body::Bytes(text.into_bytes()),
        };
        Reply::ok("text/plain; charset=utf-8", body)
    }

    /// A page of HTML.
    pub fn html(page: impl Into<Cow<'static, str>>) -> Reply {
        Reply::text(page).with_content_type("text/html; charset=utf-8")
    }

    /// The JSON of a value.
    pub fn json(value: &impl Serialize) -> Reply {
        let mut bytes = Vec::with_capacity(128);
        match serde_json::to_writer(&mut bytes, value) {
            Ok(()) => Reply::ok("application/json", Body::Bytes(bytes)),
            Err(error) => Error::internal(format!("the result is no JSON: {error}")).into_reply(),
        }
    }

    /// Bytes of this media type.
    pub fn bytes(content_type: impl Into<Cow<'static, str>>, bytes: Vec<u8>) -> Reply {
        Reply::ok(content_type, Body::Bytes(bytes))
    }

    /// Content that comes piece by piece; the source is asked when the peer has room for more.
    pub fn stream(
        content_type: impl Into<Cow<'static, str>>,
        source: impl ChunkSource + 'static,
    ) -> Reply {
        Reply::ok(content_type, Body::Stream(Box::new(source)))
    }

    /// The same answer with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Reply {
        self.status = status;
        self.origin = Origin::Explicit;
        self
    }

    /// The same answer with one more header field. `content-type` replaces the one there is.
    /// A name or value that HTTP cannot carry (RFC 9110 section 5.1 and 5.5) makes the answer a
    /// 500; `content-length`, `transfer-encoding` and `connection` are the server's to set and
    /// count as such.
    #[must_use]
    pub fn with_header(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Reply {
        let (name, value) = (name.into(), value.into());
        if !is_field_name(&name) || !is_field_value(&value) || is_framing(&name) {
            let mistake = format!("a handler set the header `{name}` to `{value}`");
            return Error::internal(mistake.escape_debug()).into_reply();
        }
        self.origin = Origin::Explicit;
        if name.eq_ignore_ascii_case("content-type") {
            self.content_type = Some(value);
        } else {
            self.headers.push((name, value));
        }
        self
    }

    /// The same answer with another media type.
    #[must_use]
    pub fn with_content_type(self, content_type: impl Into<Cow<'static, str>>) -> Reply {
        self.with_header("content-type", content_type)
    }

    pub(crate) fn problem(status: u16, message: Cow<'static, str>) -> Reply {
        let content_type = Some(Cow::Borrowed("application/json"));
        Reply { status, content_type, body: Body::Problem(message), ..Reply::default() }
    }

    fn ok(content_type: impl Into<Cow<'static, str>>, body: Body) -> Reply {
        let reply = Reply { status: 200, body, ..Reply::default() };
        match content_type.into() {
            Cow::Borrowed(text) => Reply { content_type: Some(Cow::Borrowed(text)), ..reply },
            owned @ Cow::Owned(_) => reply.with_content_type(owned),
        }
    }

    fn of(mut self, origin: Origin) -> Reply {
        self.origin = origin;
        self
    }
}

/// Header fields for an answer: anything that yields pairs of a name and a value.
pub trait Headers {
    /// Adds the fields to a reply.
    fn add_to(self, reply: Reply) -> Reply;
}

impl<N, V, I> Headers for I
where
    N: Into<Cow<'static, str>>,
    V: Into<Cow<'static, str>>,
    I: IntoIterator<Item = (N, V)>,
{
    fn add_to(self, reply: Reply) -> Reply {
        self.into_iter().fold(reply, |reply, (name, value)| reply.with_header(name, value))
    }
}

/// A result that is sent as JSON: anything that serde can serialize.
#[derive(Clone, Debug, PartialEq)]
pub struct Json<T>(pub T);

/// What a handler may return.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    note = "return a JSON `Value`, `Json(anything that is Serialize)`, a status number (u16), text, \
            `(status, body)`, `(status, headers, body)`, an `Option` or `Result` of these, or a `Reply`"
)]
pub trait IntoReply {
    /// The answer.
    fn into_reply(self) -> Reply;
}

impl IntoReply for Reply {
    fn into_reply(self) -> Reply {
        self
    }
}

impl IntoReply for () {
    fn into_reply(self) -> Reply {
        Reply { status: 200, ..Reply::default() }.of(Origin::Nothing)
    }
}

impl IntoReply for u16 {
    fn into_reply(self) -> Reply {
        Reply::status(self)
    }
}

impl IntoReply for &'static str {
    fn into_reply(self) -> Reply {
        Reply::text(self).of(Origin::Text)
    }
}

impl IntoReply for String {
    fn into_reply(self) -> Reply {
        Reply::text(self).of(Origin::Text)
    }
}

impl IntoReply for Vec<u8> {
    fn into_reply(self) -> Reply {
        Reply::bytes("application/octet-stream", self)
    }
}

impl IntoReply for Value {
    fn into_reply(self) -> Reply {
        Reply::json(&self).of(Origin::Json)
    }
}

impl<T: Serialize> IntoReply for Json<T> {
    fn into_reply(self) -> Reply {
        Reply::json(&self.0).of(Origin::Json)
    }
}

impl<B: IntoReply> IntoReply for (u16, B) {
    fn into_reply(self) -> Reply {
        self.1.into_reply().with_status(self.0)
    }
}

impl<H: Headers, B: IntoReply> IntoReply for (u16, H, B) {
    fn into_reply(self) -> Reply {
        self.1.add_to(self.2.into_reply().with_status(self.0))
    }
}

impl<T: IntoReply> IntoReply for Option<T> {
    fn into_reply(self) -> Reply {
        match self {
            Some(result) => result.into_reply(),
            None => Reply::status(404).of(Origin::Nothing),
        }
    }
}

impl<T: IntoReply, E: Into<Error>> IntoReply for Result<T, E> {
    fn into_reply(self) -> Reply {
        match self {
            Ok(result) => result.into_reply(),
            Err(error) => error.into().into_reply(),
        }
    }
}

impl IntoReply for Error {
    fn into_reply(self) -> Reply {
        let (status, message, failure) = self.into_parts();
        Reply { failure, ..Reply::problem(status, message) }
    }
}

/// The reason phrase of a status (RFC 9110 section 15 and RFC 6585); empty for one not named there.
#[must_use]
pub fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

// RFC 9110 section 5.6.2, token.
fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

// RFC 9110 section 5.5: no control characters but the tab, so that no value can start a new line.
fn is_field_value(value: &str) -> bool {
    value.bytes().all(|b| b == b'\t' || (b >= b' ' && b != 0x7f))
}

fn is_framing(name: &str) -> bool {
    ["content-length", "transfer-encoding", "connection"]
        .iter()
        .any(|framing| name.eq_ignore_ascii_case(framing))
}
