//! The other side of the contract: what a server needs to make requests, call handlers and carry
//! out their answers. Handlers have no use for it.

#![allow(
    unsafe_code,
    reason = "this is the program's side of the border to its modules"
)]

pub(crate) mod attached;
mod bound;
mod connections;
mod descriptor;
mod later;
mod opened;
pub(crate) mod promise;
mod runtime;
pub(crate) mod settings;
mod table;
mod wrap;

use std::borrow::Cow;
use std::rc::Rc;

use crate::abi;
pub use crate::argument::{Argument, Names, argument_label};
pub use crate::border::contain;
pub use crate::border::owned::OwnedBytes;
pub use crate::info::{FunctionInfo, Kind, ModuleInfo, ParameterInfo, ParameterType};
pub use crate::module::AnyModule;
pub use crate::parts::{Context, Field, Parts, RequestId, Span};
pub use crate::reason::reason;
pub use crate::reply::{Body, Origin};
pub use crate::request::decode_percent;
pub use crate::spare::give_back;
pub use crate::waiting::panic_text;
use crate::{BoxFuture, Config, Error, Next, Reply, Request, Value};
pub use connections::{
    Call, Connections, answer_failure, call_failure, fresh_config, set_connections, status_failure,
};
pub use descriptor::Descriptor;
pub use later::Later;
pub(crate) use runtime::is_served;
pub use runtime::{Entered, Runtime, TimerKey, enter, next_number};
pub(crate) use table::HOST;
pub use wrap::{call, wrap};

/// What calling a handler gives: an answer, or a future of one.
pub enum Outcome {
    /// The answer.
    Ready(Reply),
    /// The answer, later.
    Pending(Later),
}

/// A handler, bound to its state.
pub type Handler = Rc<dyn Fn(&Request) -> Outcome>;
/// A wrapper, bound to its state.
pub type Wrapper = Rc<dyn Fn(&Request, Next) -> Outcome>;
/// A task, or a function run at the start or the end of a service, bound to its state.
pub type Job = Rc<dyn Fn(Config) -> BoxFuture<Result<(), Error>>>;
/// A function run once a turn of the loop, bound to its state.
pub type Turn = Rc<dyn Fn() -> Result<(), Error>>;
/// A type of arguments, bound to its state: text to a value, or why not.
pub type Convert = Rc<dyn Fn(&str) -> Result<Value, String>>;

/// A function for `code`, `setup` or `wrapper`, bound to its state: the JSON of a value, if there is
/// one, to an answer whose content is what becomes of it.
pub type Transform = Rc<dyn Fn(Option<&[u8]>) -> Outcome>;

/// A function of a module, bound to the module's state. A panic in one goes on in its caller.
#[derive(Clone)]
pub enum Function {
    /// See [`Kind::Handler`].
    Handler(Handler),
    /// See [`Kind::Wrapper`].
    Wrapper(Wrapper),
    /// See [`Kind::Job`].
    Job(Job),
    /// See [`Kind::Turn`].
    Turn(Turn),
    /// See [`Kind::Type`].
    Type(Convert),
    /// See [`Kind::Transform`].
    Transform(Transform),
}

/// The request that handlers see of these parts.
#[must_use]
pub fn request(parts: &Rc<Parts>) -> Request {
    parts.show();
    // SAFETY: the parts begin with what `show` has filled in, and are held once for this.
    unsafe { Request::from_raw(Rc::into_raw(Rc::clone(parts)).cast()) }
}

/// The parts of a request that this copy of the crate has made.
fn parts_of(request: &Request) -> &Parts {
    assert!(
        is_ours(request.as_raw()),
        "this request belongs to another program or library"
    );
    // SAFETY: it is valid, and has our table.
    unsafe { parts_of_raw(request.as_raw()) }
}

/// Whether this copy of the crate has made a request that is valid.
fn is_ours(request: *const abi::Request) -> bool {
    // SAFETY: every request begins with its table.
    std::ptr::eq(unsafe { (*request).host }, &raw const HOST)
}

/// The same of a request that the other side hands in.
///
/// # Safety
///
/// It must be valid, and have our table.
unsafe fn parts_of_raw<'a>(request: *const abi::Request) -> &'a Parts {
    // SAFETY: the caller vouches for it.
    unsafe { &*request.cast::<Parts>() }
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
