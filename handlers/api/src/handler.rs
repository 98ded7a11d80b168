//! What a function must look like to be a handler, a wrapper, a task and so on.
//!
//! Each `Into…` trait below has one implementation for each shape of function; the `marker` type
//! keeps them apart and is always inferred. A function of a module with state takes a reference
//! to the state first.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use serde::Serialize;

use crate::{Config, Error, IntoReply, Reply, Request, Value};

/// A future on the loop's thread.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// What calling a handler gives: an answer, or a future of one.
pub enum Outcome {
    /// The answer.
    Ready(Reply),
    /// The answer, later.
    Pending(BoxFuture<Reply>),
}

/// A handler, bound to its state.
pub type Handler = Rc<dyn Fn(Request) -> Outcome>;
/// A wrapper, bound to its state.
pub type Wrapper = Rc<dyn Fn(Request, Next) -> BoxFuture<Reply>>;
/// A task, or a function run at the start or the end of a service, bound to its state.
pub type Job = Rc<dyn Fn(Config) -> BoxFuture<Result<(), Error>>>;
/// A function run once a turn of the loop, bound to its state.
pub type Turn = Rc<dyn Fn()>;
/// A type of arguments, bound to its state: text to a value, or why not.
pub type Convert = Rc<dyn Fn(&str) -> Result<Value, String>>;

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

/// Calls a handler. A promise made with [`Request::delay`] takes the place of what it returned.
#[must_use]
pub fn call(handler: &Handler, request: Request) -> Outcome {
    let watched = request.clone();
    let outcome = handler(request);
    match outcome {
        Outcome::Ready(reply) => match watched.parts().delayed.take() {
            Some(pending) => Outcome::Pending(Box::pin(pending)),
            None => Outcome::Ready(reply),
        },
        Outcome::Pending(future) => Outcome::Pending(Box::pin(async move {
            let reply = future.await;
            let delayed = watched.parts().delayed.take();
            drop(watched);
            match delayed {
                Some(pending) => pending.await,
                None => reply,
            }
        })),
    }
}

/// Puts a wrapper around a handler.
#[must_use]
pub fn wrap(wrapper: Wrapper, handler: Handler) -> Handler {
    Rc::new(move |request| {
        Outcome::Pending(wrapper(request, Next { handler: Rc::clone(&handler) }))
    })
}

/// What a wrapper wraps: the handler, or the next wrapper.
pub struct Next {
    handler: Handler,
}

impl Next {
    /// Goes on to the handler and gives its answer.
    pub fn run(self, request: Request) -> impl Future<Output = Reply> {
        Running { outcome: Some(call(&self.handler, request)) }
    }
}

struct Running {
    outcome: Option<Outcome>,
}

impl Future for Running {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        match self.outcome.take().expect("a future is not polled after it is ready") {
            Outcome::Ready(reply) => Poll::Ready(reply),
            Outcome::Pending(mut future) => {
                let polled = future.as_mut().poll(context);
                if polled.is_pending() {
                    self.outcome = Some(Outcome::Pending(future));
                }
                polled
            }
        }
    }
}

/// A function that answers requests: `fn(Request) -> R` or `async fn(Request) -> R`, both also
/// with a `&State` before the request, where `R` is [`IntoReply`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler",
    note = "a handler is `fn(Request) -> R` or `async fn(Request) -> R`, in a module with state \
            also `fn(&State, Request) -> R` or `async fn(&State, Request) -> R`",
    note = "`R` is text, a status, `Value`, `Json`, a tuple of these, `Option`, `Result` or `Reply`"
)]
pub trait IntoHandler<S, M>: 'static {
    /// The handler, bound to this state.
    fn into_handler(self: Rc<Self>, state: Rc<S>) -> Handler;
}

impl<S, F, R> IntoHandler<S, Plain> for F
where
    F: Fn(Request) -> R + 'static,
    R: IntoReply,
{
    fn into_handler(self: Rc<Self>, _: Rc<S>) -> Handler {
        Rc::new(move |request| Outcome::Ready(self(request).into_reply()))
    }
}

impl<S, F, R> IntoHandler<S, Async> for F
where
    F: AsyncFn(Request) -> R + 'static,
    R: IntoReply,
{
    fn into_handler(self: Rc<Self>, _: Rc<S>) -> Handler {
        Rc::new(move |request| {
            let function = Rc::clone(&self);
            Outcome::Pending(Box::pin(async move { function(request).await.into_reply() }))
        })
    }
}

impl<S, F, R> IntoHandler<S, WithState> for F
where
    S: 'static,
    F: Fn(&S, Request) -> R + 'static,
    R: IntoReply,
{
    fn into_handler(self: Rc<Self>, state: Rc<S>) -> Handler {
        Rc::new(move |request| Outcome::Ready(self(&state, request).into_reply()))
    }
}

impl<S, F, R> IntoHandler<S, AsyncWithState> for F
where
    S: 'static,
    F: AsyncFn(&S, Request) -> R + 'static,
    R: IntoReply,
{
    fn into_handler(self: Rc<Self>, state: Rc<S>) -> Handler {
        Rc::new(move |request| {
            let (function, state) = (Rc::clone(&self), Rc::clone(&state));
            Outcome::Pending(Box::pin(async move { function(&state, request).await.into_reply() }))
        })
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
    /// The wrapper, bound to this state.
    fn into_wrapper(self: Rc<Self>, state: Rc<S>) -> Wrapper;
}

impl<S, F, R> IntoWrapper<S, Async> for F
where
    F: AsyncFn(Request, Next) -> R + 'static,
    R: IntoReply,
{
    fn into_wrapper(self: Rc<Self>, _: Rc<S>) -> Wrapper {
        Rc::new(move |request, next| {
            let function = Rc::clone(&self);
            Box::pin(async move { function(request, next).await.into_reply() })
        })
    }
}

impl<S, F, R> IntoWrapper<S, AsyncWithState> for F
where
    S: 'static,
    F: AsyncFn(&S, Request, Next) -> R + 'static,
    R: IntoReply,
{
    fn into_wrapper(self: Rc<Self>, state: Rc<S>) -> Wrapper {
        Rc::new(move |request, next| {
            let (function, state) = (Rc::clone(&self), Rc::clone(&state));
            Box::pin(async move { function(&state, request, next).await.into_reply() })
        })
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
    /// The function, bound to this state.
    fn into_job(self: Rc<Self>, state: Rc<S>) -> Job;
}

impl<S, F, R> IntoJob<S, Plain> for F
where
    F: Fn(Config) -> R + 'static,
    R: IntoResult,
{
    fn into_job(self: Rc<Self>, _: Rc<S>) -> Job {
        Rc::new(move |config| {
            let function = Rc::clone(&self);
            Box::pin(async move { function(config).into_result() })
        })
    }
}

impl<S, F, R> IntoJob<S, Async> for F
where
    F: AsyncFn(Config) -> R + 'static,
    R: IntoResult,
{
    fn into_job(self: Rc<Self>, _: Rc<S>) -> Job {
        Rc::new(move |config| {
            let function = Rc::clone(&self);
            Box::pin(async move { function(config).await.into_result() })
        })
    }
}

impl<S, F, R> IntoJob<S, WithState> for F
where
    S: 'static,
    F: Fn(&S, Config) -> R + 'static,
    R: IntoResult,
{
    fn into_job(self: Rc<Self>, state: Rc<S>) -> Job {
        Rc::new(move |config| {
            let (function, state) = (Rc::clone(&self), Rc::clone(&state));
            Box::pin(async move { function(&state, config).into_result() })
        })
    }
}

impl<S, F, R> IntoJob<S, AsyncWithState> for F
where
    S: 'static,
    F: AsyncFn(&S, Config) -> R + 'static,
    R: IntoResult,
{
    fn into_job(self: Rc<Self>, state: Rc<S>) -> Job {
        Rc::new(move |config| {
            let (function, state) = (Rc::clone(&self), Rc::clone(&state));
            Box::pin(async move { function(&state, config).await.into_result() })
        })
    }
}

/// A function for USER: `fn()`, or `fn(&State)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run once a turn",
    note = "such a function is `fn()`, in a module with state also `fn(&State)`"
)]
pub trait IntoTurn<S, M>: 'static {
    /// The function, bound to this state.
    fn into_turn(self: Rc<Self>, state: Rc<S>) -> Turn;
}

impl<S, F: Fn() + 'static> IntoTurn<S, Plain> for F {
    fn into_turn(self: Rc<Self>, _: Rc<S>) -> Turn {
        self
    }
}

impl<S: 'static, F: Fn(&S) + 'static> IntoTurn<S, WithState> for F {
    fn into_turn(self: Rc<Self>, state: Rc<S>) -> Turn {
        Rc::new(move || self(&state))
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
    /// The function, bound to this state.
    fn into_type(self: Rc<Self>, state: Rc<S>) -> Convert;
}

impl<S, F, T, E> IntoType<S, Plain> for F
where
    F: Fn(&str) -> Result<T, E> + 'static,
    T: Serialize,
    E: Display,
{
    fn into_type(self: Rc<Self>, _: Rc<S>) -> Convert {
        Rc::new(move |text| converted(self(text)))
    }
}

impl<S, F, T, E> IntoType<S, WithState> for F
where
    S: 'static,
    F: Fn(&S, &str) -> Result<T, E> + 'static,
    T: Serialize,
    E: Display,
{
    fn into_type(self: Rc<Self>, state: Rc<S>) -> Convert {
        Rc::new(move |text| converted(self(&state, text)))
    }
}

fn converted<T: Serialize, E: Display>(result: Result<T, E>) -> Result<Value, String> {
    let value = result.map_err(|error| error.to_string())?;
    serde_json::to_value(value).map_err(|error| error.to_string())
}
