//! What answers in a test for the services that a handler calls.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use serde_json::Map;

use super::signature::Signature;
use crate::connection::{CallError, CallErrorKind};
use crate::host::{Call, Connections, call_failure, set_connections, status_failure};
use crate::{BoxFuture, Config, Error, IntoReply, Reply, Value};

/// A call that a test answers, see [`TestRequest::resource`](super::TestRequest::resource).
#[derive(Clone)]
pub struct MockCall {
    call: Call,
    named: Map<String, Value>,
}

impl MockCall {
    /// The arguments by position.
    #[must_use]
    pub fn arguments(&self) -> &[Value] {
        &self.call.arguments
    }

    /// The argument at this position, from 0.
    #[must_use]
    pub fn arg(&self, index: usize) -> Option<&Value> {
        self.call.arguments.get(index)
    }

    /// The argument of this name; one by position has a name if the mock says which there are.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Value> {
        self.named.get(name)
    }

    /// The identity of the request on whose behalf the call is made, if it is on that of one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.call.id.as_deref()
    }

    /// Whether the handler wants the content of the answer piece by piece.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        self.call.is_streamed
    }
}

// Arguments may be secrets.
impl fmt::Debug for MockCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)
    }
}

type Answering = Rc<RefCell<dyn FnMut(MockCall) -> Reply>>;

/// What answers for one RESOURCE.
#[derive(Clone)]
struct Mock {
    signature: Signature,
    answer: Answering,
}

/// All of them. One that is added later takes the place of one with the same name.
#[derive(Clone, Default)]
pub(super) struct Mocks(RefCell<Vec<Mock>>);

impl Mocks {
    /// Adds one for `connection.resource`.
    pub(super) fn add<R: IntoReply>(
        &self,
        name: &str,
        mut answer: impl FnMut(MockCall) -> R + 'static,
    ) {
        self.0.borrow_mut().push(Mock {
            signature: Signature::expect(name),
            answer: Rc::new(RefCell::new(move |call| answer(call).into_reply())),
        });
    }

    /// These, and above them those of a request.
    pub(super) fn and(&self, more: &Mocks) -> Mocks {
        let all = self.clone();
        all.0.borrow_mut().extend(more.0.borrow().iter().cloned());
        all
    }

    /// Puts them into settings.
    pub(super) fn serve(self: Rc<Self>, config: &Config) {
        set_connections(config, Some(self));
    }

    fn find_mock(&self, connection: &str, resource: &str) -> Option<Mock> {
        let mocks = self.0.borrow();
        let is_it = |mock: &&Mock| {
            mock.signature.connection == connection && mock.signature.resource == resource
        };
        mocks.iter().rev().find(is_it).cloned()
    }

    fn missing(&self, name: impl fmt::Display) -> Error {
        let mocks = self.0.borrow();
        let mut known: Vec<_> = mocks
            .iter()
            .map(|mock| {
                format!(
                    "`{}.{}`",
                    mock.signature.connection, mock.signature.resource
                )
            })
            .collect();
        known.sort();
        known.dedup();
        Error::internal(match known.is_empty() {
            true => format!("the test has no mock of {name}, nor of anything else"),
            false => format!(
                "the test has no mock of {name}, only of {}",
                known.join(", ")
            ),
        })
    }
}

impl Connections for Mocks {
    fn find(&self, connection: &str, resource: Option<&str>) -> Result<(), Error> {
        let Some(resource) = resource else {
            let mocks = self.0.borrow();
            let is_there = mocks
                .iter()
                .any(|mock| mock.signature.connection == connection);
            drop(mocks);
            let missing = || self.missing(format_args!("connection `{connection}`"));
            return is_there.then_some(()).ok_or_else(missing);
        };
        let mock = self.find_mock(connection, resource).map(drop);
        mock.ok_or_else(|| self.missing(format_args!("`{connection}.{resource}`")))
    }

    fn call(&self, call: Call) -> BoxFuture<Reply> {
        let mock = self.find_mock(&call.connection, &call.resource);
        let Some(Mock { signature, answer }) = mock else {
            let missing = self.missing(format_args!("`{}.{}`", call.connection, call.resource));
            return Box::pin(async move { missing.into_reply() });
        };
        // A panic of the mock is to be one of the handler, which awaits this.
        Box::pin(async move {
            match signature.name(&call) {
                Ok(named) => as_answer(answer.borrow_mut()(MockCall { call, named })),
                Err(sentence) => call_failure(CallErrorKind::Arguments, sentence),
            }
        })
    }
}

/// The reply as a service answers with it.
fn as_answer(reply: Reply) -> Reply {
    // That of a `CallError` begins with its kind.
    let failure = reply.failure.as_deref().and_then(CallError::find);
    match failure.is_none() && !(200..300).contains(&reply.status) {
        true => status_failure(reply),
        false => reply,
    }
}
