//! `cargo run --example ping`, then `curl localhost:12345/test/ping`
//!
//! A handler, its module and its definition, all in one program.

use std::process::ExitCode;

use micro::Micro;
use micro_api::{Module, Request, Value, json};

const DEFINITION: &str = "
SERVER useless 12345          # listen
  ROUTE /test/ping$           # watch for a path
    GET my.ping               # call the handler `ping` of the module `my`
";

fn ping(_: Request) -> Value {
    json!({"ping": "pong"})
}

/// The service, ready to be started.
pub fn service() -> Micro {
    Micro::new()
        .module(Module::new("my").handler("ping", ping))
        .text("ping", DEFINITION)
}

fn main() -> ExitCode {
    service().main()
}
