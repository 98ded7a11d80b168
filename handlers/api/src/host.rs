//! The other side of the contract: what a server needs to make requests, call handlers and carry
//! out their answers. Handlers have no use for it.

use std::borrow::Cow;
use std::rc::Rc;

pub use crate::argument::{Argument, argument_label};
pub use crate::handler::{Convert, Handler, Job, Outcome, Turn, Wrapper};
pub use crate::info::{FunctionInfo, ModuleInfo, ParameterInfo, ParameterType};
pub use crate::module::{AnyModule, Function, Kind};
pub use crate::next::{call, wrap};
pub use crate::parts::{Context, Field, Parts, RequestId, Span};
pub use crate::reason::reason;
pub use crate::reply::{Body, Origin};
pub use crate::request::decode_percent;
pub use crate::runtime::{Entered, Runtime, TimerKey, enter, panic_text};
pub use crate::spare::give_back;
use crate::{Reply, Request};

/// The request that handlers see of these parts.
#[must_use]
pub fn request(parts: &Rc<Parts>) -> Request {
    Request::from_parts(Rc::clone(parts))
}

/// The content of an answer that tells of a failure: `{"error": …, "id": …}`.
#[must_use]
pub fn problem(message: &str, id: &str) -> Vec<u8> {
    #[derive(serde::Serialize)]
    struct Problem<'a> {
        error: &'a str,
        id: &'a str,
    }
    serde_json::to_vec(&Problem { error: message, id }).expect("two texts can be written as JSON")
}

/// A reply taken apart.
#[derive(Debug)]
pub struct ReplyParts {
    /// The status.
    pub status: u16,
    /// The media type of the content.
    pub content_type: Option<Cow<'static, str>>,
    /// The other header fields.
    pub headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// The content.
    pub body: Body,
    /// What it was made from.
    pub origin: Origin,
    /// What the log should know of a failure.
    pub failure: Option<String>,
}

impl From<Reply> for ReplyParts {
    fn from(reply: Reply) -> ReplyParts {
        let Reply {
            status,
            content_type,
            headers,
            body,
            origin,
            failure,
        } = reply;
        ReplyParts {
            status,
            content_type,
            headers,
            body,
            origin,
            failure,
        }
    }
}

impl From<ReplyParts> for Reply {
    fn from(parts: ReplyParts) -> Reply {
        let ReplyParts {
            status,
            content_type,
            headers,
            body,
            origin,
            failure,
        } = parts;
        Reply {
            status,
            content_type,
            headers,
            body,
            origin,
            failure,
        }
    }
}
