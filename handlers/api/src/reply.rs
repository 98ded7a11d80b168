//! An answer, and everything that can be turned into one.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::border::owned::OwnedBytes;
use crate::reason::reason;
use crate::stream::ChunkSource;
use crate::{Error, IntoReply, spare};

/// An answer to a request.
///
/// Most handlers return something simpler that is [`IntoReply`]; this type is for those that
/// want to say more.
///
/// ```
/// use micro_api::Reply;
///
/// let reply = Reply::text("gone fishing").with_status(503).with_header("Retry-After", "60");
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
    Bytes(OwnedBytes),
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
            400..=599 => Reply::problem(status, Cow::Borrowed(reason(status))),
            ..200 | 600.. => no_status(status.into()),
            _ => Reply {
                status,
                ..Reply::default()
            },
        }
    }

    /// Plain text.
    pub fn text(text: impl Into<Cow<'static, str>>) -> Reply {
        let body = match text.into() {
            Cow::Borrowed(text) => Body::Static(text.as_bytes()),
            Cow::Owned(text) => Body::Bytes(text.into_bytes().into()),
        };
        Reply::known("text/plain; charset=utf-8", body)
    }

    /// A page of HTML.
    pub fn html(page: impl Into<Cow<'static, str>>) -> Reply {
        Reply::text(page).with_content_type("text/html; charset=utf-8")
    }

    /// The JSON of a value.
    pub fn json(value: &impl Serialize) -> Reply {
        let mut bytes = spare::take();
        match serde_json::to_writer(&mut bytes, value) {
            Ok(()) => Reply::known("application/json", Body::Bytes(bytes.into())),
            Err(error) => Error::internal(format!("the result is no JSON: {error}")).into_reply(),
        }
    }

    /// Bytes of this media type.
    pub fn bytes(content_type: impl Into<Cow<'static, str>>, bytes: Vec<u8>) -> Reply {
        Reply::ok(content_type, Body::Bytes(bytes.into()))
    }

    /// Content that comes piece by piece; the source is asked when the peer has room for more.
    pub fn stream(
        content_type: impl Into<Cow<'static, str>>,
        source: impl ChunkSource + 'static,
    ) -> Reply {
        Reply::ok(content_type, Body::Stream(Box::new(source)))
    }

    /// The same answer with another status, from 200 to 599 (RFC 9110 section 15): any other makes
    /// it a 500. A failure stays one: no status below 400 takes the place of its own.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Reply {
        if !(200..600).contains(&status) {
            return no_status(status.into());
        }
        if status < 400 && matches!(self.body, Body::Problem(_)) {
            return self;
        }
        self.status = status;
        self.origin = Origin::Explicit;
        self
    }

    /// The status of the answer.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.status
    }

    /// The same answer with one more header field. `content-type` replaces the one there is.
    /// The media type of a failure stays that of its JSON.
    ///
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
            if !matches!(self.body, Body::Problem(_)) {
                self.content_type = Some(value);
            }
        } else {
            self.headers.push((name, value));
        }
        self
    }

    /// The same answer with another media type.
    #[must_use]
    pub fn with_content_type(self, content_type: impl Into<Cow<'static, str>>) -> Reply {
        self.with_header("Content-Type", content_type)
    }

    pub(crate) fn problem(status: u16, message: Cow<'static, str>) -> Reply {
        let content_type = Some(Cow::Borrowed("application/json"));
        Reply {
            status,
            content_type,
            body: Body::Problem(message),
            ..Reply::default()
        }
    }

    pub(crate) fn ok(content_type: impl Into<Cow<'static, str>>, body: Body) -> Reply {
        Reply {
            status: 200,
            body,
            ..Reply::default()
        }
        .with_content_type(content_type)
    }

    // As `ok`, for a media type of our own, which needs no check.
    pub(crate) fn known(content_type: &'static str, body: Body) -> Reply {
        let content_type = Some(Cow::Borrowed(content_type));
        Reply {
            status: 200,
            content_type,
            body,
            ..Reply::default()
        }
    }

    pub(crate) fn of(mut self, origin: Origin) -> Reply {
        self.origin = origin;
        self
    }
}

pub(crate) fn no_status(status: u32) -> Reply {
    let detail =
        format!("a handler answered with the status {status}, which is none of 200 to 599");
    Error::internal(detail).into_reply()
}

// RFC 9110 section 5.6.2, token.
fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

// RFC 9110 section 5.5: no control characters but the tab, so that no value can start a new line.
pub(crate) fn is_field_value(value: &str) -> bool {
    // Without a way out in the middle, several bytes are looked at at once.
    let is_bad = |b: u8| (b < b' ' && b != b'\t') || b == 0x7f;
    !value.bytes().fold(false, |bad, b| bad | is_bad(b))
}

fn is_framing(name: &str) -> bool {
    ["content-length", "transfer-encoding", "connection"]
        .iter()
        .any(|framing| name.eq_ignore_ascii_case(framing))
}
