//! What an argument's text is turned into: the types of ARG and CONTENT.

use std::rc::Rc;

use micro_api::Value;
use micro_api::host::Convert;
use uuid::Uuid;

use crate::config::{ArgumentType, EnumType, Reference};

/// Turns text into values of one type.
#[derive(Clone)]
pub enum Converter {
    /// See [`ArgumentType::Text`].
    Text,
    /// See [`ArgumentType::Int`].
    Int,
    /// See [`ArgumentType::Count`].
    Count,
    /// See [`ArgumentType::Float`].
    Float,
    /// See [`ArgumentType::Bool`].
    Bool,
    /// See [`ArgumentType::Uuid`].
    Uuid,
    /// See [`ArgumentType::Enum`].
    Enum(Rc<EnumType>),
    /// See [`ArgumentType::Function`].
    Function(Convert),
}

impl Converter {
    /// The converter for a type; `lookup` gives the functions that definitions name.
    #[must_use]
    pub fn new(argument_type: &ArgumentType, lookup: &dyn Fn(&Reference) -> Convert) -> Converter {
        match argument_type {
            ArgumentType::Text => Converter::Text,
            ArgumentType::Int => Converter::Int,
            ArgumentType::Count => Converter::Count,
            ArgumentType::Float => Converter::Float,
            ArgumentType::Bool => Converter::Bool,
            ArgumentType::Uuid => Converter::Uuid,
            ArgumentType::Enum(words) => Converter::Enum(Rc::clone(words)),
            ArgumentType::Function(reference) => Converter::Function(lookup(reference)),
        }
    }

    /// Converts a text; `None` means that the text itself is the value.
    ///
    /// # Errors
    ///
    /// What the text must be, if it is not.
    pub fn convert(&self, text: &str) -> Result<Option<Value>, String> {
        let value = match self {
            Converter::Text => return Ok(None),
            Converter::Int => text.parse::<i64>().ok().map(Value::from),
            Converter::Count => text.parse::<i64>().ok().filter(|n| *n > 0).map(Value::from),
            Converter::Float => text
                .parse::<f64>()
                .ok()
                .filter(|n| n.is_finite())
                .map(Value::from),
            Converter::Bool => find_bool(text).map(Value::from),
            Converter::Uuid => Uuid::try_parse(text)
                .ok()
                .map(|uuid| Value::from(uuid.hyphenated().to_string())),
            Converter::Enum(words) => find_word(words, text).map(Value::from),
            Converter::Function(function) => return function(text).map(Some),
        };
        value
            .map(Some)
            .ok_or_else(|| self.expected(is_long_int(text)))
    }

    /// Converts a value of a JSON body. It may have the type already, or be text.
    ///
    /// A function gets the JSON text of what is not text.
    ///
    /// # Errors
    ///
    /// What the value must be, if it is not.
    pub fn convert_value(&self, value: Value) -> Result<Value, String> {
        match (self, value) {
            (Converter::Text, value) => Ok(value),
            (_, Value::String(text)) => self
                .convert(&text)
                .map(|value| value.unwrap_or(Value::String(text))),
            (Converter::Function(function), value) => function(&value.to_string()),
            (Converter::Int, value) if value.is_i64() => Ok(value),
            (Converter::Count, value) if value.as_i64().is_some_and(|n| n > 0) => Ok(value),
            (Converter::Float, Value::Number(number)) => number
                .as_f64()
                .filter(|n| n.is_finite())
                .map(Value::from)
                .ok_or_else(|| self.expected(false)),
            (Converter::Bool, value @ Value::Bool(_)) => Ok(value),
            (Converter::Bool, Value::Number(number)) if number.as_u64() == Some(1) => {
                Ok(true.into())
            }
            (Converter::Bool, Value::Number(number)) if number.as_u64() == Some(0) => {
                Ok(false.into())
            }
            (_, Value::Number(number)) => Err(self.expected(is_long_number(&number))),
            _ => Err(self.expected(false)),
        }
    }

    /// What a value must be, in words that complete «invalid value for 'x': …». `is_long` is one
    /// that is an int, but of more than 64 bits.
    fn expected(&self, is_long: bool) -> String {
        let expected = match self {
            Converter::Text | Converter::Function(_) => "must be text",
            Converter::Int if is_long => "must be an int of 64 bits",
            Converter::Count if is_long => "must be a positive int of 64 bits",
            Converter::Int => "must be an int",
            Converter::Count => "must be a positive int",
            Converter::Float => "must be a float",
            Converter::Bool => "must be `true` or `false`",
            Converter::Uuid => "must be a uuid",
            Converter::Enum(words) => return format!("must be one of: {}", words.items.join(", ")),
        };
        expected.to_owned()
    }
}

impl std::fmt::Debug for Converter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self {
            Converter::Text => "Text",
            Converter::Int => "Int",
            Converter::Count => "Count",
            Converter::Float => "Float",
            Converter::Bool => "Bool",
            Converter::Uuid => "Uuid",
            Converter::Enum(words) => return write!(f, "Enum({})", words.name),
            Converter::Function(_) => "Function",
        };
        f.write_str(name)
    }
}

fn find_bool(text: &str) -> Option<bool> {
    if text == "1" || text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    (text == "0" || text.eq_ignore_ascii_case("false")).then_some(false)
}

/// Whether the text is an int that 64 bits do not hold.
fn is_long_int(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_int = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_int && text.parse::<i64>().is_err()
}

// JSON beyond 64 bits is read as a float; floats of this size have no fraction.
fn is_long_number(number: &serde_json::Number) -> bool {
    const END: f64 = 9_223_372_036_854_775_808.0;
    !number.is_i64() && number.as_f64().is_some_and(|number| number.abs() >= END)
}

fn find_word(words: &EnumType, text: &str) -> Option<String> {
    let word = match (words.to_upper, words.to_lower) {
        (true, _) => text.to_uppercase(),
        (_, true) => text.to_lowercase(),
        _ => text.to_owned(),
    };
    words.items.contains(&word).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use micro_api::json;

    fn enumeration(to_upper: bool) -> Converter {
        let items = vec!["RED".to_owned(), "BLUE".to_owned()];
        let words = EnumType {
            name: "color".to_owned(),
            items,
            to_upper,
            to_lower: false,
        };
        Converter::Enum(Rc::new(words))
    }

    #[test]
    fn texts_become_values() {
        let uuid = "67E5504410B1426F9247BB680E5FE0C8";
        let cases = [
            (Converter::Int, "-5", json!(-5)),
            (Converter::Int, "+5", json!(5)),
            (Converter::Int, "9223372036854775807", json!(i64::MAX)),
            (Converter::Count, "1", json!(1)),
            (Converter::Float, "1e3", json!(1000.0)),
            (Converter::Bool, "TRUE", json!(true)),
            (Converter::Bool, "0", json!(false)),
            (
                Converter::Uuid,
                uuid,
                json!("67e55044-10b1-426f-9247-bb680e5fe0c8"),
            ),
            (enumeration(true), "red", json!("RED")),
            (enumeration(false), "BLUE", json!("BLUE")),
        ];
        for (converter, text, value) in cases {
            assert_eq!(
                converter.convert(text),
                Ok(Some(value)),
                "{converter:?} {text}"
            );
        }
        assert_eq!(Converter::Text.convert("5"), Ok(None));
    }

    #[test]
    fn other_texts_are_told_what_they_must_be() {
        let cases = [
            (Converter::Int, "5.5", "must be an int"),
            (Converter::Int, "+-5", "must be an int"),
            (Converter::Int, "5.99999999999999999999", "must be an int"),
            (
                Converter::Int,
                "9223372036854775808",
                "must be an int of 64 bits",
            ),
            (
                Converter::Int,
                "-9223372036854775809",
                "must be an int of 64 bits",
            ),
            (
                Converter::Count,
                "9223372036854775808",
                "must be a positive int of 64 bits",
            ),
            (Converter::Int, "", "must be an int"),
            (Converter::Count, "0", "must be a positive int"),
            (Converter::Float, "inf", "must be a float"),
            (Converter::Float, "1e999", "must be a float"),
            (Converter::Bool, "yes", "must be `true` or `false`"),
            (Converter::Uuid, "67e5", "must be a uuid"),
            (enumeration(false), "red", "must be one of: RED, BLUE"),
        ];
        for (converter, text, message) in cases {
            assert_eq!(
                converter.convert(text),
                Err(message.to_owned()),
                "{converter:?} {text}"
            );
        }
    }

    #[test]
    fn values_may_have_the_type_already() {
        let good = [
            (Converter::Int, json!(5), json!(5)),
            (Converter::Int, json!("5"), json!(5)),
            (Converter::Float, json!(5), json!(5.0)),
            (Converter::Bool, json!(true), json!(true)),
            (Converter::Bool, json!(1), json!(true)),
            (Converter::Text, json!([1]), json!([1])),
        ];
        for (converter, value, expected) in good {
            assert_eq!(
                converter.convert_value(value),
                Ok(expected),
                "{converter:?}"
            );
        }
        let bad = [
            (Converter::Int, json!(5.5)),
            (Converter::Int, json!(true)),
            (Converter::Int, json!(u64::MAX)),
            (Converter::Count, json!(0)),
            (Converter::Bool, json!(2)),
            (Converter::Float, json!([])),
            (enumeration(true), json!(1)),
        ];
        for (converter, value) in bad {
            assert!(
                converter.convert_value(value.clone()).is_err(),
                "{converter:?} {value}"
            );
        }
    }

    #[test]
    fn values_are_told_what_they_must_be() {
        let said = |converter: Converter, value| converter.convert_value(value).expect_err("bad");
        let long = json!(9_223_372_036_854_775_808_u64);
        assert_eq!(
            said(Converter::Int, long.clone()),
            "must be an int of 64 bits"
        );
        assert_eq!(
            said(Converter::Int, json!(-1e30)),
            "must be an int of 64 bits"
        );
        assert_eq!(
            said(Converter::Count, long),
            "must be a positive int of 64 bits"
        );
        assert_eq!(said(Converter::Int, json!(5.5)), "must be an int");
        assert_eq!(
            said(Converter::Count, json!(i64::MIN)),
            "must be a positive int"
        );
        assert_eq!(said(Converter::Bool, json!(2)), "must be `true` or `false`");
    }

    #[test]
    fn functions_decide_themselves() {
        let double: Convert = Rc::new(|text| match text.len() {
            0 => Err("must not be empty".to_owned()),
            _ => Ok(json!(format!("{text}{text}"))),
        });
        let converter = Converter::new(&ArgumentType::Function(Reference::default()), &|_| {
            Rc::clone(&double)
        });
        assert_eq!(converter.convert("a"), Ok(Some(json!("aa"))));
        assert_eq!(converter.convert(""), Err("must not be empty".to_owned()));
        assert_eq!(converter.convert_value(json!(1)), Ok(json!("11")));
    }
}
