//! Tests of calls and their arguments.

use std::time::Duration;

use micro_api::{Method, json};

use super::*;
use crate::config::Place;

fn optional(name: &str, default: Option<&str>, kind: ValueKind) -> OptionalArgument {
    OptionalArgument {
        name: name.to_owned(),
        default: default.map(str::to_owned),
        setting: None,
        kind,
        is_marked_secret: false,
    }
}

fn resource(path: &str, path_arguments: &[&str], required: &[&str]) -> Resource {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Resource {
        name: "create".to_owned(),
        path: path.to_owned(),
        path_arguments: owned(path_arguments),
        method: Method::Post,
        is_json: true,
        is_form: false,
        is_verbose: false,
        is_traced: false,
        timeout: Duration::ZERO,
        deadline: Duration::ZERO,
        wrapper: None,
        setup: None,
        headers: Vec::new(),
        required: owned(required),
        optional: vec![optional("limit", Some("10"), ValueKind::Int)],
        place: Place {
            file: "a.micro".into(),
            line: 1,
        },
    }
}

fn call(resource: &Resource, arguments: Value, named: Value) -> Result<(String, Value), String> {
    let arguments = arguments.as_array().expect("a list").clone();
    let named = named.as_object().expect("an object").clone();
    let prepared = prepare("docker", resource, &arguments, &named)?;
    Ok((prepared.path, prepared.body))
}

#[test]
fn arguments_find_their_places() {
    let create = resource("/c/{id}/x", &["id"], &["image"]);
    for (arguments, named, path, body) in [
        (
            json!(["a", "b"]),
            json!({}),
            "/c/a/x",
            json!({"image": "b", "limit": 10}),
        ),
        (
            json!([7]),
            json!({"image": [1]}),
            "/c/7/x",
            json!({"image": [1], "limit": 10}),
        ),
        (
            json!([]),
            json!({"limit": null, "image": null, "id": true}),
            "/c/true/x",
            json!({"image": null, "limit": null}),
        ),
    ] {
        assert_eq!(call(&create, arguments, named), Ok((path.to_owned(), body)));
    }
}

#[test]
fn other_arguments_are_refused() {
    let create = resource("/c/{id}", &["id"], &["image"]);
    let signature = "docker.create(id, image, [limit=10])";
    for (arguments, named, sentence) in [
        (json!(["a"]), json!({}), "`SIG` takes 2 arguments, found 1"),
        (
            json!(["a", "b", 1]),
            json!({}),
            "`SIG` takes 2 arguments, found 3",
        ),
        (
            json!([]),
            json!({"image": 1}),
            "`SIG` takes 2 arguments, found 1",
        ),
        (
            json!([]),
            json!({"limit": 1}),
            "`SIG` takes 2 arguments, found 0",
        ),
        (
            json!(["a"]),
            json!({"imge": 1}),
            "`SIG` has no argument `imge`: did you mean `image`?",
        ),
        (
            json!(["a"]),
            json!({"id": 1}),
            "argument `id` of `SIG` is given twice",
        ),
        (
            json!([null, 1]),
            json!({}),
            "argument `id` of `SIG` is null, expected a text, a number or a truth value for the path",
        ),
    ] {
        let expected = sentence.replace("SIG", signature);
        assert_eq!(call(&create, arguments, named), Err(expected));
    }
    let one = resource("/{id}", &["id"], &[]);
    let found = call(&one, json!([]), json!({}));
    let expected = "`docker.create(id, [limit=10])` takes 1 argument, found 0";
    assert_eq!(found, Err(expected.to_owned()));
}

#[test]
fn a_value_cannot_change_the_path() {
    let one = resource("/a/{id}/b?c={id}&d", &["id"], &[]);
    for (value, path) in [
        ("x", "/a/x/b?c=x&d"),
        ("etc/x\\..y", "/a/etc%2Fx%5C..y/b?c=etc%2Fx%5C..y&d"),
        (
            "x?y#z%2F&=",
            "/a/x%3Fy%23z%252F%26%3D/b?c=x%3Fy%23z%252F%26%3D&d",
        ),
        ("é \r\n", "/a/%C3%A9%20%0D%0A/b?c=%C3%A9%20%0D%0A&d"),
        ("...", "/a/.../b?c=...&d"),
        ("{id}", "/a/%7Bid%7D/b?c=%7Bid%7D&d"),
    ] {
        let found = call(&one, json!([value]), json!({})).expect(value);
        assert_eq!(found.0, path, "{value}");
    }
    for value in [
        json!(""),
        json!("."),
        json!(".."),
        json!("../../etc"),
        json!("x/.."),
        json!("x/./y"),
        json!("x\\..\\y"),
        json!([]),
        json!({}),
        json!(null),
    ] {
        assert!(call(&one, json!([value]), json!({})).is_err(), "{value}");
    }
    let two = resource("/{a}{b}", &["a", "b"], &[]);
    assert!(call(&two, json!([".", "."]), json!({})).is_err());
    assert!(call(&two, json!(["x/.", "."]), json!({})).is_err());
    assert!(call(&two, json!(["x", "."]), json!({})).is_ok());
    let half = resource("/%2e{a}", &["a"], &[]);
    assert!(call(&half, json!(["."]), json!({})).is_err());
    let query = resource("/?a={a}", &["a"], &[]);
    assert_eq!(
        call(&query, json!([""]), json!({})).map(|found| found.0),
        Ok("/?a=".to_owned())
    );
    let own = resource("/é x/../{a}", &["a"], &[]);
    assert_eq!(
        call(&own, json!(["y"]), json!({})).map(|found| found.0),
        Ok("/%C3%A9%20x/../y".to_owned())
    );
}

#[test]
fn a_secret_in_the_path_is_not_shown() {
    let bot = resource("/bot{token}/{id}?token={token}", &["token", "id"], &[]);
    let (arguments, named) = ([json!("1/2"), json!("1/2")], Map::new());
    let prepared = prepare("bot", &bot, &arguments, &named).expect("these are its arguments");
    assert_eq!(prepared.path, "/bot1%2F2/1%2F2?token=1%2F2");
    let shown = prepared.shown_path.as_deref();
    assert_eq!(shown, Some("/bot***/1%2F2?token=***"));
    let plain = resource("/{id}", &["id"], &[]);
    let prepared = prepare("bot", &plain, &arguments[..1], &named);
    let prepared = prepared.expect("these are its arguments");
    assert_eq!(prepared.shown_path, None);
}

#[test]
fn values_of_secrets_are_known_wherever_they_stand() {
    let mut login = resource("/{token}", &["token"], &["password", "user"]);
    login.optional = vec![
        optional("secret", Some("by default"), ValueKind::Text),
        optional("cookie", None, ValueKind::Text),
        optional("page", Some("1"), ValueKind::Text),
    ];
    let (arguments, named) = (
        [json!("in the path"), json!(123456), json!("me")],
        Map::new(),
    );
    let prepared = prepare("c", &login, &arguments, &named).expect("these are its arguments");
    let values = ["in the path", "123456", "by default"];
    assert_eq!(prepared.secrets.values, values);
    assert!(prepared.secrets.names.is_empty());
}

#[test]
fn defaults_have_their_kind() {
    let mut all = resource("/", &[], &[]);
    all.optional = vec![
        optional("int", Some("-3"), ValueKind::Int),
        optional("float", Some("0.5"), ValueKind::Float),
        optional("bool", Some("true"), ValueKind::Bool),
        optional("text", Some("3"), ValueKind::Text),
        optional("duration", Some("30s"), ValueKind::Duration),
        optional("none", None, ValueKind::Int),
    ];
    let expected = json!({"int": -3, "float": 0.5, "bool": true, "text": "3", "duration": "30s"});
    assert_eq!(
        call(&all, json!([]), json!({})),
        Ok(("/".to_owned(), expected))
    );
    all.optional = vec![optional("none", None, ValueKind::Text)];
    assert_eq!(
        call(&all, json!([]), json!({})),
        Ok(("/".to_owned(), Value::Null))
    );
    all.optional = vec![optional("int", Some("many"), ValueKind::Int)];
    let sentence = "argument `int` of `docker.create([int=many])` has a default that is not a \
                    whole number such as `42`";
    assert_eq!(call(&all, json!([]), json!({})), Err(sentence.to_owned()));
}

proptest::proptest! {
    #[test]
    fn any_text_stays_one_segment(text in "\\PC{1,20}|[./%?#]{1,4}") {
        let one = resource("/a/{id}/b", &["id"], &[]);
        if let Ok((path, _)) = call(&one, json!([text]), json!({})) {
            let segments: Vec<&str> = path.split('/').collect();
            proptest::prop_assert_eq!(segments.len(), 4);
            proptest::prop_assert!(!path.contains(['?', '#']));
            let decoded = percent_encoding::percent_decode_str(segments[2]).decode_utf8_lossy();
            proptest::prop_assert_eq!(decoded, text);
        } else {
            let mut parts = text.split(['/', '\\']);
            proptest::prop_assert!(parts.any(|part| part == "." || part == ".."));
        }
    }
}
