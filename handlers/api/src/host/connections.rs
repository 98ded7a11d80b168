//! The connections of a service, on the side of whoever serves it: where they are, and how a
//! module's call gets to them. What calls other services is not here.

use std::fmt;
use std::rc::Rc;

use serde_json::Map;

use super::HOST;
use super::settings::{self, Settings, Slot};
use crate::abi::{self, Bytes, Text};
use crate::border::future::Exported;
use crate::border::{contain, contain_drop, failure, text};
use crate::connection::{CallError, CallErrorKind};
use crate::{BoxFuture, Config, Error, IntoReply, Reply, Value};

/// The connections that a definition declares, as the server or a test has them.
pub trait Connections {
    /// Whether there is this CONNECTION, and in it this RESOURCE, if one is named.
    ///
    /// # Errors
    ///
    /// If not: a 500 whose detail says what there is.
    fn find(&self, connection: &str, resource: Option<&str>) -> Result<(), Error>;

    /// Calls a RESOURCE.
    ///
    /// An answer without a failure is the peer's, with a status from 200 to 299. One with a failure
    /// is what [`call_failure`] and [`status_failure`] make. A call that is [streamed](Call::is_streamed)
    /// is answered as soon as the head of the answer is there, with a stream; any other with the whole
    /// content, whose length whoever calls has limited, or with a stream as well. A stream fails with an error whose
    /// detail is such a text as well: a [`CallErrorKind`], a colon, a blank and a sentence.
    ///
    /// No reply can carry `Content-Length`, `Transfer-Encoding` and `Connection`, nor a field whose
    /// value is not UTF-8: they are left out.
    fn call(&self, call: Call) -> BoxFuture<Reply>;
}

/// A call of a RESOURCE.
#[derive(Clone, Default, PartialEq)]
pub struct Call {
    /// The name of the CONNECTION.
    pub connection: String,
    /// The name of the RESOURCE in it.
    pub resource: String,
    /// Arguments by position.
    pub arguments: Vec<Value>,
    /// Arguments by name.
    pub named: Map<String, Value>,
    /// The identity of the request on whose behalf it is made.
    pub id: Option<String>,
    /// Whether the content of the answer is wanted piece by piece.
    pub is_streamed: bool,
}

// Arguments may be secrets.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.named.keys().collect();
        f.debug_struct("Call")
            .field("connection", &self.connection)
            .field("resource", &self.resource)
            .field("arguments", &self.arguments.len())
            .field("named", &names)
            .field("id", &self.id)
            .field("is_streamed", &self.is_streamed)
            .finish()
    }
}

/// The answer of a call that has failed: `<kind>: <sentence>`. A peer that is told of it gets 504 for
/// a timeout, 502 for other failures of the service that was called, 503 if there are too many calls
/// and 500 for other failures of ours.
#[must_use]
pub fn call_failure(kind: CallErrorKind, sentence: impl fmt::Display) -> Reply {
    Error::from(CallError::new(kind, sentence)).into_reply()
}

/// The answer of a call whose answer has a status that is none of 200 to 299.
#[must_use]
pub fn status_failure(answer: Reply) -> Reply {
    let mut sentence = match super::reason(answer.status) {
        "" => format!("the answer is {}", answer.status),
        reason => format!("the answer is {} {reason}", answer.status),
    };
    if matches!(answer.status, 301..=303 | 307 | 308) {
        sentence.push_str(", and redirections are not followed");
    }
    answer_failure(CallErrorKind::Status, sentence, answer)
}

/// The answer of a call that has failed because of what was answered, which goes along with it.
#[must_use]
pub fn answer_failure(
    kind: CallErrorKind,
    sentence: impl fmt::Display,
    mut answer: Reply,
) -> Reply {
    answer.failure = Some(format!("{kind}: {sentence}"));
    answer
}

/// Puts connections into the settings of a service, or takes them out again when it has ended: they
/// have functions of modules, whose states may have the settings, and nothing of these goes before.
///
/// # Panics
///
/// If another program or library has made the settings.
pub fn set_connections(config: &Config, connections: Option<Rc<dyn Connections>>) {
    let slot = connections.map_or(Slot::Ended, Slot::Open);
    let replaced = expect_ours(config).connections.replace(slot);
    // What is dropped may look at the settings, which are not borrowed any more.
    drop(replaced);
}

/// The same settings in an object of their own, without connections.
///
/// # Panics
///
/// If another program or library has made the settings.
#[must_use]
pub fn fresh_config(config: &Config) -> Config {
    settings::of_values(Rc::clone(&expect_ours(config).values))
}

fn expect_ours(config: &Config) -> &Settings {
    let raw = config.as_raw();
    // SAFETY: all settings begin with their table.
    let is_ours = unsafe { std::ptr::eq((*raw).host, &raw const HOST) };
    assert!(
        is_ours,
        "these settings belong to another program or library"
    );
    // SAFETY: they have our table, and are valid as long as they are borrowed.
    unsafe { &*raw.cast::<Settings>() }
}

impl Settings {
    /// The connections, if this one may be among them. Nothing is borrowed while they are used.
    fn connections(&self, connection: &str) -> Result<Rc<dyn Connections>, CallError> {
        match &*self.connections.borrow() {
            Slot::Open(connections) => Ok(Rc::clone(connections)),
            Slot::Ended => Err(CallError::new(
                CallErrorKind::Ended,
                "the service has ended",
            )),
            Slot::None => Err(CallError::new(
                CallErrorKind::Arguments,
                format_args!("the definition declares no connection `{connection}`"),
            )),
        }
    }
}

pub(super) unsafe extern "C" fn find(
    config: *const abi::Config,
    connection: Text,
    resource: Text,
    report: *mut abi::Report,
) -> u32 {
    // SAFETY: only `settings` makes objects with our table; the texts are valid during the call.
    let (settings, connection, name) = unsafe {
        (
            &*config.cast::<Settings>(),
            text::text(connection),
            text::text(resource),
        )
    };
    let resource = (!resource.data.is_null()).then_some(&*name);
    let found = || {
        let connections = settings.connections(&connection);
        let connections = connections.map_err(|error| Error::internal(error.message()))?;
        let found = connections.find(&connection, resource);
        contain_drop(connections);
        found
    };
    match contain(found) {
        Ok(Ok(())) => return 1,
        // SAFETY: the report is valid.
        Ok(Err(error)) => unsafe { failure::report(report, &error) },
        // SAFETY: as above.
        Err(panic) => unsafe { failure::report_panic(report, &panic) },
    }
    0
}

pub(super) unsafe extern "C" fn call(
    config: *const abi::Config,
    call: *const abi::Call,
    future: *mut abi::Future,
) {
    // SAFETY: as in `find`; the call is valid during the call.
    let (settings, called) = unsafe { (&*config.cast::<Settings>(), read(&*call)) };
    let begun = || {
        let call = called?;
        let connections = settings.connections(&call.connection)?;
        let calling = connections.call(call);
        contain_drop(connections);
        Ok::<_, CallError>(calling)
    };
    let exported = match contain(begun) {
        Ok(Ok(calling)) => Exported::new(calling),
        Ok(Err(error)) => {
            let reply = call_failure(error.kind(), error.message());
            Exported::new(std::future::ready(reply))
        }
        // It goes on where the answer is waited for.
        Err(panic) => Exported::new(async move { failure::panic_on(panic) }),
    };
    // SAFETY: the place for the future is valid.
    unsafe { future.write(exported.into_raw()) };
}

/// A call as the program sees it.
///
/// # Safety
///
/// Its texts and bytes must be valid during the call.
unsafe fn read(raw: &abi::Call) -> Result<Call, CallError> {
    // SAFETY: the caller vouches for them.
    let (connection, resource, id) = unsafe {
        (
            text::text(raw.connection).into_owned(),
            text::text(raw.resource).into_owned(),
            (!raw.id.data.is_null()).then(|| text::text(raw.id).into_owned()),
        )
    };
    // SAFETY: as above.
    let (arguments, named) = unsafe { (json(raw.arguments), json(raw.named)) };
    Ok(Call {
        connection,
        resource,
        arguments: match arguments? {
            None => Vec::new(),
            Some(Value::Array(arguments)) => arguments,
            Some(_) => return Err(wrong("those by position are no JSON array")),
        },
        named: match named? {
            None => Map::new(),
            Some(Value::Object(named)) => named,
            Some(_) => return Err(wrong("those by name are no JSON object")),
        },
        id,
        is_streamed: raw.flags & abi::CALL_STREAMS != 0,
    })
}

unsafe fn json(bytes: Bytes) -> Result<Option<Value>, CallError> {
    // SAFETY: the caller vouches for them.
    match unsafe { text::bytes(bytes) } {
        [] => Ok(None),
        text => serde_json::from_slice(text)
            .map(Some)
            .map_err(|error| wrong(format_args!("they are not JSON: {error}"))),
    }
}

fn wrong(sentence: impl fmt::Display) -> CallError {
    CallError::new(CallErrorKind::Arguments, sentence)
}
