//! Arguments of requests, from definition to value.

use std::rc::Rc;

use micro_api::host::{Argument, Context, Field, Parts, Span};
use micro_api::{Value, json};

use crate::config::{self, ArgumentType, Group};
use crate::router::Arguments;

/// The parts of a request with this target, media type and body.
fn parts(target: &str, media_type: Option<&str>, body: &str) -> Parts {
    let mut parts = Parts::new(Rc::new(Context::default()));
    parts.bytes.extend_from_slice(b"PUT ");
    let start = parts.bytes.len();
    parts.bytes.extend_from_slice(target.as_bytes());
    let end = parts.bytes.len();
    let path_end = target.find('?').map_or(end, |at| start + at);
    parts.path = Span::new(start, path_end);
    parts.query = Span::new((path_end + 1).min(end), end);
    if let Some(media_type) = media_type {
        let name = parts.bytes.len();
        parts.bytes.extend_from_slice(b"Content-TYPE");
        let value = parts.bytes.len();
        parts.bytes.extend_from_slice(media_type.as_bytes());
        let value = (value, parts.bytes.len());
        parts.headers.push(Field {
            name: Span::new(name, value.0),
            value: Span::new(value.0, value.1),
        });
    }
    let body_start = parts.bytes.len();
    parts.bytes.extend_from_slice(body.as_bytes());
    parts.body = Span::new(body_start, parts.bytes.len());
    parts
}

fn line(name: &str, argument_type: ArgumentType, is_required: bool) -> config::Content {
    config::Content {
        name: name.to_owned(),
        argument_type,
        is_required,
        default: None,
    }
}

fn fill_content(lines: &[config::Content], parts: &mut Parts) -> Result<Vec<Value>, String> {
    let arguments = Arguments::new(&[], lines, &|_| unreachable!("no functions here"));
    arguments
        .fill(parts, &[])
        .map_err(|error| error.to_string())?;
    Ok(parts
        .arguments
        .iter()
        .map(|argument| shown(argument, parts))
        .collect())
}

/// An argument as a value: text in quotes, what is absent as null.
fn shown(argument: &Argument, parts: &Parts) -> Value {
    argument.find(&parts.bytes).unwrap_or(Value::Null)
}

fn fill_groups(
    path: &str,
    types: &[ArgumentType],
    groups: &[Option<(usize, usize)>],
) -> Result<Vec<Argument>, String> {
    let group = |(at, argument_type): (usize, &ArgumentType)| Group {
        name: at.to_string(),
        argument_type: argument_type.clone(),
    };
    let declared: Vec<Group> = types.iter().enumerate().map(group).collect();
    let arguments = Arguments::new(&declared, &[], &|_| unreachable!("no functions here"));
    let mut parts = parts(path, None, "");
    arguments
        .fill(&mut parts, groups)
        .map_err(|error| error.to_string())?;
    assert_eq!(parts.names.iter().len(), types.len());
    Ok(parts.arguments)
}

#[test]
fn groups_become_arguments() {
    let types = [
        ArgumentType::Text,
        ArgumentType::Int,
        ArgumentType::Int,
        ArgumentType::Text,
    ];
    let groups = [Some((1, 3)), Some((4, 5)), None, Some((6, 12))];
    let arguments = fill_groups("/ab/7/%C3%A9", &types, &groups);
    let expected = vec![
        Argument::text(Span::new(5, 7)),
        Argument::value(json!(7)),
        Argument::ABSENT,
        Argument::value(json!("é")),
    ];
    assert_eq!(arguments, Ok(expected));
}

#[test]
fn groups_that_are_not_of_their_type() {
    let refused = |path: &str, argument_type| {
        fill_groups(path, &[argument_type], &[Some((1, path.len()))]).expect_err("refused")
    };
    assert_eq!(
        refused("/x", ArgumentType::Int),
        "400 invalid value for group 1 of the path: must be an int"
    );
    assert_eq!(
        refused("/%ff", ArgumentType::Text),
        "400 invalid value for group 1 of the path: must be UTF-8"
    );
    let types = [ArgumentType::Text, ArgumentType::Int];
    let groups = [Some((1, 3)), Some((4, 5))];
    assert_eq!(
        fill_groups("/ab/x", &types, &groups).expect_err("refused"),
        "400 invalid value for group 2 of the path: must be an int"
    );
    let named = Group {
        name: "id".to_owned(),
        argument_type: ArgumentType::Int,
    };
    let arguments = Arguments::new(&[named], &[], &|_| unreachable!("no functions here"));
    let error = arguments.fill(&mut parts("/x", None, ""), &[Some((1, 2))]);
    assert_eq!(
        error.expect_err("refused").to_string(),
        "400 invalid value for 'id': must be an int"
    );
}

#[test]
fn first_place_that_has_the_key_wins() {
    let lines = ["a", "b", "c"].map(|name| line(name, ArgumentType::Int, false));
    let mut json = parts(
        "/?a=2&b=2",
        Some("application/json; charset=utf-8"),
        r#" {"a": "1"}"#,
    );
    assert_eq!(
        fill_content(&lines, &mut json),
        Ok(vec![json!(1), json!(2), json!(null)])
    );
    let form = Some("application/x-www-form-urlencoded");
    let mut form = parts("/?b=2", form, "a=3&b=3");
    assert_eq!(
        fill_content(&lines, &mut form),
        Ok(vec![json!(3), json!(2), json!(null)])
    );
    let mut bare = parts("/", None, r#"{"c": 5}"#);
    assert_eq!(
        fill_content(&lines, &mut bare),
        Ok(vec![json!(null), json!(null), json!(5)])
    );
    let mut text = parts("/", Some("text/plain"), r#"{"c": 5}"#);
    assert_eq!(fill_content(&lines, &mut text), Ok(vec![json!(null); 3]));
}

#[test]
fn queries_are_decoded() {
    let lines = ["a b", "c", "d"].map(|name| line(name, ArgumentType::Text, false));
    let mut parts = parts("/?a+b=%C3%A9+x&c=plain&d&&=", None, "");
    let expected = vec![json!("é x"), json!("plain"), json!("")];
    assert_eq!(fill_content(&lines, &mut parts), Ok(expected));
    assert!(parts.arguments[1].is_text());
}

#[test]
fn repeated_keys_become_a_list() {
    let lines = [line("n", ArgumentType::Int, true)];
    let mut good = parts("/?n=1&m=0&n=2&n=3", None, "");
    assert_eq!(fill_content(&lines, &mut good), Ok(vec![json!([1, 2, 3])]));
    let mut bad = parts("/?n=1&n=x", None, "");
    let refused = "400 invalid value for 'n': must be an int".to_owned();
    assert_eq!(fill_content(&lines, &mut bad), Err(refused));
}

#[test]
fn missing_content() {
    let mut lines = [line("a", ArgumentType::Int, true)];
    let refused = Err("400 missing required content: 'a'".to_owned());
    for body in ["", "{}", r#"{"a": null}"#] {
        assert_eq!(fill_content(&lines, &mut parts("/", None, body)), refused);
    }
    lines[0].default = Some(json!(7));
    assert_eq!(
        fill_content(&lines, &mut parts("/", None, "{}")),
        Ok(vec![json!(7)])
    );
}

#[test]
fn missing_content_beside_a_body_that_is_not_looked_into() {
    let mut lines = [line("a", ArgumentType::Text, true)];
    let sent = |lines: &[config::Content], target, media_type, body| {
        fill_content(lines, &mut parts(target, Some(media_type), body))
    };
    let cases = [
        ("text/xml; charset=utf-8", "text/xml"),
        ("multipart/form-data; boundary=b", "multipart/form-data"),
        ("application/octet-stream", "application/octet-stream"),
        ("caf\u{e9}", r"caf\xc3\xa9"),
    ];
    for (media_type, essence) in cases {
        let refused = format!("415 the body is neither JSON nor a form, but {essence}");
        assert_eq!(sent(&lines, "/", media_type, "a=1"), Err(refused));
    }
    let missing = Err("400 missing required content: 'a'".to_owned());
    assert_eq!(sent(&lines, "/", "text/xml", ""), missing, "no body");
    assert_eq!(sent(&lines, "/", "", "a=1"), missing, "no media type");
    let found = Ok(vec![json!("1")]);
    assert_eq!(sent(&lines, "/?a=1", "text/xml", "<a/>"), found);
    lines[0].is_required = false;
    assert_eq!(sent(&lines, "/", "text/xml", "<a/>"), Ok(vec![json!(null)]));
}

#[test]
fn bodies_that_are_no_objects() {
    let lines = [line("a", ArgumentType::Int, false)];
    let refused = |body| {
        fill_content(&lines, &mut parts("/", Some("application/json"), body)).expect_err(body)
    };
    assert_eq!(
        refused(r#"{"a": 1"#),
        "400 the body is not JSON: EOF while parsing an object at line 1 column 7",
    );
    assert_eq!(refused("[1]"), "400 the body must be a JSON object");
    assert_eq!(
        fill_content(&lines, &mut parts("/", Some("application/json"), "")),
        Ok(vec![json!(null)])
    );
    assert_eq!(
        fill_content(&[], &mut parts("/", Some("application/json"), "{")),
        Ok(vec![])
    );
}
