//! Calls of other services: across the border, in a handler, in a test, and from C.

mod arguments;
mod errors;
mod from_c;
mod lifetime;
mod mocks;
mod responses;
mod streams;

use std::cell::RefCell;
use std::future::ready;
use std::rc::Rc;

use micro_api::host::{Call, Connections, set_connections};
use micro_api::{
    BoxFuture, CallError, Config, Error, IntoArguments, Reply, Resource, Response, testing,
};

/// Connections of one kind: `docker` with the resource `create`, and whatever a test makes of a call.
struct Fake {
    calls: RefCell<Vec<Call>>,
    answer: Box<dyn Fn() -> BoxFuture<Reply>>,
}

impl Fake {
    fn new(answer: impl Fn() -> BoxFuture<Reply> + 'static) -> Rc<Fake> {
        Rc::new(Fake {
            calls: RefCell::default(),
            answer: Box::new(answer),
        })
    }

    /// Answers at once.
    fn ready(answer: impl Fn() -> Reply + 'static) -> Rc<Fake> {
        Fake::new(move || Box::pin(ready(answer())))
    }

    fn config(self: &Rc<Self>) -> Config {
        let config = Config::default();
        set_connections(&config, Some(Rc::clone(self) as Rc<dyn Connections>));
        config
    }

    fn resource(self: &Rc<Self>) -> Resource {
        let docker = self.config().connection("docker");
        docker.and_then(|docker| docker.resource("create")).unwrap()
    }

    fn call(self: &Rc<Self>, arguments: impl IntoArguments) -> Result<Response, CallError> {
        let call = self.resource().call(arguments);
        testing::block_on(async { call.await })
    }
}

impl Connections for Fake {
    fn find(&self, connection: &str, resource: Option<&str>) -> Result<(), Error> {
        match (connection, resource) {
            ("docker", None | Some("create")) => Ok(()),
            ("docker", Some(other)) => Err(Error::internal(format!(
                "connection `docker` has no resource `{other}`, only `create`"
            ))),
            ("broken", _) => panic!("nobody looks here"),
            _ => Err(Error::internal(format!(
                "there is no connection `{connection}`, only `docker`"
            ))),
        }
    }

    fn call(&self, call: Call) -> BoxFuture<Reply> {
        self.calls.borrow_mut().push(call);
        (self.answer)()
    }
}
