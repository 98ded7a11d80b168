//! What a function must look like to be a transform: what `code`, `setup` and `wrapper` name.

use std::rc::Rc;

use serde::de::DeserializeOwned;

use crate::border::function::Shared;
use crate::handler::Begun;
use crate::{Error, IntoReply};

/// The shapes of transforms. What a function takes is part of its shape, as a function is told from
/// others by it.
pub(crate) mod marker {
    use std::marker::PhantomData;

    /// `fn() -> R`
    pub enum Nothing {}
    /// `async fn() -> R`
    pub enum NothingAsync {}
    /// `fn(&State) -> R`
    pub enum State {}
    /// `async fn(&State) -> R`
    pub enum StateAsync {}
    /// `fn(T) -> R`
    pub struct Value<T>(PhantomData<T>);
    /// `async fn(T) -> R`
    pub struct ValueAsync<T>(PhantomData<T>);
    /// `fn(&State, T) -> R`
    pub struct StateAndValue<T>(PhantomData<T>);
    /// `async fn(&State, T) -> R`
    pub struct StateAndValueAsync<T>(PhantomData<T>);
}
use marker::{
    Nothing, NothingAsync, State, StateAndValue, StateAndValueAsync, StateAsync, Value, ValueAsync,
};

/// A function for `code`, `setup` and `wrapper` of CONNECTION and RESOURCE, and for `code` of HEADER:
/// `fn() -> R`, `fn(T) -> R`, `async fn() -> R` or `async fn(T) -> R`, all of them also with a
/// `&State` first, where `T` is read from JSON and `R` is [`IntoReply`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no transform",
    note = "a transform is `fn() -> R`, `fn(T) -> R` or an `async fn` of these, in a module with \
            state also with a `&State` first",
    note = "`T` is anything that is `DeserializeOwned`, such as `Outgoing` or `Value`; `R` is text, \
            `Value`, `Json`, `Outgoing`, or a `Result` of these"
)]
pub trait IntoTransform<S, M>: 'static {
    #[doc(hidden)]
    fn begin(function: &Shared<Self>, state: &Rc<S>, value: &[u8]) -> Begun
    where
        Self: Sized;
}

impl<S, F, R> IntoTransform<S, Nothing> for F
where
    F: Fn() -> R + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, _: &Rc<S>, _: &[u8]) -> Begun {
        Begun::Ready(function().into_reply())
    }
}

impl<S, F, R> IntoTransform<S, NothingAsync> for F
where
    F: AsyncFn() -> R + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, _: &Rc<S>, _: &[u8]) -> Begun {
        let function = function.clone();
        Begun::later(async move { function().await.into_reply() })
    }
}

impl<S, F, R> IntoTransform<S, State> for F
where
    S: 'static,
    F: Fn(&S) -> R + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, state: &Rc<S>, _: &[u8]) -> Begun {
        Begun::Ready(function(state).into_reply())
    }
}

impl<S, F, R> IntoTransform<S, StateAsync> for F
where
    S: 'static,
    F: AsyncFn(&S) -> R + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, state: &Rc<S>, _: &[u8]) -> Begun {
        let (function, state) = (function.clone(), Rc::clone(state));
        Begun::later(async move { function(&state).await.into_reply() })
    }
}

impl<S, F, T, R> IntoTransform<S, Value<T>> for F
where
    F: Fn(T) -> R + 'static,
    T: DeserializeOwned,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, _: &Rc<S>, value: &[u8]) -> Begun {
        match read(value) {
            Ok(value) => Begun::Ready(function(value).into_reply()),
            Err(error) => Begun::Ready(error.into_reply()),
        }
    }
}

impl<S, F, T, R> IntoTransform<S, ValueAsync<T>> for F
where
    F: AsyncFn(T) -> R + 'static,
    T: DeserializeOwned + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, _: &Rc<S>, value: &[u8]) -> Begun {
        let function = function.clone();
        match read(value) {
            Ok(value) => Begun::later(async move { function(value).await.into_reply() }),
            Err(error) => Begun::Ready(error.into_reply()),
        }
    }
}

impl<S, F, T, R> IntoTransform<S, StateAndValue<T>> for F
where
    S: 'static,
    F: Fn(&S, T) -> R + 'static,
    T: DeserializeOwned,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, state: &Rc<S>, value: &[u8]) -> Begun {
        match read(value) {
            Ok(value) => Begun::Ready(function(state, value).into_reply()),
            Err(error) => Begun::Ready(error.into_reply()),
        }
    }
}

impl<S, F, T, R> IntoTransform<S, StateAndValueAsync<T>> for F
where
    S: 'static,
    F: AsyncFn(&S, T) -> R + 'static,
    T: DeserializeOwned + 'static,
    R: IntoReply,
{
    fn begin(function: &Shared<F>, state: &Rc<S>, value: &[u8]) -> Begun {
        let (function, state) = (function.clone(), Rc::clone(state));
        match read(value) {
            Ok(value) => Begun::later(async move { function(&state, value).await.into_reply() }),
            Err(error) => Begun::Ready(error.into_reply()),
        }
    }
}

/// The value that a transform takes. None is as good as `null`.
fn read<T: DeserializeOwned>(value: &[u8]) -> Result<T, Error> {
    let expected = std::any::type_name::<T>();
    match value {
        [] => serde_json::from_str("null")
            .map_err(|_| Error::internal(format!("no value is given, expected a `{expected}`"))),
        _ => serde_json::from_slice(value).map_err(|error| {
            Error::internal(format!(
                "the value is not the JSON of a `{expected}`: {error}"
            ))
        }),
    }
}
