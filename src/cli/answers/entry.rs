//! An answer, and the calls that it is for.

use std::path::PathBuf;
use std::time::Duration;

use micro_api::Value;
use micro_api::serde_json::Map;

/// An answer that a file holds.
#[derive(Debug)]
pub(in crate::cli) struct Entry {
    /// The arguments of the calls that it is for; others may be anything.
    pub(in crate::cli) when: Map<String, Value>,
    pub(in crate::cli) status: u16,
    pub(in crate::cli) headers: Vec<(String, String)>,
    pub(in crate::cli) content: Content,
    /// How long it is waited for.
    pub(in crate::cli) delay: Duration,
    /// Whether it breaks off in the middle of its content.
    pub(in crate::cli) is_cut: bool,
}

/// The content of an answer.
#[derive(Debug)]
pub(in crate::cli) enum Content {
    Nothing,
    Json(Value),
    Text(String),
    /// That of this file.
    File(PathBuf),
    /// JSON values, one a line, sent one by one.
    Lines(Vec<Value>),
}

/// Whether a call with these arguments is one of those that `when` means.
pub(in crate::cli) fn matches(when: &Map<String, Value>, arguments: &Map<String, Value>) -> bool {
    when.iter().all(|(name, value)| {
        let given = arguments.get(name);
        given.is_some_and(|given| is_alike(value, given))
    })
}

/// Paths, queries and forms hold texts alone: there, `5` and `"5"` are the same.
fn is_alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(some), Value::Array(others)) => {
            some.len() == others.len()
                && some
                    .iter()
                    .zip(others)
                    .all(|(one, other)| is_alike(one, other))
        }
        (Value::String(text), scalar @ (Value::Number(_) | Value::Bool(_)))
        | (scalar @ (Value::Number(_) | Value::Bool(_)), Value::String(text)) => {
            let shown = scalar.to_string();
            shown == *text
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use micro_api::json;

    use super::*;

    #[test]
    fn what_is_not_named_may_be_anything() {
        let object = |value: Value| match value {
            Value::Object(members) => members,
            _ => unreachable!("it is an object"),
        };
        for (when, arguments, expected) in [
            (json!({}), json!({"a": 1}), true),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), true),
            (json!({"a": 1}), json!({"a": "1"}), true),
            (json!({"a": "true"}), json!({"a": true}), true),
            (json!({"a": [1, "x"]}), json!({"a": ["1", "x"]}), true),
            (json!({"a": [1]}), json!({"a": ["1", "x"]}), false),
            (json!({"a": null}), json!({"a": "null"}), false),
            (json!({"a": 1}), json!({}), false),
            (json!({"a": {"b": 1}}), json!({"a": {"b": 1}}), true),
        ] {
            let is_one = matches(&object(when.clone()), &object(arguments.clone()));
            assert_eq!(is_one, expected, "{when} {arguments}");
        }
    }
}
