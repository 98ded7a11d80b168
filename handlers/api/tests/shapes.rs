//! Every shape of function that a module takes, without an annotation.

use std::cell::Cell;

use micro_api::host::{AnyModule, Kind};
use micro_api::{Config, Error, Json, Module, Next, Reply, Request, Value, json};

#[derive(Default)]
struct Counter(Cell<u64>);

fn plain(_: Request) -> Value {
    json!({})
}

async fn later(_: Request) -> Result<Json<u64>, Error> {
    Ok(Json(1))
}

fn with_state(counter: &Counter, _: Request) -> Option<u16> {
    Some(u16::try_from(counter.0.get()).ok()?)
}

async fn later_with_state(counter: &Counter, _: Request) -> (u16, String) {
    (200, counter.0.get().to_string())
}

async fn around(request: Request, next: Next) -> Reply {
    next.run(request).await
}

async fn around_with_state(_: &Counter, request: Request, next: Next) -> Reply {
    next.run(request).await
}

fn job(_: Config) {}

async fn job_later(counter: &Counter, _: Config) -> Result<(), Error> {
    counter.0.set(1);
    Ok(())
}

fn turn() {}

fn turn_with_state(counter: &Counter) {
    counter.0.set(2);
}

fn even(text: &str) -> Result<u64, &'static str> {
    text.parse().ok().filter(|n| n % 2 == 0).ok_or("must be even")
}

#[test]
fn every_shape_is_taken() {
    let module = Module::with_state("shapes", |_: &Config| Ok::<_, Error>(Counter::default()))
        .handler("plain", plain)
        .handler("later", later)
        .handler("with_state", with_state)
        .handler("later_with_state", later_with_state)
        .handler("closure", |_: Request| "text")
        .wrapper("around", around)
        .wrapper("around_with_state", around_with_state)
        .job("job", job)
        .job("job_later", job_later)
        .turn("turn", turn)
        .turn("turn_with_state", turn_with_state)
        .convert("even", even);
    let functions = module.functions();
    assert_eq!(functions.len(), 12);
    assert_eq!(functions[5], ("around", Kind::Wrapper));
    assert_eq!(module.open(&Config::default()).expect("opens").len(), 12);
}
