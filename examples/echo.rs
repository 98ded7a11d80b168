//! `cargo run --example echo`, then `curl -d hello localhost:12345/echo/3`
//!
//! Typed arguments, from the path and from the content, and an answer with a header field.

use std::process::ExitCode;

use micro::Micro;
use micro_api::{Error, Module, Reply, Request};

const DEFINITION: &str = "
SERVER echo 12345
  ROUTE /echo/{times:count}$
    POST my.echo
";

fn echo(request: Request) -> Result<Reply, Error> {
    let times: usize = request.arg("times")?;
    if times > 10 {
        return Err(Error::new(400, "that is too often"));
    }
    let body = request.body().repeat(times);
    Ok(Reply::bytes("text/plain", body).with_header("x-times", times.to_string()))
}

/// The service, ready to be started.
pub fn service() -> Micro {
    Micro::new()
        .module(Module::new("my").handler("echo", echo))
        .text("echo", DEFINITION)
}

fn main() -> ExitCode {
    service().main()
}
