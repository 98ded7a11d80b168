//! What a handler may return.

use std::borrow::Cow;

use serde::Serialize;

use crate::reply::{Body, Origin, no_status};
use crate::{Error, Reply, Value};

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
        self.into_iter()
            .fold(reply, |reply, (name, value)| reply.with_header(name, value))
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
        Reply {
            status: 200,
            ..Reply::default()
        }
        .of(Origin::Nothing)
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

impl IntoReply for Cow<'static, str> {
    fn into_reply(self) -> Reply {
        Reply::text(self).of(Origin::Text)
    }
}

impl IntoReply for Box<str> {
    fn into_reply(self) -> Reply {
        Reply::text(self.into_string()).of(Origin::Text)
    }
}

impl IntoReply for &'static [u8] {
    fn into_reply(self) -> Reply {
        Reply::known("application/octet-stream", Body::Static(self))
    }
}

impl<const N: usize> IntoReply for &'static [u8; N] {
    fn into_reply(self) -> Reply {
        self.as_slice().into_reply()
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
        if !(200..600).contains(&status) {
            return no_status(status.into());
        }
        Reply {
            failure,
            ..Reply::problem(status, message)
        }
    }
}
