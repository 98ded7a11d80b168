use micro_api::{Value, json};
use proptest::prelude::*;

use super::Wanted;
use crate::backends::Limits;

const LIMITS: Limits = Limits {
    backends_max: 3,
    backend_bytes_max: 30,
};

fn read(json: &str) -> Result<(Option<String>, Vec<String>), String> {
    let wanted = Wanted::read(json.as_bytes(), LIMITS);
    wanted
        .map(|wanted| {
            let domain = wanted.domain.map(|domain| domain.as_str().to_owned());
            (domain, wanted.backends.as_slice().to_vec())
        })
        .map_err(|malformed| malformed.to_string())
}

#[track_caller]
fn refusal(json: &str) -> String {
    read(json).expect_err(json)
}

/// The refusal of these backends.
#[track_caller]
fn refusal_of(backends: Value) -> String {
    refusal(&json!({"domain": "a.b", "backends": backends}).to_string())
}

#[test]
fn a_mapping() {
    let json = r#"{"backends": ["http://b:1/", "http://a:1"], "domain": "Bücher.EXAMPLE."}"#;
    let backends = vec!["http://b:1/".to_owned(), "http://a:1".to_owned()];
    let domain = Some("xn--bcher-kva.example".to_owned());
    assert_eq!(read(json), Ok((domain, backends)));
}

#[test]
fn backends_stay_as_they_were_sent() {
    let urls = ["http://A:1", "http://a:1", "http://a:1/", "http://a:1//%7e"];
    for url in urls {
        let json = json!({"backends": [url]}).to_string();
        assert_eq!(read(&json), Ok((None, vec![url.to_owned()])));
    }
    // An escape of JSON is none of the URL.
    let json = r#"{"backends": ["http:\/\/a:1\u002f"]}"#;
    assert_eq!(read(json), Ok((None, vec!["http://a:1/".to_owned()])));
}

#[test]
fn the_domain_may_be_missing_where_the_path_has_one() {
    let json = br#"{"backends": ["http://a:1"]}"#;
    let wanted = Wanted::read(json, LIMITS).expect("it is a mapping");
    assert_eq!(wanted.domain, None);
    assert_eq!(
        wanted
            .expect_domain()
            .expect_err("it is missing")
            .to_string(),
        "there is no field `domain`: expected a name such as `example.org`"
    );
}

#[test]
fn refusals_say_what_was_found_and_what_was_expected() {
    let cases = [
        (
            r#"["http://a:1"]"#,
            "the content is an array: expected a JSON object with `domain` and `backends`",
        ),
        (
            r#"{"domain": "a.b"}"#,
            "there is no field `backends`: expected an array of URLs",
        ),
        (
            r#"{"domain": "a.b", "backend": ["http://a:1"]}"#,
            "there is a field `backend`: expected `domain` and `backends`",
        ),
        (
            r#"{"domain": "a.b", "domain": "a.b", "backends": ["http://a:1"]}"#,
            "there is a second field `domain`: expected one",
        ),
        (
            r#"{"domain": null, "backends": ["http://a:1"]}"#,
            "`domain` is null: expected a string",
        ),
        (
            r#"{"domain": "a.b:80", "backends": ["http://a:1"]}"#,
            "`domain`: the domain `a.b:80` has a port: expected it without the port, `a.b`",
        ),
    ];
    for (json, message) in cases {
        assert_eq!(refusal(json), message);
    }
}

#[test]
fn refusals_of_backends_say_which() {
    let cases = [
        (
            json!("http://a:1"),
            "`backends` is a string: expected an array of 1 to 3 URLs",
        ),
        (
            json!({"0": "http://a:1"}),
            "`backends` is an object: expected an array of 1 to 3 URLs",
        ),
        (
            json!(["http://a:1", 80]),
            "`backends[1]` is a number: expected a string",
        ),
        (
            json!(["http://a:1", "http://b:1", "b:2"]),
            "`backends[2]`: the backend `b:2` has no scheme: expected a URL such as \
             `http://10.0.0.1:8080`",
        ),
        (
            json!(["http://a:1", "http://b:1", "http://a:1"]),
            "`backends[2]` is the same as `backends[0]`: expected each once",
        ),
        (
            json!(["http://a:1/aaaaaaaaaaaaaaaaaaaa"]),
            "`backends[0]`: the backend `http://a:1/aaaaaaaaaaaaaaaaaaaa` is 31 bytes long: \
             expected at most 30",
        ),
    ];
    for (backends, message) in cases {
        assert_eq!(refusal_of(backends), message);
    }
}

#[test]
fn a_mapping_has_1_to_so_many_backends() {
    let urls = |count: usize| (0..count).map(|n| format!("http://h{n}:1")).collect();
    for count in [1, 2, 3] {
        let urls: Vec<String> = urls(count);
        let json = json!({ "backends": urls }).to_string();
        assert_eq!(read(&json), Ok((None, urls)));
    }
    for count in [0, 4, 1000] {
        let urls: Vec<String> = urls(count);
        let message = format!("`backends` has {count} URLs: expected 1 to 3");
        assert_eq!(refusal_of(json!(urls)), message);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(json in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        r#"\{"(domain|backends|x)": ?("[a-z.*]{0,5}"|\["http://[a-z]{0,2}:[0-9]{0,2}"\]|null|1)\}?"#
            .prop_map(String::into_bytes),
    ]) {
        if let Ok(wanted) = Wanted::read(&json, LIMITS) {
            prop_assert!((1..=3).contains(&wanted.backends.as_slice().len()));
        }
    }
}
