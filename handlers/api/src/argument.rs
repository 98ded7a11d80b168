//! The arguments of a handler: groups of the path and values named by CONTENT lines.

#![allow(unsafe_code, reason = "arguments cross the border as they are")]

use std::fmt;

use serde::de::DeserializeOwned;

use crate::abi::{self, Span, Text};
use crate::border::{text, value};
use crate::info::ParameterType;
use crate::{Error, Json, Request, Value};

/// The value of one argument, as functions see it.
#[repr(transparent)]
pub struct Argument {
    raw: abi::Value,
}

/// In [`abi::Value::owner`]: the text is a box of ours.
const OWNED: u32 = 1;

impl Argument {
    /// It was not sent, need not be, and has no default.
    pub const ABSENT: Argument = Argument {
        raw: abi::Value {
            kind: abi::VALUE_ABSENT,
            owner: 0,
            bits: 0,
            text: Text::NONE,
        },
    };

    /// Text that stands in the request's bytes just as it is.
    #[must_use]
    pub fn text(span: Span) -> Argument {
        Argument {
            raw: abi::Value {
                kind: abi::VALUE_SPAN,
                owner: 0,
                bits: u64::from(span.start) | u64::from(span.end) << 32,
                text: Text::NONE,
            },
        }
    }

    /// A value that was converted, or taken from a JSON body.
    #[must_use]
    pub fn value(value: Value) -> Argument {
        let mut kept = String::new();
        let mut raw = value::lend(&value, &mut kept);
        let text = match value {
            Value::String(text) => Some(text),
            Value::Array(_) | Value::Object(_) => Some(kept),
            _ => None,
        };
        if let Some(text) = text {
            (raw.owner, raw.text) = (OWNED, give_away(text.into_boxed_str()));
        }
        Argument { raw }
    }

    /// The value, in a request of these bytes.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Option<Value> {
        // SAFETY: the text is this argument's own.
        unsafe { Given::find(&self.raw, bytes) }.and_then(Value::from_argument)
    }

    /// Whether it is text that stands in the request's bytes just as it is.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.raw.kind == abi::VALUE_SPAN
    }
}

/// The text of a box, which the value owns from now on.
fn give_away(text: Box<str>) -> Text {
    let length = text.len();
    let data = Box::into_raw(text).cast_const().cast();
    Text { data, length }
}

impl Clone for Argument {
    fn clone(&self) -> Argument {
        if self.raw.owner != OWNED {
            return Argument { raw: self.raw };
        }
        // SAFETY: the text is this argument's own.
        let text: &str = unsafe { text::find_text(self.raw.text) }.unwrap_or_default();
        Argument {
            raw: abi::Value {
                text: give_away(text.into()),
                ..self.raw
            },
        }
    }
}

impl Drop for Argument {
    fn drop(&mut self) {
        if self.raw.owner == OWNED {
            let Text { data, length } = self.raw.text;
            let bytes = std::ptr::slice_from_raw_parts_mut(data.cast_mut(), length);
            // SAFETY: `value` and `clone` took a box of text apart into these.
            drop(unsafe { Box::from_raw(bytes as *mut str) });
        }
    }
}

impl PartialEq for Argument {
    fn eq(&self, other: &Argument) -> bool {
        // SAFETY: the texts are the arguments' own.
        let text =
            |of: &Argument| -> Option<&'static str> { unsafe { text::find_text(of.raw.text) } };
        let what = |argument: &Argument| (argument.raw.kind, argument.raw.bits);
        what(self) == what(other) && text(self) == text(other)
    }
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.raw.kind {
            abi::VALUE_ABSENT => f.write_str("Absent"),
            abi::VALUE_SPAN => write!(f, "Text({:?})", span_of(&self.raw)),
            _ => write!(f, "Value({:?})", self.find(&[])),
        }
    }
}

fn span_of(raw: &abi::Value) -> Span {
    let [start, end] = [raw.bits, raw.bits >> 32];
    // The halves are 32 bits each.
    Span {
        start: start as u32,
        end: end as u32,
    }
}

/// The names of a handler's arguments.
#[derive(Debug, Default)]
pub struct Names {
    /// What the texts point into.
    names: Box<[String]>,
    texts: Box<[Text]>,
}

impl Names {
    /// These names, in the order of the arguments.
    pub fn new(names: impl IntoIterator<Item = String>) -> Names {
        let names: Box<[String]> = names.into_iter().collect();
        let texts = names.iter().map(|name| Text::new(name)).collect();
        Names { names, texts }
    }

    /// The names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(crate) fn as_ptr(&self) -> *const Text {
        self.texts.as_ptr()
    }
}

/// How an argument is asked for: by name, or by position from 0.
pub trait ArgumentKey {
    /// The position of the argument among those of the request.
    fn find_in(&self, request: &Request) -> Option<usize>;

    /// The key as shown in a message.
    fn describe(&self) -> String;
}

impl ArgumentKey for &str {
    fn find_in(&self, request: &Request) -> Option<usize> {
        request.argument_names().position(|name| name == *self)
    }

    fn describe(&self) -> String {
        format!("`{self}`")
    }
}

impl ArgumentKey for usize {
    fn find_in(&self, request: &Request) -> Option<usize> {
        (*self < request.argument_names().len()).then_some(*self)
    }

    fn describe(&self) -> String {
        format!("number {self}")
    }
}

/// An argument as messages call it. A group without a name has its position for a name, which
/// says little to a peer.
#[must_use]
pub fn argument_label(name: &str, position: usize) -> String {
    match name.parse() == Ok(position) {
        true => format!("group {} of the path", position + 1),
        false => format!("'{name}'"),
    }
}

/// A type that an argument can be read as.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from an argument",
    note = "use `&str`, `String`, an integer, `f64`, `bool`, `Value`, `Json<T>`, or an `Option` of these"
)]
pub trait FromArgument<'r>: Sized {
    /// What the argument should have been, in words that complete «must be …».
    const EXPECTED: &'static str;

    /// What a definition must declare it as.
    const TYPE: ParameterType;

    /// Whether it cannot be absent.
    const IS_REQUIRED: bool = true;

    /// Reads the value of an argument that is present.
    fn from_argument(given: Given<'r>) -> Option<Self>;

    /// What stands for an argument that is absent, if anything does.
    fn absent() -> Option<Self> {
        None
    }
}

/// An argument that was given.
#[derive(Clone, Copy, Debug)]
pub enum Given<'r> {
    /// Text.
    Text(&'r str),
    /// JSON's null.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// Another number.
    Float(f64),
    /// An array or object, as JSON.
    Json(&'r str),
}

impl<'r> Given<'r> {
    /// What an argument of a request with these bytes is; `None` if it is absent.
    ///
    /// # Safety
    ///
    /// The text of `raw` must be valid, and not change, for `'r`.
    pub(crate) unsafe fn find(raw: &abi::Value, bytes: &'r [u8]) -> Option<Given<'r>> {
        let text = || {
            // SAFETY: the caller vouches for it.
            let text = unsafe { text::find_text(raw.text) };
            text.expect("values were checked when they were made")
        };
        Some(match raw.kind {
            abi::VALUE_ABSENT => return None,
            abi::VALUE_BOOL => Given::Bool(raw.bits != 0),
            abi::VALUE_INT => Given::Int(raw.bits.cast_signed().into()),
            abi::VALUE_UINT => Given::Int(raw.bits.into()),
            abi::VALUE_FLOAT => Given::Float(f64::from_bits(raw.bits)),
            abi::VALUE_SPAN => {
                let text = std::str::from_utf8(span_of(raw).of(bytes));
                Given::Text(text.expect("arguments were checked when they were read"))
            }
            abi::VALUE_TEXT => Given::Text(text()),
            abi::VALUE_JSON => Given::Json(text()),
            _ => Given::Null,
        })
    }

    fn as_text(self) -> Option<&'r str> {
        match self {
            Given::Text(text) => Some(text),
            _ => None,
        }
    }

    // A number, or a text that is one.
    fn read_int<T: TryFrom<i128> + std::str::FromStr>(self) -> Option<T> {
        match self {
            Given::Int(int) => T::try_from(int).ok(),
            Given::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl<'r> FromArgument<'r> for &'r str {
    const EXPECTED: &'static str = "text";
    const TYPE: ParameterType = ParameterType::Text;

    fn from_argument(given: Given<'r>) -> Option<Self> {
        given.as_text()
    }
}

impl<'r> FromArgument<'r> for String {
    const EXPECTED: &'static str = "text";
    const TYPE: ParameterType = ParameterType::Text;

    fn from_argument(given: Given<'r>) -> Option<Self> {
        given.as_text().map(str::to_owned)
    }
}

impl<'r> FromArgument<'r> for Value {
    const EXPECTED: &'static str = "a value";
    const TYPE: ParameterType = ParameterType::Any;

    fn from_argument(given: Given<'r>) -> Option<Self> {
        Some(match given {
            Given::Text(text) => Value::from(text),
            Given::Null => Value::Null,
            Given::Bool(truth) => Value::from(truth),
            Given::Int(int) => i64::try_from(int)
                .map(Value::from)
                .or_else(|_| u64::try_from(int).map(Value::from))
                .ok()?,
            Given::Float(float) => Value::from(float),
            Given::Json(text) => serde_json::from_str(text).ok()?,
        })
    }
}

impl<'r, T: DeserializeOwned> FromArgument<'r> for Json<T> {
    const EXPECTED: &'static str = "JSON of the expected shape";
    const TYPE: ParameterType = ParameterType::Any;

    fn from_argument(given: Given<'r>) -> Option<Self> {
        match given {
            Given::Json(text) => serde_json::from_str(text).ok(),
            given => serde_json::from_value(Value::from_argument(given)?).ok(),
        }
        .map(Json)
    }
}

impl<'r> FromArgument<'r> for bool {
    const EXPECTED: &'static str = "`true` or `false`";
    const TYPE: ParameterType = ParameterType::Bool;

    fn from_argument(given: Given<'r>) -> Option<Self> {
        match given {
            Given::Bool(truth) => Some(truth),
            _ => given.as_text().and_then(crate::units::find_bool),
        }
    }
}

macro_rules! ints {
    ($($type:ty, $expected:literal;)*) => {$(
        impl<'r> FromArgument<'r> for $type {
            const EXPECTED: &'static str = $expected;
            const TYPE: ParameterType = ParameterType::Int;

            fn from_argument(given: Given<'r>) -> Option<Self> {
                given.read_int()
            }
        }
    )*};
}

ints! {
    i64, "an int";
    u64, "an int of 0 or more";
    i32, "an int of 32 bits";
    u32, "an int of 32 bits, 0 or more";
    u16, "an int of 16 bits, 0 or more";
    usize, "an int of 0 or more";
}

impl<'r> FromArgument<'r> for f64 {
    const EXPECTED: &'static str = "a number";
    const TYPE: ParameterType = ParameterType::Float;

    fn from_argument(given: Given<'r>) -> Option<Self> {
        let number = match given {
            Given::Float(number) => Some(number),
            // As JSON means it: the nearest one there is.
            Given::Int(int) => Some(int as f64),
            _ => given.as_text().and_then(|text| text.parse().ok()),
        };
        number.filter(|number| number.is_finite())
    }
}

impl<'r, T: FromArgument<'r>> FromArgument<'r> for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const TYPE: ParameterType = T::TYPE;
    const IS_REQUIRED: bool = false;

    fn from_argument(given: Given<'r>) -> Option<Self> {
        match given {
            Given::Null => Some(None),
            _ => T::from_argument(given).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl Request {
    /// The argument with this name, or at this position counted from 0, read as a `T`. A `&str`
    /// is lent by the request:
    ///
    /// ```compile_fail,E0515
    /// use micro_api::{Error, Request};
    ///
    /// fn keep(request: Request) -> Result<&'static str, Error> {
    ///     request.arg("name")
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// 400 if the argument is absent, or is no `T`; 500 if the definition declares no such
    /// argument for this handler, unless `T` is an `Option`: then it is absent.
    pub fn arg<'r, T: FromArgument<'r>>(&'r self, key: impl ArgumentKey) -> Result<T, Error> {
        let Some(position) = key.find_in(self) else {
            if let Some(absent) = T::absent() {
                return Ok(absent);
            }
            let names: Vec<&str> = self.argument_names().collect();
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
        let label = || {
            let name = self.argument_names().nth(position);
            argument_label(name.unwrap_or_default(), position)
        };
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
