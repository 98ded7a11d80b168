//! What a call may be given as its arguments.

use std::fmt;

use serde::Serialize;
use serde_json::Map;

use crate::{Json, Value};

/// The arguments of a call: some by position, some by name.
#[derive(Clone, Default, PartialEq)]
pub struct Arguments {
    pub(super) by_position: Vec<Value>,
    pub(super) by_name: Map<String, Value>,
}

// They may be secrets.
impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.by_name.keys().collect();
        write!(
            f,
            "Arguments({} by position, {names:?})",
            self.by_position.len()
        )
    }
}

/// What [`Resource::call`](super::Resource::call) takes: `()` for no arguments, a tuple of up to
/// eight values or a `Vec` for arguments by position, [`Json`] of a structure or map for arguments by
/// name, or a [`Value`]: an array by position, an object by name.
///
/// ```
/// use micro_api::{Resource, json};
///
/// async fn call(create: Resource) {
///     let _ = create.call(()).await;
///     let _ = create.call(("alpine", 3)).await;
///     let _ = create.call(json!({"image": "alpine", "count": 3})).await;
///     let _ = create.call(("alpine",)).with("count", 3).await;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a call does not take `{Self}` for its arguments",
    note = "arguments are `()`, a tuple of up to eight `Serialize` values by position, `Vec<Value>`, \
            `Value`, or `Json` of a structure by name",
    note = "a single argument is a tuple with a comma: `(x,)`"
)]
pub trait IntoArguments {
    /// The arguments.
    ///
    /// # Errors
    ///
    /// If there is no JSON for them: a sentence that says why.
    fn into_arguments(self) -> Result<Arguments, String>;
}

impl IntoArguments for Arguments {
    fn into_arguments(self) -> Result<Arguments, String> {
        Ok(self)
    }
}

impl IntoArguments for () {
    fn into_arguments(self) -> Result<Arguments, String> {
        Ok(Arguments::default())
    }
}

impl IntoArguments for Vec<Value> {
    fn into_arguments(self) -> Result<Arguments, String> {
        Ok(Arguments {
            by_position: self,
            by_name: Map::new(),
        })
    }
}

impl IntoArguments for Value {
    fn into_arguments(self) -> Result<Arguments, String> {
        match self {
            Value::Array(by_position) => by_position.into_arguments(),
            Value::Object(by_name) => Ok(Arguments {
                by_position: Vec::new(),
                by_name,
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(format!(
                "the arguments are `{self}`, expected an array by position or an object by name"
            )),
        }
    }
}

impl<T: Serialize> IntoArguments for Json<T> {
    fn into_arguments(self) -> Result<Arguments, String> {
        match value(self.0)? {
            named @ Value::Object(_) => named.into_arguments(),
            other => Err(format!(
                "the arguments are `{other}`, expected an object by name"
            )),
        }
    }
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => {$(
        impl<$($name: Serialize),*> IntoArguments for ($($name,)*) {
            fn into_arguments(self) -> Result<Arguments, String> {
                #[allow(non_snake_case, reason = "a variable for each type")]
                let ($($name,)*) = self;
                vec![$(value($name)?),*].into_arguments()
            }
        }
    )*};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
}

/// The JSON of an argument.
pub(super) fn value(argument: impl Serialize) -> Result<Value, String> {
    serde_json::to_value(argument).map_err(|error| format!("an argument has no JSON: {error}"))
}
