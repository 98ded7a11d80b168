//! `cargo run --example fake_broker`, then `curl -d name=db localhost:8100/resources`
//!
//! How to write handlers: a service broker that makes nothing. `micro/broker-minimal.micro` says
//! which request calls which of them, and shows more to ask.

use std::process::ExitCode;

use micro::Micro;
use micro_api::{Error, Module, Request, Value, json};

// A handler is a function: it takes a request, and returns what is answered. Arguments are asked
// for by name and type; `?` makes an answer of what is wrong, and so does an error of one's own.
fn create(request: Request) -> Result<u16, Error> {
    let name: String = request.arg("name")?;
    if name.is_empty() {
        return Err(Error::new(400, "an instance needs a name"));
    }
    Ok(201) // a number is a status
}

// A status and JSON: variables for the environment of the app. A handler need not read anything.
fn bind(_: Request) -> (u16, Value) {
    (201, json!({"SOMEVAR": "somevalue"}))
}

fn plans(_: Request) -> Value {
    json!([]) // the status is 200, as long as nothing else is said
}

fn status(_: Request) -> u16 {
    204
}

/// The handlers, by the names that the definition calls them by: `fake.create` and so on.
pub fn module() -> Module {
    Module::new("fake")
        .handler("create", create)
        .handler("bind", bind)
        .handler("unbind", |_: Request| 200)
        .handler("remove", |_: Request| 200)
        .handler("plans", plans)
        .handler("status", status)
}

/// The service, ready to be started.
pub fn service() -> Micro {
    Micro::new()
        .module(module())
        .definition("micro/broker-minimal.micro")
}

fn main() -> ExitCode {
    service().main()
}

// `cargo test --example fake_broker` calls handlers without a socket, in such a test.
#[test]
fn an_instance_needs_a_name() {
    let request = micro_api::testing::post("/resources");
    let create = |name| {
        request
            .clone()
            .arg("name", name)
            .call_with(&module(), "create")
    };
    assert_eq!((create("db").status, create("").status), (201, 400));
}
