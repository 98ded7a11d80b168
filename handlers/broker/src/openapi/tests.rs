use std::collections::BTreeSet;

use fancy_regex::Regex;
use micro_api::testing::{self, Answer};
use micro_api::{Config, Reply, Request, Value, serde_json};
use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;

use super::OPENAPI;
use crate::door::refuse;
use crate::name::{Name, parse_address, parse_host};
use crate::payload::{BindApp, BindUnit, Caller, Create, PayloadLimits, Update};
use crate::problem::Problem;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn document() -> Value {
    serde_json::from_str(OPENAPI).expect("it is JSON")
}

fn schema(name: &str) -> Value {
    document()["components"]["schemas"][name].clone()
}

fn limits() -> PayloadLimits {
    PayloadLimits::read(&Config::default()).expect("all of them have defaults")
}

/// What a schema of texts says, as JSON Schema means it.
struct Texts {
    pattern: Regex,
    lengths: std::ops::RangeInclusive<u64>,
}

impl Texts {
    fn of(name: &str) -> Texts {
        let schema = schema(name);
        let pattern = schema["pattern"].as_str().expect("it has a pattern");
        let least = schema["minLength"].as_u64().unwrap_or(0);
        Texts {
            pattern: Regex::new(pattern).expect("it is a pattern"),
            lengths: least..=schema["maxLength"].as_u64().expect("it has an end"),
        }
    }

    fn have(&self, text: &str) -> bool {
        let length = text.chars().count() as u64;
        self.lengths.contains(&length) && self.pattern.is_match(text).expect("it is decided")
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

/// What is served, each as `GET /path`, and whether it wants the login.
fn served() -> BTreeSet<(String, bool)> {
    let definition = include_str!("../../../../micro/broker.micro");
    let (mut path, mut served) = (String::new(), BTreeSet::new());
    for line in definition.lines() {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["ROUTE", pattern, ..] => {
                let pattern = pattern.trim_end_matches('$');
                path = pattern.trim_end_matches("/?").replace('\\', "");
            }
            [method @ ("GET" | "PUT" | "POST" | "DELETE"), ..] => {
                served.insert((format!("{method} {path}"), line.contains("wrap=login")));
            }
            _ => {}
        }
    }
    served
}

/// Each operation: what it is called as in [`served`], and the operation.
fn operations() -> Vec<(String, Value)> {
    let document = document();
    let paths = document["paths"].as_object().expect("there are some");
    let methods = |(path, item): (&String, &Value)| {
        let methods = item.as_object().expect("it has methods").iter();
        let methods = methods.filter(|(name, _)| *name != "parameters");
        let named = methods.map(|(method, operation)| {
            let name = format!("{} {path}", method.to_uppercase());
            (name, operation.clone())
        });
        named.collect::<Vec<_>>()
    };
    paths.iter().flat_map(methods).collect()
}

#[test]
fn what_is_served_is_described_and_nothing_else() {
    let is_open = |operation: &Value| operation["security"] == micro_api::json!([]);
    let described = operations().into_iter();
    let described = described.map(|(name, operation)| (name, !is_open(&operation)));
    assert_eq!(described.collect::<BTreeSet<_>>(), served());
}

#[test]
fn what_wants_the_login_says_that_it_may_be_refused() {
    for (name, operation) in operations() {
        let is_open = operation["security"] == micro_api::json!([]);
        let answers = operation["responses"].as_object().expect("there are some");
        assert_eq!(answers.contains_key("401"), !is_open, "{name}");
    }
}

#[test]
fn what_is_read_may_come_as_a_form_and_as_json() {
    for (name, operation) in operations() {
        let answers = operation["responses"].as_object().expect("there are some");
        let content = operation["requestBody"]["content"].as_object();
        for status in ["413", "415"] {
            assert_eq!(answers.contains_key(status), content.is_some(), "{name}");
        }
        if let Some(content) = content {
            let types: Vec<&String> = content.keys().collect();
            assert_eq!(types, [FORM, JSON], "{name}");
        }
    }
}

/// What an example says, as it is sent.
fn send(media_type: &str, example: &Value) -> Request {
    let content = match media_type {
        JSON => example.to_string(),
        _ => {
            let fields = example.as_object().expect("it has fields").iter();
            let pair = |(name, value): (&String, &Value)| {
                let value = value.as_str().or(value[0].as_str());
                format!("{name}={}", value.expect("it is text or texts"))
            };
            fields.map(pair).collect::<Vec<_>>().join("&")
        }
    };
    let request = testing::post("/").header("content-type", media_type);
    request.body(content).arg("job", "nightly").build()
}

#[test]
fn the_examples_are_read() {
    let mut count = 0;
    for (name, operation) in operations() {
        let id = operation["operationId"].as_str().expect("it has one");
        let content = operation["requestBody"]["content"].as_object();
        for (media_type, content) in content.into_iter().flatten() {
            let Some(example) = content.get("example") else {
                continue;
            };
            count += 1;
            let (request, limits) = (send(media_type, example), limits());
            let read = match id {
                "create" => Create::read(&request, &limits).map(drop),
                "update" => Update::read(&request, &limits).map(drop),
                "bindUnit" => BindUnit::read(&request, &limits).map(drop),
                "bindJob" => Caller::read(&request, &limits).map(drop),
                _ => BindApp::read(&request, &limits).map(drop),
            };
            assert_eq!(read, Ok(()), "{name}");
        }
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn the_limits_are_the_defaults() {
    let (document, limits) = (document(), limits());
    let number = |pointer: &str| {
        let pointer = format!("/components/schemas/{pointer}");
        document.pointer(&pointer).and_then(Value::as_u64)
    };
    let (name, text) = (limits.name_bytes_max as u64, limits.text_bytes_max as u64);
    for schema in ["Name", "InstanceName", "OptionalName"] {
        assert_eq!(number(&format!("{schema}/maxLength")), Some(name));
    }
    for schema in ["Text", "TextOrNull"] {
        assert_eq!(number(&format!("{schema}/maxLength")), Some(text));
    }
    for schema in [
        "TextsOrNull",
        "AddressesOrNull",
        "Texts/anyOf/1",
        "Addresses/anyOf/1",
    ] {
        let most = number(&format!("{schema}/maxItems"));
        assert_eq!(most, Some(limits.items_max as u64), "{schema}");
    }
    for name in ["Parameter", "Parameters"] {
        let schema = schema(name);
        let said = schema["description"].as_str().expect("it says so");
        assert!(said.contains(&format!("{} ", limits.parameters_max)));
        assert!(said.contains(&format!("{} in one another", limits.parameter_depth_max)));
    }
}

fn answer(reply: impl Fn() -> Reply + 'static) -> Answer {
    testing::get("/").call(move |_: Request| reply())
}

#[test]
fn a_problem_has_the_fields_that_are_described() {
    let answer = answer(|| Reply::from(Problem::new(400, "no").about("name")));
    let sent = answer.json();
    let fields: BTreeSet<&String> = sent.as_object().expect("it has fields").keys().collect();
    let schema = schema("Problem");
    let described = schema["properties"].as_object().expect("it has fields");
    assert_eq!(fields, described.keys().collect());
}

#[test]
fn the_challenge_is_the_one_that_is_sent() {
    let answer = answer(|| refuse("no"));
    let document = document();
    let said = document["components"]["headers"]["Challenge"]["schema"]["const"].as_str();
    assert_eq!(answer.header("WWW-Authenticate"), said);
}

#[track_caller]
fn assert_same(name: &str, pattern: &str, is_read: fn(&str) -> bool) {
    let said = Texts::of(name);
    let texts = string_regex(pattern).expect("it is a pattern");
    let mut runner = TestRunner::new(ProptestConfig::with_cases(3000));
    let agree = |text: String| {
        prop_assert_eq!(said.have(&text), is_read(&text));
        Ok(())
    };
    if let Err(error) = runner.run(&texts, agree) {
        panic!("{name}: {error}");
    }
    let lengths = [0, 1, 2, 99, 100, 101, 254, 255, 256];
    let long = lengths.map(|length| "a".repeat(length));
    for text in [
        ".", "..", "...", "plans", "plan", "plansx", "Plans", "a\n", "ä",
    ]
    .into_iter()
    .chain(long.iter().map(String::as_str))
    {
        assert_eq!(said.have(text), is_read(text), "{name}: `{text}`");
    }
}

#[test]
fn names_are_those_that_are_read() {
    let texts = "[ -~]{0,6}|[a-z0-9._-]{0,6}";
    assert_same("Name", texts, |text| Name::parse("app", text, 100).is_ok());
    assert_same("OptionalName", texts, |text| {
        text.is_empty() || Name::parse("app", text, 100).is_ok()
    });
    assert_same("InstanceName", "[ -~]{0,6}|p?lans?", |text| {
        Name::parse_instance(text, 100).is_ok()
    });
}

#[test]
fn hosts_are_those_that_are_read() {
    let texts = "[ -~]{0,6}|[a./:]{0,4}";
    assert_same("Host", texts, |text| parse_host(text).is_ok());
    assert_same("OptionalHost", texts, |text| {
        text.is_empty() || parse_host(text).is_ok()
    });
    assert_same("Address", texts, |text| parse_address(text).is_ok());
    assert_same("OptionalAddress", texts, |text| {
        text.is_empty() || parse_address(text).is_ok()
    });
}
