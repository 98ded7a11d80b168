use std::collections::BTreeSet;

use fancy_regex::Regex;
use micro_api::testing;
use micro_api::{Config, Request, Value, serde_json};
use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;

use super::OPENAPI;
use crate::backend;
use crate::domain::Domain;
use crate::precondition::Precondition;
use crate::settings::Settings;
use crate::tenant::Tenant;
use crate::verdict::Verdict;

fn document() -> Value {
    serde_json::from_str(OPENAPI).expect("it is JSON")
}

fn schema(name: &str) -> Value {
    document()["components"]["schemas"][name].clone()
}

/// What a schema of texts says, as JSON Schema means it.
struct Texts {
    pattern: Regex,
    length_max: u64,
}

impl Texts {
    fn of(name: &str) -> Texts {
        let schema = schema(name);
        let pattern = schema["pattern"].as_str().expect("it has a pattern");
        Texts {
            pattern: Regex::new(pattern).expect("it is a pattern"),
            length_max: schema["maxLength"].as_u64().unwrap_or(u64::MAX),
        }
    }

    fn have(&self, text: &str) -> bool {
        let length = text.chars().count() as u64;
        length <= self.length_max && self.pattern.is_match(text).expect("it is decided")
    }
}

/// Calls with each reference and where it leads to.
fn each_reference(value: &Value, call: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get("$ref") {
                call(target);
            }
            fields
                .values()
                .for_each(|value| each_reference(value, call));
        }
        Value::Array(values) => values.iter().for_each(|value| each_reference(value, call)),
        _ => {}
    }
}

#[test]
fn each_reference_leads_somewhere() {
    let (document, mut count) = (document(), 0);
    each_reference(&document, &mut |target| {
        count += 1;
        let pointer = target.strip_prefix('#').expect("it is within");
        assert!(document.pointer(pointer).is_some(), "{target}");
    });
    assert!(count > 100, "{count}");
}

#[test]
fn each_component_is_referred_to() {
    let document = document();
    let mut targets = Vec::new();
    each_reference(&document, &mut |target| targets.push(target.to_owned()));
    let components = document["components"].as_object().expect("there are some");
    for (kind, names) in components {
        let names = names.as_object().expect("they have names").keys();
        // Those are referred to by their names.
        for name in names.filter(|_| kind != "securitySchemes") {
            let target = format!("#/components/{kind}/{name}");
            assert!(targets.contains(&target), "{target}");
        }
    }
}

/// What is served, each as `GET /path`.
fn served() -> BTreeSet<String> {
    let definition = include_str!("../../../../micro/routing.micro");
    let (mut path, mut served) = (String::new(), BTreeSet::new());
    for line in definition.lines() {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["ROUTE", pattern, ..] => path = pattern.trim_end_matches('$').replace('\\', ""),
            [method @ ("GET" | "PUT" | "POST" | "DELETE"), ..] => {
                served.insert(format!("{method} {path}"));
            }
            _ => {}
        }
    }
    served
}

#[test]
fn what_is_served_is_described_and_nothing_else() {
    let document = document();
    let paths = document["paths"].as_object().expect("there are some");
    let methods = |(path, item): (&String, &Value)| {
        let names = item.as_object().expect("it has methods").keys();
        let methods = names.filter(|name| *name != "parameters");
        let described = methods.map(|method| format!("{} {path}", method.to_uppercase()));
        described.collect::<Vec<_>>()
    };
    let described: BTreeSet<String> = paths.iter().flat_map(methods).collect();
    assert_eq!(described, served());
}

#[test]
fn the_limits_are_the_defaults() {
    let config = Config::new([("routing.admin_token", "0123456789abcdef")]);
    let settings = Settings::read(&config).expect("the rest has defaults");
    let (document, limits) = (document(), settings.limits);
    let number = |pointer: &str| document.pointer(pointer).and_then(Value::as_u64);
    let schemas = "/components/schemas";
    let backends_max = number(&format!("{schemas}/Backends/maxItems"));
    assert_eq!(backends_max, Some(limits.backends_max as u64));
    let bytes_max = number(&format!("{schemas}/Backend/maxLength"));
    assert_eq!(bytes_max, Some(limits.backend_bytes_max as u64));
    let limit = "/components/parameters/limit/schema";
    let (page, page_max) = (Some(settings.page), Some(settings.page_max));
    assert_eq!(number(&format!("{limit}/default")), page);
    assert_eq!(number(&format!("{limit}/maximum")), page_max);
    assert_eq!(
        number(&format!("{schemas}/Listing/properties/limit/maximum")),
        page_max
    );
    assert_eq!(
        number(&format!("{schemas}/Listing/properties/routes/maxItems")),
        page_max
    );
}

#[test]
fn the_challenge_is_the_one_that_is_sent() {
    let refuse = |_: Request| Verdict::Missing.admit().expect_err("it is refused");
    let answer = testing::get("/").call(refuse);
    let document = document();
    let said = document["components"]["headers"]["Challenge"]["schema"]["const"].as_str();
    assert_eq!(answer.header("WWW-Authenticate"), said);
}

#[track_caller]
fn assert_agreement(name: &str, text: &str, is_read: bool) {
    assert_eq!(Texts::of(name).have(text), is_read, "{name}: {text:?}");
}

#[test]
fn domains_at_the_limits() {
    let name = |length: usize| format!("{:a<length$}", "a.".repeat(100));
    for (text, is_read) in [
        (name(252), true),
        (name(253), true),
        (name(254), false),
        ("a".repeat(63), true),
        ("a".repeat(64), false),
        (format!("{}.b", "a".repeat(64)), false),
        ("1".repeat(63), false),
        (format!("{}a", "1".repeat(62)), true),
        (format!("{}a", "1".repeat(63)), false),
    ] {
        assert_eq!(Domain::parse(&text).is_ok(), is_read, "{text}");
        assert_agreement("Domain", &text, is_read);
    }
}

#[test]
fn tenants_at_the_limits() {
    for text in [
        "",
        ".",
        "..",
        "...",
        &"a".repeat(63),
        &"a".repeat(64),
        &"a".repeat(65),
    ] {
        assert_agreement("Tenant", text, Tenant::parse(text).is_ok());
    }
}

const URL_BYTES_MAX: usize = 2048;

#[test]
fn backends_at_the_limits() {
    let of_label = |length: usize| format!("http://{:a<length$}:80", "");
    let of_length = |length: usize| format!("{:a<length$}", "http://h:80/");
    let mut urls: Vec<String> = [62, 63, 64].map(of_label).into();
    urls.extend([2047, 2048, 2049].map(of_length));
    let ports = [
        0, 1, 9, 10, 9999, 10000, 59999, 60000, 64999, 65000, 65499, 65500, 65529, 65530,
    ];
    urls.extend(ports.map(|port| format!("http://h:{port}")));
    let ports = [65535, 65536, 65540, 65600, 66000, 70000, 100_000];
    urls.extend(ports.map(|port| format!("http://h:{port}")));
    let numbers = [0, 9, 10, 99, 100, 199, 200, 249, 250, 255, 256, 260, 300];
    urls.extend(numbers.map(|number| format!("http://1.2.3.{number}:80")));
    for url in urls {
        assert_agreement("Backend", &url, backend::check(&url, URL_BYTES_MAX).is_ok());
    }
}

/// Domains, and what is nearly one; but nothing that only IDNA can tell.
fn domain() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "[aA0*._:-]{0,9}",
        "(\\*\\.)?([a-cA-C0-3-]{1,4}\\.){0,3}[a-z0-9]{1,3}\\.?",
    ]
}

fn url() -> impl Strategy<Value = String> {
    let host = "[a1_.-]{0,5}|([0-9]{1,3}\\.){3}[0-9]{1,3}|\\[[0-9a-f:]{0,9}\\]|\
                \\[(0:){0,8}:{0,2}(1:){0,8}(2|0\\.0\\.0\\.0)?\\]";
    let with_path = format!("https?://({host})(:[0-9]{{0,5}})?(/[a%2-4?#~\"@:/]{{0,6}})?");
    let without = format!("https?://({host}):80");
    let texts = |pattern: &str| string_regex(pattern).expect("it is a pattern");
    prop_oneof!["[ -~]{0,20}", texts(&with_path), texts(&without)]
}

#[track_caller]
fn assert_same(name: &str, texts: impl Strategy<Value = String>, is_read: fn(&str) -> bool) {
    let said = Texts::of(name);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(3000));
    let agree = |text: String| {
        prop_assert_eq!(said.have(&text), is_read(&text));
        Ok(())
    };
    if let Err(error) = runner.run(&texts, agree) {
        panic!("{name}: {error}");
    }
}

#[test]
fn domains_are_those_that_are_read() {
    assert_same("Domain", domain(), |text| Domain::parse(text).is_ok());
}

#[test]
fn answers_have_domains_as_they_are_stored() {
    let is_stored = |text: &str| Domain::parse(text).is_ok_and(|domain| domain.as_str() == text);
    assert_same("StoredDomain", domain(), is_stored);
}

#[test]
fn backends_are_those_that_are_read() {
    assert_same("Backend", url(), |url| {
        backend::check(url, URL_BYTES_MAX).is_ok()
    });
}

#[test]
fn tenants_are_those_that_are_read() {
    let texts = string_regex("[ -~]{0,4}|[a.-]{0,4}").expect("it is a pattern");
    assert_same("Tenant", texts, |text| Tenant::parse(text).is_ok());
}

#[test]
fn entity_tags_are_those_that_are_read() {
    let texts = string_regex("[W/\", a]{0,12}|(W?/?\"[!-~]{0,2}\" ?,? ?){0,3}");
    // Blanks around a value are none of it (RFC 9112 section 5.1).
    let texts = texts
        .expect("it is a pattern")
        .prop_map(|text| text.trim().to_owned());
    assert_same("TagList", texts, |text| {
        let request = testing::get("/").header("If-Match", text);
        Precondition::of(&request.build()).is_ok()
    });
}
