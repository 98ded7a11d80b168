//! Calls handlers without a socket, in virtual time.
//!
//! A test builds a request, calls a handler with it and looks at the answer. Nothing listens, and
//! nothing waits: [`sleep`](crate::sleep) moves a clock of the test's own, so that a handler that
//! sleeps for an hour answers at once. Threads are real, and so is what [`blocking`](crate::blocking)
//! has begun: both are waited for. What can never be answered fails the test with a sentence instead of hanging.
//!
//! ```
//! use micro_api::{Error, Json, Request, testing};
//!
//! fn double(request: Request) -> Result<Json<u64>, Error> {
//!     Ok(Json(2 * request.arg::<u64>("number")?))
//! }
//!
//! let answer = testing::get("/double/21").arg("number", 21).call(double);
//! assert_eq!(answer.status, 200);
//! assert_eq!(answer.json(), 42);
//!
//! let answer = testing::get("/double/").absent("number").call(double);
//! assert_eq!(answer.status, 400);
//! assert_eq!(answer.json()["error"], "missing required content: 'number'");
//! ```
//!
//! A function of a module is called by its name. The module is opened for the call; several calls
//! share a state if it is [opened](Opened) first:
//!
//! ```
//! use std::cell::Cell;
//! use micro_api::{Config, Error, Json, Module, Request, testing};
//!
//! fn next(counter: &Cell<u64>, _: Request) -> Json<u64> {
//!     counter.set(counter.get() + 1);
//!     Json(counter.get())
//! }
//!
//! let open = |config: &Config| config.get("counter.start").map(Cell::new);
//! let module = Module::with_state("counter", open).handler("next", next);
//!
//! let next = testing::post("/next").setting("counter.start", "7");
//! assert_eq!(next.call_with(&module, "next").json(), 8);
//!
//! let counter = testing::Opened::with_settings(&module, &[("counter.start", "100")])?;
//! let next = testing::post("/next");
//! assert_eq!(next.call_with(&counter, "next").json(), 101);
//! assert_eq!(next.call_with(&counter, "next").json(), 102);
//! # Ok::<(), Error>(())
//! ```
//!
//! What a handler [calls](crate::Connection) is answered by the test as well, with anything that a
//! handler may return. A mock that says which arguments there are, in the words of
//! `micro connections`, refuses a call with others, as the service will. A status outside of 200 to
//! 299 and a [`CallError`](crate::CallError) are to the handler what they are in a service:
//!
//! ```
//! use micro_api::testing::MockCall;
//! use micro_api::{Error, Request, json, testing};
//!
//! async fn start(request: Request) -> Result<u16, Error> {
//!     let docker = request.connection("docker")?;
//!     let made = docker.resource("create")?.call(("alpine",)).await?.value()?;
//!     docker.resource("start")?.call((&made["Id"],)).await?;
//!     Ok(201)
//! }
//!
//! let request = testing::post("/start").resource("docker.create", |call: MockCall| {
//!     assert_eq!(call.arg(0), Some(&json!("alpine")));
//!     (201, json!({"Id": "8f3e"}))
//! });
//! let works = request.clone().resource("docker.start(id)", |_| 204);
//! assert_eq!(works.call(start).status, 201);
//!
//! let fails = request.resource("docker.start", |_| (404, "no such container"));
//! assert_eq!(fails.call(start).status, 502);
//! ```
//!
//! The answer is what the handler made of the request: what the definition adds (conversion of
//! arguments, the form that RESPONSE gives) is not in it. A panic of a handler, which a service
//! answers with a 500, is a panic of the test.

mod answer;
mod clock;
mod mocks;
mod opened;
mod queue;
mod request;
mod signature;
#[cfg(test)]
mod tests;

use std::future::Future;

pub use answer::Answer;
pub use mocks::MockCall;
pub use opened::{HandlerSource, Opened};
pub use request::TestRequest;

use crate::Method;
use clock::TestLoop;

/// A GET request for this target, for instance `/tasks?done=true`.
///
/// # Panics
///
/// If the target is not what a request line may hold: it starts with `/`, and has only visible
/// ASCII characters.
#[must_use]
pub fn get(target: &str) -> TestRequest {
    request(Method::Get, target)
}

/// A POST request; see [`get`].
#[must_use]
pub fn post(target: &str) -> TestRequest {
    request(Method::Post, target)
}

/// A PUT request; see [`get`].
#[must_use]
pub fn put(target: &str) -> TestRequest {
    request(Method::Put, target)
}

/// A PATCH request; see [`get`].
#[must_use]
pub fn patch(target: &str) -> TestRequest {
    request(Method::Patch, target)
}

/// A DELETE request; see [`get`].
#[must_use]
pub fn delete(target: &str) -> TestRequest {
    request(Method::Delete, target)
}

/// A request of any method; see [`get`].
#[must_use]
pub fn request(method: Method, target: &str) -> TestRequest {
    TestRequest::new(method, target)
}

/// Runs a future to its end, in virtual time.
///
/// ```
/// use std::time::Duration;
/// use micro_api::{blocking, sleep, testing};
///
/// let sum = testing::block_on(async {
///     sleep(Duration::from_secs(3600)).await;
///     blocking(|| 1 + 2).await
/// });
/// assert_eq!(sum.unwrap(), 3);
/// ```
///
/// # Panics
///
/// If the future waits for what can never come, or threads take longer than ten seconds.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    TestLoop::new().run(future)
}
