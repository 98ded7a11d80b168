//! `cargo run --example fan_out`, then `curl localhost:12345/board/7`
//!
//! One answer made of three, which other services are asked for at once.

use std::process::ExitCode;

use micro::Micro;
use micro_api::{Error, Module, Request, Value, join, json};

const DEFINITION: &str = "
SERVER fan_out 12345
  ROUTE /board/{customer}$
    GET my.board

CONNECTION customers http://localhost:12346
  RESOURCE read /customers/{id}
CONNECTION orders http://localhost:12346
  RESOURCE list /orders
    REQUIRED customer
CONNECTION weather http://localhost:12346 timeout=500ms
  RESOURCE today /weather

SERVER others 12346 host=127.0.0.1      # plays two of them: there is no weather today
  ROUTE /customers/{id}$
    GET my.customer
  ROUTE /orders$
    GET my.orders
";

/// The weather may be missing; without the customer or the orders there is no board.
async fn board(request: Request) -> Result<Value, Error> {
    let customer: &str = request.arg("customer")?;
    let read = request.connection("customers")?.resource("read")?;
    let list = request.connection("orders")?.resource("list")?;
    let today = request.connection("weather")?.resource("today")?;
    let calls = (
        read.call((customer,)),
        list.call((customer,)),
        today.call(()),
    );
    let (read, listed, weather) = join(calls).await;
    let weather = weather.and_then(|weather| weather.value()).ok();
    Ok(json!({"customer": read?.value()?, "orders": listed?.value()?, "weather": weather}))
}

fn customer(_: Request) -> Value {
    json!({"name": "Ann"})
}

fn orders(_: Request) -> Value {
    json!(["bread", "butter"])
}

/// The service, ready to be started.
pub fn service() -> Micro {
    let module = Module::new("my")
        .handler("board", board)
        .handler("customer", customer)
        .handler("orders", orders);
    Micro::new().module(module).text("fan_out", DEFINITION)
}

fn main() -> ExitCode {
    service().main()
}
