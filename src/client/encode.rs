//! Arguments of a call as query, JSON or form (RFC 9110 section 9.3.1, URL standard section 5.2).

use form_urlencoded::Serializer;
use micro_api::serde_json::{self, Map};
use micro_api::{Method, Value};

/// Content type and content.
type Content = (String, Vec<u8>);

/// How a body is sent: what the target becomes, and the content.
///
/// GET and HEAD have no content, so an object goes into the query. Of others it is sent as JSON,
/// or as a form. A text is sent as it is; null, and an object without members, is nothing.
///
/// # Errors
///
/// The body is of a kind that cannot be sent so: one sentence.
pub fn encode(
    method: Method,
    path: &str,
    body: Value,
    is_form: bool,
) -> Result<(String, Option<Content>), String> {
    let is_query = matches!(method, Method::Get | Method::Head);
    let as_it_is = |content| Ok((path.to_owned(), content));
    match body {
        Value::Null => as_it_is(None),
        Value::Object(members) if members.is_empty() => as_it_is(None),
        Value::Object(members) if is_query => Ok((with_query(path, &flatten(&members)?), None)),
        _ if is_query => Err(format!(
            "a {method} has no body: its arguments are an object that goes into the query"
        )),
        Value::String(text) => as_it_is(Some((
            "text/plain; charset=utf-8".to_owned(),
            text.into_bytes(),
        ))),
        Value::Object(members) if is_form => as_it_is(Some((
            "application/x-www-form-urlencoded".to_owned(),
            flatten(&members)?.into_bytes(),
        ))),
        _ if is_form => Err("a form is made of an object, or is a text as it is sent".to_owned()),
        body => {
            let content = serde_json::to_vec(&body).map_err(|error| error.to_string())?;
            as_it_is(Some(("application/json".to_owned(), content)))
        }
    }
}

fn with_query(path: &str, query: &str) -> String {
    let mark = match path {
        _ if query.is_empty() => "",
        path if path.ends_with(['?', '&']) => "",
        path if path.contains('?') => "&",
        _ => "?",
    };
    format!("{path}{mark}{query}")
}

// Names and values; an array repeats its name, null is left out.
fn flatten(members: &Map<String, Value>) -> Result<String, String> {
    let mut pairs = Serializer::new(String::new());
    for (name, value) in members {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            if let Some(text) = flat_text(name, value)? {
                pairs.append_pair(name, &text);
            }
        }
    }
    Ok(pairs.finish())
}

fn flat_text(name: &str, value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Bool(_) | Value::Number(_) => Ok(Some(value.to_string())),
        Value::Array(_) | Value::Object(_) => Err(format!(
            "`{name}` is nested: a query or form holds texts, numbers, truth values and lists of them"
        )),
    }
}

#[cfg(test)]
mod tests {
    use micro_api::json;

    use super::*;

    type Encoded = (String, Option<(String, String)>);

    fn encoded(method: Method, path: &str, body: Value, is_form: bool) -> Result<Encoded, String> {
        let (target, content) = encode(method, path, body, is_form)?;
        let content = content.map(|(kind, content)| {
            let content = String::from_utf8(content).expect("it is text");
            (kind, content)
        });
        Ok((target, content))
    }

    #[test]
    fn get_and_head_have_a_query() {
        for (path, body, target) in [
            (
                "/a",
                json!({"b": 1, "c": true, "d": "x y&=é"}),
                "/a?b=1&c=true&d=x+y%26%3D%C3%A9",
            ),
            ("/a?b=c", json!({"d": 1.5}), "/a?b=c&d=1.5"),
            ("/a?", json!({"d": ["e", 2]}), "/a?d=e&d=2"),
            ("/a?b&", json!({"d": ""}), "/a?b&d="),
            ("/a", json!({"b": null, "c": []}), "/a"),
            ("/a", json!({}), "/a"),
            ("/a", json!(null), "/a"),
        ] {
            for method in [Method::Get, Method::Head] {
                let expected = Ok((target.to_owned(), None));
                assert_eq!(encoded(method, path, body.clone(), true), expected);
            }
        }
        for body in [
            json!({"a": {}}),
            json!({"a": [[]]}),
            json!([1]),
            json!("a"),
            json!(1),
        ] {
            assert!(
                encode(Method::Get, "/", body.clone(), false).is_err(),
                "{body}"
            );
        }
    }

    #[test]
    fn others_have_a_body() {
        const JSON: &str = "application/json";
        const FORM: &str = "application/x-www-form-urlencoded";
        const TEXT: &str = "text/plain; charset=utf-8";
        for (body, is_form, kind, content) in [
            (json!({"a": {"b": [1]}}), false, JSON, "{\"a\":{\"b\":[1]}}"),
            (json!([1, null]), false, JSON, "[1,null]"),
            (json!(false), false, JSON, "false"),
            (json!({"a": [1, "x y"], "b": null}), true, FORM, "a=1&a=x+y"),
            (json!("as it is"), false, TEXT, "as it is"),
            (json!("a=b"), true, TEXT, "a=b"),
        ] {
            for method in [Method::Post, Method::Delete] {
                let expected = Some((kind.to_owned(), content.to_owned()));
                let expected = Ok(("/a?b".to_owned(), expected));
                assert_eq!(encoded(method, "/a?b", body.clone(), is_form), expected);
            }
        }
        for body in [json!(null), json!({})] {
            let expected = Ok(("/".to_owned(), None));
            assert_eq!(encoded(Method::Post, "/", body, false), expected);
        }
        assert!(encode(Method::Post, "/", json!([1]), true).is_err());
        assert!(encode(Method::Post, "/", json!({"a": {}}), true).is_err());
    }
}
