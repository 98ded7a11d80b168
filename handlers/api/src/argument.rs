//! The arguments of a handler: groups of the path and values named by CONTENT lines.

use crate::parts::Span;
use crate::{Error, Request, Value};

/// The value of one argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// It was not sent, need not be, and has no default.
    Absent,
    /// Text that stands in the request's bytes just as it is.
    Text(Span),
    /// A value that was converted, or taken from a JSON body.
    Value(Value),
}

/// How an argument is asked for: by name, or by position from 0.
pub trait ArgumentKey {
    /// The position of the argument among these names.
    fn find_in(&self, names: &[String]) -> Option<usize>;

    /// The key as shown in a message.
    fn describe(&self) -> String;
}

impl ArgumentKey for &str {
    fn find_in(&self, names: &[String]) -> Option<usize> {
        names.iter().position(|name| name == self)
    }

    fn describe(&self) -> String {
        format!("`{self}`")
    }
}

impl ArgumentKey for usize {
    fn find_in(&self, names: &[String]) -> Option<usize> {
        (*self < names.len()).then_some(*self)
    }

    fn describe(&self) -> String {
        format!("number {self}")
    }
}

/// An argument as messages call it. A group without a name has its position for a name, which
/// says little to a peer.
#[must_use]
pub fn argument_label(names: &[String], position: usize) -> String {
    let name = &names[position];
    match name.parse() == Ok(position) {
        true => format!("group {} of the path", position + 1),
        false => format!("'{name}'"),
    }
}

/// A type that an argument can be read as.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from an argument",
    note = "use `&str`, `String`, an integer, `f64`, `bool`, `Value`, or an `Option` of these"
)]
pub trait FromArgument<'r>: Sized {
    /// What the argument should have been, in words that complete «must be …».
    const EXPECTED: &'static str;

    /// Reads the value of an argument that is present.
    fn from_argument(given: Given<'r>) -> Option<Self>;

    /// What stands for an argument that is absent, if anything does.
    fn absent() -> Option<Self> {
        None
    }
}

/// An argument that was given: text from the request, or a JSON value.
#[derive(Clone, Copy, Debug)]
pub enum Given<'r> {
    /// Text from the request.
    Text(&'r str),
    /// A value.
    Value(&'r Value),
}

impl<'r> Given<'r> {
    fn as_text(self) -> Option<&'r str> {
        match self {
            Given::Text(text) => Some(text),
            Given::Value(value) => value.as_str(),
        }
    }
}

impl<'r> FromArgument<'r> for &'r str {
    const EXPECTED: &'static str = "text";

    fn from_argument(given: Given<'r>) -> Option<Self> {
        given.as_text()
    }
}

impl<'r> FromArgument<'r> for String {
    const EXPECTED: &'static str = "text";

    fn from_argument(given: Given<'r>) -> Option<Self> {
        given.as_text().map(str::to_owned)
    }
}

impl<'r> FromArgument<'r> for Value {
    const EXPECTED: &'static str = "a value";

    fn from_argument(given: Given<'r>) -> Option<Self> {
        Some(match given {
            Given::Text(text) => Value::from(text),
            Given::Value(value) => value.clone(),
        })
    }
}

impl<'r> FromArgument<'r> for &'r Value {
    const EXPECTED: &'static str = "a converted value";

    fn from_argument(given: Given<'r>) -> Option<Self> {
        match given {
            Given::Text(_) => None,
            Given::Value(value) => Some(value),
        }
    }
}

impl<'r> FromArgument<'r> for bool {
    const EXPECTED: &'static str = "`true` or `false`";

    fn from_argument(given: Given<'r>) -> Option<Self> {
        match given {
            Given::Value(Value::Bool(value)) => Some(*value),
            _ => given.as_text().and_then(crate::units::find_bool),
        }
    }
}

macro_rules! numbers {
    ($($type:ty, $expected:literal, $read:expr;)*) => {$(
        impl<'r> FromArgument<'r> for $type {
            const EXPECTED: &'static str = $expected;

            fn from_argument(given: Given<'r>) -> Option<Self> {
                match given {
                    Given::Value(Value::Number(number)) => {
                        #[allow(clippy::redundant_closure_call)]
                        ($read)(number)
                    }
                    _ => given.as_text().and_then(|text| text.parse().ok()),
                }
            }
        }
    )*};
}

numbers! {
    i64, "an int", serde_json::Number::as_i64;
    u64, "an int of 0 or more", serde_json::Number::as_u64;
    i32, "an int of 32 bits",
        |number: &serde_json::Number| number.as_i64().and_then(|n| n.try_into().ok());
    u32, "an int of 32 bits, 0 or more",
        |number: &serde_json::Number| number.as_u64().and_then(|n| n.try_into().ok());
    u16, "an int of 16 bits, 0 or more",
        |number: &serde_json::Number| number.as_u64().and_then(|n| n.try_into().ok());
    usize, "an int of 0 or more",
        |number: &serde_json::Number| number.as_u64().and_then(|n| n.try_into().ok());
}

impl<'r> FromArgument<'r> for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_argument(given: Given<'r>) -> Option<Self> {
        let number = match given {
            Given::Value(Value::Number(number)) => number.as_f64(),
            _ => given.as_text().and_then(|text| text.parse().ok()),
        };
        number.filter(|number| number.is_finite())
    }
}

impl<'r, T: FromArgument<'r>> FromArgument<'r> for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_argument(given: Given<'r>) -> Option<Self> {
        match given {
            Given::Value(Value::Null) => Some(None),
            _ => T::from_argument(given).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl Request {
    /// The argument with this name, or at this position counted from 0, read as a `T`.
    ///
    /// # Errors
    ///
    /// 400 if the argument is absent, or is no `T`; 500 if the definition declares no such
    /// argument for this handler.
    pub fn arg<'r, T: FromArgument<'r>>(&'r self, key: impl ArgumentKey) -> Result<T, Error> {
        let names = self.argument_names();
        let Some(position) = key.find_in(names) else {
            return Err(Error::internal(format!(
                "no argument {}: the definition gives this handler {}",
                key.describe(),
                if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                },
            )));
        };
        let label = || argument_label(names, position);
        let Some(given) = self.given(position) else {
            return T::absent()
                .ok_or_else(|| Error::new(400, format!("missing required content: {}", label())));
        };
        T::from_argument(given).ok_or_else(|| {
            Error::new(
                400,
                format!("invalid value for {}: must be {}", label(), T::EXPECTED),
            )
        })
    }
}
