//! What a function must look like to be a handler, a wrapper, a task and so on.
//!
//! Each `Into…` trait below has one implementation for each shape of function; the `marker` type
//! keeps them apart and is always inferred. A function of a module with state takes a reference
//! to the state first.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use serde::Serialize;

use crate::border::function::Shared;
use crate::border::future::Exported;
use crate::{Config, Error, IntoReply, Next, Reply, Request, Value, abi, border};

/// A future on the loop's thread.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// What calling a handler gives on the handler's side of the border.
pub enum Begun {
    /// The answer.
    Ready(Reply),
    /// The answer, later.
    #[doc(hidden)]
    Pending(Later),
}

/// A future of an answer, which the program will poll.
pub struct Later(pub(crate) Exported);

impl Begun {
    pub(crate) fn later(future: impl Future<Output = Reply> + 'static) -> Begun {
        Begun::Pending(Later(Exported::new(future)))
    }
}

/// What calling a job gives on its side of the border.
pub struct BegunJob(pub(crate) abi::Task);

impl BegunJob {
    fn new(future: impl Future<Output = Result<(), Error>> + 'static) -> BegunJob {
        BegunJob(border::task::export(future))
    }
}

/// The shapes of functions; see the traits that use them.
pub(crate) mod marker {
    /// `fn(…) -> R`
    pub enum Plain {}
    /// `async fn(…) -> R`
    pub enum Async {}
    /// `fn(&State, …) -> R`
    pub enum WithState {}
    /// `async fn(&State, …) -> R`
    pub enum AsyncWithState {}
}
use marker::{Async, AsyncWithState, Plain, WithState};

/// A function that answers requests: `fn(Request) -> R` or `async fn(Request) -> R`, both also
/// with a `&State` before the request, where `R` is [`IntoReply`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler",
    note = "a handler is `fn(Request) -> R` or `async fn(Request) -> R`, in a module with state \
            also `fn(&State, Request) -> R` or `async fn(&State, Request) -> R`",
    note = "`R` is text, a status, `Value`, `Json`, a tuple of these, `Option`, `Result` or `Reply`"
)]
pub trait IntoHandler<S, M>: 'static {
    #[doc(hidden)]
    fn begin(function: &Shared<Self>, state: &Rc<S>, request: Request) -> Begun
    where
        Self: Sized;
}

impl<S, F, R> IntoHandler<S, Plain> for F
where
    F: Fn(Request) -> R + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, _: &Rc<S>, request: Request) -> Begun {
        Begun::Ready(function(request).into_reply())
    }
}

impl<S, F, R> IntoHandler<S, Async> for F
where
    F: AsyncFn(Request) -> R + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, _: &Rc<S>, request: Request) -> Begun {
        let function = function.clone();
        Begun::later(async move { function(request).await.into_reply() })
    }
}

impl<S, F, R> IntoHandler<S, WithState> for F
where
    S: 'static,
    F: Fn(&S, Request) -> R + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, state: &Rc<S>, request: Request) -> Begun {
        Begun::Ready(function(state, request).into_reply())
    }
}

impl<S, F, R> IntoHandler<S, AsyncWithState> for F
where
    S: 'static,
    F: AsyncFn(&S, Request) -> R + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, state: &Rc<S>, request: Request) -> Begun {
        let (function, state) = (function.clone(), Rc::clone(state));
        Begun::later(async move { function(&state, request).await.into_reply() })
    }
}

/// A function that stands around handlers: `async fn(Request, Next) -> R`, also with a `&State`
/// before the request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no wrapper",
    note = "a wrapper is `async fn(Request, Next) -> R`, in a module with state also \
            `async fn(&State, Request, Next) -> R`"
)]
pub trait IntoWrapper<S, M>: 'static {
    #[doc(hidden)]
    fn begin(function: &Shared<Self>, state: &Rc<S>, request: Request, next: Next) -> Begun
    where
        Self: Sized;
}

impl<S, F, R> IntoWrapper<S, Async> for F
where
    F: AsyncFn(Request, Next) -> R + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, _: &Rc<S>, request: Request, next: Next) -> Begun {
        let function = function.clone();
        Begun::later(async move { function(request, next).await.into_reply() })
    }
}

impl<S, F, R> IntoWrapper<S, AsyncWithState> for F
where
    S: 'static,
    F: AsyncFn(&S, Request, Next) -> R + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, state: &Rc<S>, request: Request, next: Next) -> Begun {
        let (function, state) = (function.clone(), Rc::clone(state));
        Begun::later(async move { function(&state, request, next).await.into_reply() })
    }
}

/// What a task, or a function run at the start or the end, may return: nothing, or a `Result`.
pub trait IntoResult {
    /// The result.
    ///
    /// # Errors
    ///
    /// If the function failed.
    fn into_result(self) -> Result<(), Error>;
}

impl IntoResult for () {
    fn into_result(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<E: Into<Error>> IntoResult for Result<(), E> {
    fn into_result(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

/// A function for TASK, SETUP or TEARDOWN: `fn(Config) -> R` or `async fn(Config) -> R`, both also
/// with a `&State` before the configuration, where `R` is [`IntoResult`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a task, nor run at the start or the end",
    note = "such a function is `fn(Config) -> R` or `async fn(Config) -> R`, in a module with state \
            also with a `&State` before the `Config`; `R` is nothing or a `Result<(), E>`"
)]
pub trait IntoJob<S, M>: 'static {
    #[doc(hidden)]
    fn begin(function: &Shared<Self>, state: &Rc<S>, config: Config) -> BegunJob
    where
        Self: Sized;
}

impl<S, F, R> IntoJob<S, Plain> for F
where
    F: Fn(Config) -> R + 'static,
    R: IntoResult,
{
    fn begin(function: &Shared<F>, _: &Rc<S>, config: Config) -> BegunJob {
        let function = function.clone();
        BegunJob::new(async move { function(config).into_result() })
    }
}

impl<S, F, R> IntoJob<S, Async> for F
where
    F: AsyncFn(Config) -> R + 'static,
    R: IntoResult,
{
    fn begin(function: &Shared<F>, _: &Rc<S>, config: Config) -> BegunJob {
        let function = function.clone();
        BegunJob::new(async move { function(config).await.into_result() })
    }
}

impl<S, F, R> IntoJob<S, WithState> for F
where
    S: 'static,
    F: Fn(&S, Config) -> R + 'static,
    R: IntoResult,
{
    fn begin(function: &Shared<F>, state: &Rc<S>, config: Config) -> BegunJob {
        let (function, state) = (function.clone(), Rc::clone(state));
        BegunJob::new(async move { function(&state, config).into_result() })
    }
}

impl<S, F, R> IntoJob<S, AsyncWithState> for F
where
    S: 'static,
    F: AsyncFn(&S, Config) -> R + 'static,
    R: IntoResult,
{
    fn begin(function: &Shared<F>, state: &Rc<S>, config: Config) -> BegunJob {
        let (function, state) = (function.clone(), Rc::clone(state));
        BegunJob::new(async move { function(&state, config).await.into_result() })
    }
}

/// A function for USER: `fn()`, or `fn(&State)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run once a turn",
    note = "such a function is `fn()`, in a module with state also `fn(&State)`"
)]
pub trait IntoTurn<S, M>: 'static {
    #[doc(hidden)]
    fn run(function: &Shared<Self>, state: &Rc<S>)
    where
        Self: Sized;
}

impl<S, F: Fn() + 'static> IntoTurn<S, Plain> for F {
    fn run(function: &Shared<F>, _: &Rc<S>) {
        function();
    }
}

impl<S: 'static, F: Fn(&S) + 'static> IntoTurn<S, WithState> for F {
    fn run(function: &Shared<F>, state: &Rc<S>) {
        function(state);
    }
}

/// A function that an ARG or CONTENT line names as a type: `fn(&str) -> Result<T, E>`, also with a
/// `&State` before the text. What `E` says goes to the peer, behind «invalid value for …:».
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of arguments",
    note = "such a function is `fn(&str) -> Result<T, E>`, in a module with state also \
            `fn(&State, &str) -> Result<T, E>`; `T` is Serialize, `E` is Display"
)]
pub trait IntoType<S, M>: 'static {
    #[doc(hidden)]
    fn run(function: &Shared<Self>, state: &Rc<S>, text: &str) -> Result<Value, String>
    where
        Self: Sized;
}

impl<S, F, T, E> IntoType<S, Plain> for F
where
    F: Fn(&str) -> Result<T, E> + 'static,
    T: Serialize,
    E: Display,
{
    fn run(function: &Shared<F>, _: &Rc<S>, text: &str) -> Result<Value, String> {
        converted(function(text))
    }
}

impl<S, F, T, E> IntoType<S, WithState> for F
where
    S: 'static,
    F: Fn(&S, &str) -> Result<T, E> + 'static,
    T: Serialize,
    E: Display,
{
    fn run(function: &Shared<F>, state: &Rc<S>, text: &str) -> Result<Value, String> {
        converted(function(state, text))
    }
}

fn converted<T: Serialize, E: Display>(result: Result<T, E>) -> Result<Value, String> {
    let value = result.map_err(|error| error.to_string())?;
    serde_json::to_value(value).map_err(|error| error.to_string())
}
