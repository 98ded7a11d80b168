//! The contract between the `micro` framework and its handler functions.
//!
//! A handler takes a [`Request`] and returns anything that is [`IntoReply`]; it may be a plain
//! `fn` or an `async fn`. Handlers are gathered in a [`Module`], together with the state they
//! share, and a definition file names them as `module.handler`.
//!
//! ```
//! use micro_api::{Json, Module, Request};
//!
//! fn greet(request: Request) -> Result<Json<String>, micro_api::Error> {
//!     let name: &str = request.arg("name")?;
//!     Ok(Json(format!("hello {name}")))
//! }
//!
//! let module = Module::new("hello").handler("greet", greet);
//! ```

mod argument;
mod config;
mod delay;
mod error;
mod files;
mod handler;
pub mod host;
mod into_reply;
mod method;
mod module;
mod next;
mod parts;
mod reason;
mod reply;
mod request;
mod runtime;
mod stream;
pub mod testing;
pub mod units;

pub use argument::{ArgumentKey, FromArgument};
pub use config::{Config, FromSetting};
pub use delay::Responder;
pub use error::Error;
pub use files::{directory, file};
pub use handler::{BoxFuture, IntoHandler, IntoJob, IntoResult, IntoTurn, IntoType, IntoWrapper};
pub use into_reply::{Headers, IntoReply, Json};
pub use method::Method;
pub use module::Module;
pub use next::Next;
pub use reply::Reply;
pub use request::Request;
pub use runtime::{blocking, sleep, spawn};
pub use serde;
pub use serde_json::{self, Value, json};
pub use stream::{BodySender, ChunkSource};
