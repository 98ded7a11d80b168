//! `cargo run --example delayed`, then `time curl localhost:12345/thread localhost:12345/sleep`
//!
//! Answers that come later; others are served meanwhile.

use std::process::ExitCode;
use std::time::Duration;

use micro::Micro;
use micro_api::{Json, Module, Request, sleep};

const DEFINITION: &str = "
SERVER delayed 12345
  ROUTE /thread$
    GET my.factorial
  ROUTE /sleep$
    GET my.nap timeout=5s
";

/// Promises an answer, which another thread gives when it has found it.
fn factorial(request: Request) {
    let responder = request.delay();
    std::thread::spawn(move || responder.answer(Json((1..=20).product::<u64>())));
}

/// Waits on the loop itself, without a thread.
async fn nap(_: Request) -> &'static str {
    sleep(Duration::from_millis(300)).await;
    "well rested"
}

/// The service, ready to be started.
pub fn service() -> Micro {
    let module = Module::new("my")
        .handler("factorial", factorial)
        .handler("nap", nap);
    Micro::new().module(module).text("delayed", DEFINITION)
}

fn main() -> ExitCode {
    service().main()
}
