//! The fields of a JSON object that somebody sent, each once and known. No I/O.

use std::fmt;

use micro_api::serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use micro_api::serde_json;
use micro_api::{Value, kind_of, quoted};

use crate::malformed::Malformed;

/// The fields of an object. What is taken from them is gone.
#[derive(Debug)]
pub(crate) struct Fields(Vec<(String, Value)>);

impl Fields {
    /// Reads an object that has no fields but these, and none of them twice. They may be missing.
    ///
    /// # Errors
    ///
    /// If it is anything else.
    pub(crate) fn read(json: &[u8], known: &[&str]) -> Result<Fields, Malformed> {
        let Ok(Pairs(pairs)) = serde_json::from_slice(json) else {
            return Err(no_object(json, known));
        };
        for (at, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let (name, expected) = (quoted(name), listed(known));
                let why = format!("there is a field {name}: expected {expected}");
                return Err(Malformed::new(why));
            }
            if pairs[..at].iter().any(|(before, _)| before == name) {
                let why = format!("there is a second field `{name}`: expected one");
                return Err(Malformed::new(why));
            }
        }
        Ok(Fields(pairs))
    }

    /// The value of a field; nothing if it is missing.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(field, _)| field == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// The value of a field that must be there.
    ///
    /// # Errors
    ///
    /// If it is missing; `expected` says what it should be.
    pub(crate) fn expect(&mut self, name: &str, expected: &str) -> Result<Value, Malformed> {
        self.take(name).ok_or_else(|| {
            Malformed::new(format!("there is no field `{name}`: expected {expected}"))
        })
    }
}

/// The text that a value is.
///
/// # Errors
///
/// If it is no text; `part` says which value it is.
pub(crate) fn expect_text(part: impl fmt::Display, value: Value) -> Result<String, Malformed> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(Malformed::new(format!(
            "`{part}` is {}: expected a string",
            kind_of(&other)
        ))),
    }
}

fn no_object(json: &[u8], known: &[&str]) -> Malformed {
    let found = match serde_json::from_slice::<Value>(json) {
        _ if json.trim_ascii().is_empty() => "there is no content".to_owned(),
        Ok(value) => format!("the content is {}", kind_of(&value)),
        Err(error) => format!("the content is no JSON ({error})"),
    };
    let known = listed(known);
    Malformed::new(format!("{found}: expected a JSON object with {known}"))
}

/// Some names as people list them.
fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}

/// An object as it was sent: of a `Value`, only the last of two fields with one name is left.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
mod tests {
    use micro_api::json;

    use super::Fields;

    #[track_caller]
    fn refusal(json: &str) -> String {
        let fields = Fields::read(json.as_bytes(), &["a", "b", "c"]);
        fields.expect_err(json).to_string()
    }

    #[test]
    fn fields_are_taken_by_name() {
        let text = br#" {"b": [1, {"x": null}], "a": "text"} "#;
        let mut fields = Fields::read(text, &["a", "b", "c"]).expect("it is an object");
        assert_eq!(fields.take("a"), Some(json!("text")));
        assert_eq!(fields.take("a"), None);
        assert_eq!(fields.expect("b", "a list"), Ok(json!([1, {"x": null}])));
        assert_eq!(fields.take("c"), None);
        let missing = fields.expect("c", "a string").expect_err("it is missing");
        assert_eq!(
            missing.to_string(),
            "there is no field `c`: expected a string"
        );
    }

    #[test]
    fn what_is_no_object_is_named() {
        let cases = [
            ("[]", "the content is an array"),
            ("null", "the content is null"),
            ("1.5", "the content is a number"),
            ("true", "the content is a boolean"),
            ("\"{}\"", "the content is a string"),
            ("", "there is no content"),
            (" \r\n", "there is no content"),
            (
                "{\"a\": }",
                "the content is no JSON (expected value at line 1 column 7)",
            ),
            (
                "{\"a\": 1} x",
                "the content is no JSON (trailing characters at line 1 column 10)",
            ),
            (
                "domain=a",
                "the content is no JSON (expected value at line 1 column 1)",
            ),
        ];
        for (json, found) in cases {
            let expected = "expected a JSON object with `a`, `b` and `c`";
            assert_eq!(refusal(json), format!("{found}: {expected}"));
        }
    }

    #[test]
    fn what_is_not_utf_8_is_no_json() {
        let fields = Fields::read(b"{\"a\": \"\xff\"}", &["a"]);
        let message = fields.expect_err("it is no text").to_string();
        assert!(message.starts_with("the content is no JSON ("), "{message}");
    }

    #[test]
    fn a_field_that_is_not_known_is_named() {
        assert_eq!(
            refusal(r#"{"a": 1, "A\n": 2}"#),
            r"there is a field `A\n`: expected `a`, `b` and `c`"
        );
    }

    #[test]
    fn a_field_stands_there_once() {
        let message = "there is a second field `a`: expected one";
        assert_eq!(refusal(r#"{"a": 1, "b": 2, "a": 1}"#), message);
        assert_eq!(refusal(r#"{"a": 1, "\u0061": 1}"#), message);
    }

    #[test]
    fn cut_anywhere_it_is_refused() {
        let text = br#"{"a": "x\u00e4", "b": [1, 2.5e3, true], "c": {}}"#;
        for end in 0..text.len() {
            assert!(Fields::read(&text[..end], &["a", "b", "c"]).is_err());
        }
        assert!(Fields::read(text, &["a", "b", "c"]).is_ok());
    }

    #[test]
    fn a_deep_object_is_refused() {
        let text = format!("{{\"a\": {}", "[".repeat(1_000_000));
        assert!(refusal(&text).contains("recursion limit exceeded"));
    }
}
