//! A request that a test makes up.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;

use serde::Serialize;

use super::mocks::{MockCall, Mocks};
use super::opened::HandlerSource;
use super::{Answer, TestLoop};
use crate::argument::Argument;
use crate::host::{AnyModule, Function, Handler, Names, Wrapper, request, wrap};
use crate::parts::{Context, Field, Parts, RequestId, Span};
use crate::{Config, IntoHandler, IntoReply, IntoWrapper, LocalModule, Method, Request, Value};

/// A request to call handlers with. Made by [`testing::get`](super::get) and its like.
#[derive(Clone)]
pub struct TestRequest {
    method: Method,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    arguments: Vec<(String, Argument)>,
    settings: BTreeMap<String, String>,
    peer: SocketAddr,
    id: u64,
    wrappers: Vec<Wrapper>,
    mocks: Mocks,
}

impl TestRequest {
    pub(super) fn new(method: Method, target: &str) -> TestRequest {
        let is_target = target.starts_with('/') && target.bytes().all(|b| b.is_ascii_graphic());
        assert!(
            is_target,
            "`{target}` is no request target: it needs percent-encoding"
        );
        TestRequest {
            method,
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            arguments: Vec::new(),
            settings: BTreeMap::new(),
            peer: SocketAddr::from(([127, 0, 0, 1], 40_000)),
            id: 1,
            wrappers: Vec::new(),
            mocks: Mocks::default(),
        }
    }

    /// Adds an argument. As in a definition, their order is that of their positions.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl Into<Value>) -> TestRequest {
        self.arguments
            .push((name.to_owned(), Argument::value(value.into())));
        self
    }

    /// Adds an argument that the definition has, but the request has not.
    #[must_use]
    pub fn absent(mut self, name: &str) -> TestRequest {
        self.arguments.push((name.to_owned(), Argument::ABSENT));
        self
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> TestRequest {
        assert!(name.is_ascii(), "`{name}` is no name of a header field");
        self.headers
            .push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets the content.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> TestRequest {
        self.body = body.into();
        self
    }

    /// Sets the content to the JSON of a value, and says so in a header field.
    ///
    /// # Panics
    ///
    /// If the value has no JSON.
    #[must_use]
    pub fn json(self, value: &impl Serialize) -> TestRequest {
        let body = serde_json::to_vec(value).expect("the value can be written as JSON");
        self.header("content-type", "application/json").body(body)
    }

    /// Gives a setting of the service a value.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> TestRequest {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets who asks.
    #[must_use]
    pub fn peer(mut self, peer: SocketAddr) -> TestRequest {
        self.peer = peer;
        self
    }

    /// Sets the number behind the request's identity.
    #[must_use]
    pub fn id(mut self, id: u64) -> TestRequest {
        self.id = id;
        self
    }

    /// Puts a wrapper around what is called; one that is put later stands further out.
    #[must_use]
    pub fn wrap<M>(mut self, wrapper: impl IntoWrapper<(), M>) -> TestRequest {
        match only(&LocalModule::new("test").wrapper("wrap", wrapper)) {
            Function::Wrapper(wrapper) => self.wrappers.push(wrapper),
            _ => unreachable!("it is a wrapper"),
        }
        self
    }

    /// Answers for a RESOURCE of a CONNECTION, `connection.resource`, with anything that a handler may
    /// return; also with a `Result<R, CallError>`, whose error the handler gets. A later one for the
    /// same resource replaces it. A reply whose content is a stream comes piece by piece to a handler
    /// that wants it so, any other content as one piece.
    ///
    /// A name with arguments, such as `docker.create(name, image, [limit=10])`, is what
    /// `micro connections` lists: a call with other arguments fails then, as in the service.
    #[must_use]
    pub fn resource<R: IntoReply>(
        self,
        name: &str,
        answer: impl FnMut(MockCall) -> R + 'static,
    ) -> TestRequest {
        self.mocks.add(name, answer);
        self
    }

    /// The request, for a test that calls a function itself within
    /// [`testing::block_on`](super::block_on).
    #[must_use]
    pub fn build(&self) -> Request {
        self.build_with(self.config_alone())
    }

    /// Calls a handler.
    ///
    /// # Panics
    ///
    /// If the handler panics, or can never answer.
    pub fn call<M>(&self, handler: impl IntoHandler<(), M>) -> Answer {
        match only(&LocalModule::new("test").handler("call", handler)) {
            Function::Handler(handler) => {
                self.call_on(&TestLoop::new(), handler, self.config_alone())
            }
            _ => unreachable!("it is a handler"),
        }
    }

    /// Calls a handler of a module by its name. A [`Module`](crate::Module) is opened for this call
    /// alone; calls of an [`Opened`](super::Opened) share its state.
    ///
    /// # Panics
    ///
    /// If the module cannot be opened or has no such handler, if the handler panics, or if it can
    /// never answer.
    pub fn call_with(&self, source: &impl HandlerSource, function: &str) -> Answer {
        source.call(self, function)
    }

    /// The settings of this request, and those beneath them; with its mocks, and those beneath them.
    pub(super) fn config(&self, base: &BTreeMap<String, String>, mocks: &Mocks) -> Config {
        let mut settings = base.clone();
        settings.extend(self.settings.clone());
        let config = Config::new(settings);
        Rc::new(mocks.and(&self.mocks)).serve(&config);
        config
    }

    /// The settings and mocks of this request alone.
    pub(super) fn config_alone(&self) -> Config {
        self.config(&BTreeMap::new(), &Mocks::default())
    }

    pub(super) fn call_on(&self, on: &TestLoop, handler: Handler, config: Config) -> Answer {
        let handler = self.wrappers.iter().fold(handler, |handler, wrapper| {
            wrap(Rc::clone(wrapper), handler)
        });
        Answer::of(on, &handler, self.build_with(config))
    }

    fn build_with(&self, config: Config) -> Request {
        let mut parts = Parts::new(Rc::new(Context { config }));
        parts.method = self.method;
        parts.id = RequestId::new(self.id);
        parts.peer = self.peer;
        self.add_target(&mut parts);
        for (name, value) in &self.headers {
            let name = push(&mut parts.bytes, name.as_bytes());
            let value = push(&mut parts.bytes, value.trim_ascii());
            parts.headers.push(Field { name, value });
        }
        parts.body = push(&mut parts.bytes, &self.body);
        let names = self.arguments.iter().map(|(name, _)| name.clone());
        parts.names = Rc::new(Names::new(names));
        parts.arguments = self
            .arguments
            .iter()
            .map(|(_, argument)| argument.clone())
            .collect();
        request(&Rc::new(parts))
    }

    fn add_target(&self, parts: &mut Parts) {
        parts.target = push(&mut parts.bytes, self.target.as_bytes());
        let (start, end) = (parts.target.start as usize, parts.target.end as usize);
        let path_end = self.target.find('?').map_or(end, |at| start + at);
        parts.path = Span::new(start, path_end);
        parts.query = Span::new(end.min(path_end + 1), end);
    }
}

/// The function of a module that has one and no state.
fn only(module: &LocalModule) -> Function {
    let functions = module.describe().open(&Config::default());
    let mut functions = functions.expect("there is no state that could fail");
    functions.pop().expect("it has one")
}

fn push(bytes: &mut Vec<u8>, more: &[u8]) -> Span {
    let start = bytes.len();
    bytes.extend_from_slice(more);
    Span::new(start, bytes.len())
}
