//! The contract between the `micro` framework and its handler functions.
//!
//! A service is declared in a `.micro` file; its logic is handler functions, which depend on this
//! crate alone:
//!
//! ```
//! use micro_api::{Error, Json, Module, Request};
//!
//! fn greet(request: Request) -> Result<Json<String>, Error> {
//!     let name: &str = request.arg("name")?;
//!     Ok(Json(format!("hello {name}")))
//! }
//!
//! /// What a program links, or loads from a shared library.
//! pub const MODULE: Module = Module::new("hello").handler("greet", greet);
//! ```
//!
//! ```micro
//! SERVER greeter 12345
//!   ROUTE /hello/{name}$
//!     GET hello.greet
//! ```
//!
//! # Handlers
//!
//! A handler is `fn(Request) -> R` or `async fn(Request) -> R`, where `R` is [`IntoReply`]: text, a
//! status number, a [`Value`] or anything `Serialize` in [`Json`], `(status, body)`, `(status,
//! headers, body)`, `Option` (`None` is 404), `Result`, or a [`Reply`] for everything else. A
//! [`file()`], or one below a [`directory`], is an answer as well.
//!
//! An [`Error`] made with [`Error::new`] tells the peer its status and message. Any other error
//! that `?` meets is a 500: the peer is told an id, and the log what happened, under that id. A
//! panic is such a failure, too.
//!
//! serde comes with this crate; a type of your own that derives from it says where it is:
//!
//! ```
//! use micro_api::serde::{Deserialize, Serialize};
//! use micro_api::{Error, Json, Request, json, testing};
//!
//! #[derive(Deserialize, Serialize)]
//! #[serde(crate = "micro_api::serde")]
//! struct Point {
//!     x: i64,
//!     y: i64,
//! }
//!
//! fn mirror(request: Request) -> Result<(u16, Json<Point>), Error> {
//!     let Point { x, y } = request.json()?;
//!     if x == y {
//!         return Err(Error::new(409, "this point is its own mirror image"));
//!     }
//!     Ok((201, Json(Point { x: y, y: x })))
//! }
//!
//! let answer = testing::post("/mirror").json(&json!({"x": 1, "y": 2})).call(mirror);
//! assert_eq!((answer.status, answer.text()), (201, r#"{"x":2,"y":1}"#));
//!
//! let answer = testing::post("/mirror").json(&json!({"x": 1, "y": 1})).call(mirror);
//! assert_eq!(answer.status, 409);
//! assert_eq!(answer.json()["error"], "this point is its own mirror image");
//! ```
//!
//! # Arguments
//!
//! The groups of a route's pattern and its CONTENT lines are arguments, read with [`Request::arg`]
//! by name, or by position from 0. They were checked and converted as the definition says before
//! the handler is called. What may be absent is read as an `Option`:
//!
//! ```
//! use micro_api::{Error, Request, testing};
//!
//! fn page(request: Request) -> Result<String, Error> {
//!     let book: &str = request.arg("book")?;
//!     let number: Option<u64> = request.arg("page")?;
//!     Ok(format!("{book}, page {}", number.unwrap_or(1)))
//! }
//!
//! let request = testing::get("/books/emma?page=7").arg("book", "emma");
//! assert_eq!(request.clone().arg("page", 7).call(page).text(), "emma, page 7");
//! assert_eq!(request.absent("page").call(page).text(), "emma, page 1");
//! ```
//!
//! # State
//!
//! A module may have a state. It is opened from the configuration when the service is set up, and
//! handed to the module's functions by reference; there is no need for globals. All of them run on
//! one thread, so a `Cell` or `RefCell` is lock enough:
//!
//! ```
//! use std::cell::RefCell;
//! use micro_api::{Config, Error, Json, Module, Request};
//!
//! struct Visitors {
//!     names: RefCell<Vec<String>>,
//!     max: usize,
//! }
//!
//! fn open(config: &Config) -> Result<Visitors, Error> {
//!     Ok(Visitors { names: RefCell::default(), max: config.get("visitors.max")? })
//! }
//!
//! fn enter(visitors: &Visitors, request: Request) -> Result<Json<usize>, Error> {
//!     let mut names = visitors.names.borrow_mut();
//!     if names.len() == visitors.max {
//!         return Err(Error::new(503, "the house is full"));
//!     }
//!     names.push(request.arg("name")?);
//!     Ok(Json(names.len()))
//! }
//!
//! const MODULE: Module<Visitors> = Module::with_state("visitors", open).handler("enter", enter);
//! ```
//!
//! (Do not hold such a borrow across an `.await`: another handler may run meanwhile.)
//!
//! # Waiting
//!
//! One thread serves everybody, so a handler never blocks it. An `async` handler waits with
//! [`sleep`], and has whatever blocks done on a helper thread with [`blocking`]; [`spawn`] starts
//! what goes on beside the answer. Futures stay on the loop's thread and need not be `Send`. They
//! begin when they are first awaited, which must be within a service or within
//! [`testing::block_on`].
//!
//! ```
//! use std::time::Duration;
//! use micro_api::{Error, Request, blocking, sleep, testing};
//!
//! async fn count_lines(_: Request) -> Result<String, Error> {
//!     let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
//!     for _ in 0..3 {
//!         let text = blocking(move || std::fs::read_to_string(path)).await??;
//!         if !text.is_empty() {
//!             return Ok(text.lines().count().to_string());
//!         }
//!         sleep(Duration::from_secs(1)).await;
//!     }
//!     Err(Error::new(503, "the file is still empty"))
//! }
//!
//! assert_eq!(testing::get("/lines").call(count_lines).status, 200);
//! ```
//!
//! # Calling other services
//!
//! What a service calls is declared as well, with CONNECTION and RESOURCE lines; a handler finds it
//! by its name, and awaits the answer:
//!
//! ```micro
//! CONNECTION stock http://stock:8080
//!   RESOURCE count /items/{item}/count GET
//! ```
//!
//! ```
//! use micro_api::testing::MockCall;
//! use micro_api::{CallError, CallErrorKind, Error, Json, Request, join, testing};
//!
//! async fn in_stock(request: Request) -> Result<Json<u64>, Error> {
//!     let count = request.connection("stock")?.resource("count")?;
//!     let (here, there) = join((count.call((7,)), count.call((8,)))).await;
//!     Ok(Json(here?.json::<u64>()? + there?.json::<u64>()?))
//! }
//!
//! let request = testing::get("/in-stock");
//! let answer = request.clone().resource("stock.count", |_: MockCall| Json(2)).call(in_stock);
//! assert_eq!(answer.json(), 4);
//!
//! let late = |_: MockCall| -> Result<(), _> {
//!     Err(CallError::new(CallErrorKind::Timeout, "no answer within 5 s"))
//! };
//! let answer = request.resource("stock.count", late).call(in_stock);
//! assert_eq!(answer.status, 504);
//! let why = "connection `stock`, resource `count`: timeout: no answer within 5 s";
//! assert_eq!(answer.failure(), Some(why));
//! ```
//!
//! The [`Response`] has the content as a whole; [`ResourceCall::stream`] gives it as it comes. A
//! status outside of 200 to 299 is a [`CallError`], as is everything else that may go wrong. The
//! functions that `setup=`, `wrapper=` and `code=` name are [transforms](Module::transform).
//!
//! # Answering later
//!
//! [`Request::delay`] gives a [`Responder`], which any thread may use, once, when the answer is
//! known. What the handler returns is then left aside. A responder that is dropped without an
//! answer is a 500, never a hang.
//!
//! ```
//! use micro_api::{Request, testing};
//!
//! fn compute(request: Request) {
//!     let responder = request.delay();
//!     std::thread::spawn(move || responder.answer((200, (1..=20).product::<u64>().to_string())));
//! }
//!
//! assert_eq!(testing::get("/factorial").call(compute).text(), "2432902008176640000");
//! ```
//!
//! # Modules
//!
//! A [`Module`] is a constant. [`export!`] makes a crate of type `cdylib` show it to programs that
//! load the library; a program that links it is given the same constant. Either way its functions
//! are called alike. What it says of itself is read before any of its code runs:
//!
//! ```standalone_crate
//! use micro_api::{Error, Json, Module, Request};
//!
//! fn add(request: Request) -> Result<Json<i64>, Error> {
//!     Ok(Json(request.arg::<i64>("a")? + request.arg::<i64>("b")?))
//! }
//!
//! const MODULE: Module = Module::new("sums")
//!     .version("1.2.0")
//!     .handler("add", add)
//!     .summary("adds two numbers")
//!     .takes::<i64>("a")
//!     .takes::<i64>("b");
//!
//! micro_api::export!(MODULE);
//! ```
//!
//! Being a constant, a module has functions that capture nothing: functions by name, or closures
//! without variables of others. What they need is in the state. A [`LocalModule`] has functions that
//! capture; it is for the program alone that makes it, as tests and embedded services do.
//!
//! Each library has a copy of this crate, and of every other it is built with, perhaps in another
//! version and by another compiler. Only what this crate makes of their functions crosses the
//! border: requests, answers, settings and futures. Therefore
//!
//! - a type of one library is foreign to another, even if it has the same name: what a function
//!   leaves with [`Request::attach`] is found by functions of its own library only;
//! - a `static`, a thread-local variable or a `OnceLock` is there once for each library;
//! - what is logged with the crate `log`, and what panics say, goes to the program's log, unless the
//!   library sets a logger of its own.
//!
//! # Wrappers, tasks and the rest
//!
//! A [`Module`] also takes wrappers (WRAP), jobs (TASK, SETUP, TEARDOWN), turn functions (USER) and
//! types (ARG, CONTENT). A wrapper stands around a handler and goes on to it with [`Next::run`]; with
//! [`Request::attach`] it leaves what it found out:
//!
//! ```
//! use micro_api::{Error, IntoReply, Next, Reply, Request, testing};
//!
//! struct User(String);
//!
//! async fn with_user(request: Request, next: Next) -> Reply {
//!     let Some(name) = request.header("x-user").map(str::to_owned) else {
//!         return Error::new(401, "who are you").into_reply();
//!     };
//!     request.attach(User(name));
//!     next.run(request).await
//! }
//!
//! fn whoami(request: Request) -> Option<String> {
//!     request.attached::<User>().map(|user| user.0.clone())
//! }
//!
//! let request = testing::get("/whoami").wrap(with_user);
//! assert_eq!(request.call(whoami).status, 401);
//! assert_eq!(request.header("X-User", "ann").call(whoami).text(), "ann");
//! ```
//!
//! # Testing
//!
//! [`testing`] calls handlers without a socket and in virtual time, as the examples above do.

pub mod abi;
mod argument;
mod attachments;
mod border;
mod config;
mod connection;
mod delay;
mod error;
mod export;
mod files;
mod handler;
pub mod host;
mod info;
mod into_reply;
mod join;
mod method;
mod module;
mod next;
mod parts;
mod quoted;
mod reason;
mod reply;
mod request;
mod spare;
mod stream;
pub mod testing;
mod transform;
pub mod units;
mod waiting;

pub use argument::{ArgumentKey, FromArgument};
pub use config::{Config, FromSetting, Measure};
pub use connection::{
    Arguments, CallError, CallErrorKind, Connection, IntoArguments, Outgoing, Resource,
    ResourceCall, Response, ResponseStream, Side,
};
pub use delay::Responder;
pub use error::Error;
pub use files::{directory, file};
pub use handler::{BoxFuture, IntoHandler, IntoJob, IntoResult, IntoTurn, IntoType, IntoWrapper};
pub use into_reply::{Headers, IntoReply, Json};
pub use join::{Joinable, join, join_all};
pub use method::Method;
pub use module::{FUNCTIONS_MAX, LocalModule, Module, PARAMETERS_MAX};
pub use next::Next;
pub use quoted::{kind_of, quoted};
pub use reply::Reply;
pub use request::Request;
pub use serde;
pub use serde_json::{self, Value, json};
pub use stream::{BodySender, ChunkSource};
pub use transform::IntoTransform;
pub use waiting::{blocking, sleep, spawn, within};
