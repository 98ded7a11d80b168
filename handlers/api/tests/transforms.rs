//! Transforms: the shapes of functions, what they get and what they give.

use std::time::Duration;

use micro_api::host::{AnyModule, Body, Kind, ReplyParts, contain};
use micro_api::serde::Deserialize;
use micro_api::testing::Opened;
use micro_api::{
    CallError, CallErrorKind, Config, Error, Json, LocalModule, Module, Outgoing, Reply, Value,
    json, sleep,
};

struct Host(&'static str);

fn open(_: &Config) -> Result<Host, Error> {
    Ok(Host("localhost"))
}

#[derive(Deserialize)]
#[serde(crate = "micro_api::serde")]
struct Point {
    x: i64,
}

fn nothing() -> &'static str {
    "nothing"
}

async fn nothing_async() -> String {
    sleep(Duration::from_secs(1)).await;
    "nothing".to_owned()
}

fn state(host: &Host) -> &'static str {
    host.0
}

async fn state_async(host: &Host) -> String {
    sleep(Duration::from_secs(1)).await;
    host.0.to_owned()
}

fn value(point: Point) -> Json<i64> {
    Json(point.x)
}

async fn value_async(point: Point) -> Result<Value, Error> {
    sleep(Duration::from_secs(1)).await;
    Ok(json!([point.x]))
}

fn both(host: &Host, point: Point) -> String {
    format!("{} {}", host.0, point.x)
}

async fn both_async(host: &Host, point: Option<Point>) -> String {
    sleep(Duration::from_secs(1)).await;
    format!("{} {:?}", host.0, point.map(|point| point.x))
}

const MODULE: Module<Host> = Module::with_state("shapes", open)
    .transform("nothing", nothing)
    .transform("nothing_async", nothing_async)
    .transform("state", state)
    .transform("state_async", state_async)
    .transform("value", value)
    .transform("value_async", value_async)
    .transform("both", both)
    .transform("both_async", both_async)
    .summary("takes all there is");

/// The content of an answer, or why there is none.
fn content(reply: Reply) -> Result<String, String> {
    let parts = ReplyParts::from(reply);
    match parts.body {
        _ if parts.status >= 400 => Err(parts.failure.unwrap_or_default()),
        Body::Static(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
        Body::Bytes(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        _ => Ok(String::new()),
    }
}

#[test]
fn every_shape_gets_what_it_takes() {
    let opened = Opened::new(&MODULE);
    let point = json!({"x": 7});
    for (name, expected) in [
        ("nothing", "nothing"),
        ("nothing_async", "nothing"),
        ("state", "localhost"),
        ("state_async", "localhost"),
        ("value", "7"),
        ("value_async", "[7]"),
        ("both", "localhost 7"),
        ("both_async", "localhost Some(7)"),
    ] {
        let made = content(opened.transform(name, Some(&point)));
        assert_eq!(made.as_deref(), Ok(expected), "{name}");
    }
    let info = MODULE.describe().info();
    assert!(
        info.functions
            .iter()
            .all(|function| function.kind == Kind::Transform)
    );
    assert_eq!(info.functions[7].summary, "takes all there is");
    assert_eq!(Kind::Transform.word(), "transform");
    let described = "a transform for `code`, `setup` or `wrapper`";
    assert_eq!(Kind::Transform.describe(), described);
}

#[test]
fn a_value_that_is_not_what_is_taken_is_a_failure_that_says_so() {
    let opened = Opened::new(&MODULE);
    let failure = |name, value: Option<&Value>| content(opened.transform(name, value)).unwrap_err();
    for name in ["value", "value_async", "both"] {
        let why = failure(name, Some(&json!({"y": 1})));
        let expected = "the value is not the JSON of a `transforms::Point`: missing field `x`";
        assert!(why.starts_with(expected), "{name}: {why}");
        let why = failure(name, None);
        assert_eq!(why, "no value is given, expected a `transforms::Point`");
    }
    assert_eq!(
        content(opened.transform("both_async", None)).unwrap(),
        "localhost None"
    );
    assert_eq!(
        content(opened.transform("state", None)).unwrap(),
        "localhost"
    );
}

#[test]
fn what_captures_may_be_a_transform_of_a_local_module() {
    let prefix = String::from("http://");
    let module = LocalModule::new("local")
        .transform("url", move |host: String| format!("{prefix}{host}"))
        .transform("later", async |value: Value| Json(value));
    let opened = Opened::new(&module);
    let made = content(opened.transform("url", Some(&json!("docker"))));
    assert_eq!(made.as_deref(), Ok("http://docker"));
    let made = content(opened.transform("later", Some(&json!({"a": [1]}))));
    assert_eq!(made.as_deref(), Ok(r#"{"a":[1]}"#));
}

#[test]
fn a_panic_goes_on_in_the_caller() {
    let module = LocalModule::new("loud")
        .transform("now", || -> u16 { panic!("now") })
        .transform("later", async || -> u16 {
            sleep(Duration::from_secs(1)).await;
            panic!("later")
        });
    let opened = Opened::new(&module);
    for name in ["now", "later"] {
        let said = contain(|| opened.transform(name, None).code());
        assert_eq!(said, Err(name.to_owned()));
    }
}

#[test]
fn a_failure_is_told() {
    let module = LocalModule::new("failing")
        .transform("error", || Err::<(), _>(Error::internal("no key")))
        .transform("call", || {
            Err::<(), _>(CallError::new(CallErrorKind::Connect, "refused"))
        });
    let opened = Opened::new(&module);
    let failure = |name| content(opened.transform(name, None)).unwrap_err();
    assert_eq!(failure("error"), "no key");
    assert_eq!(failure("call"), "connect: refused");
}

#[test]
fn a_request_goes_through_a_setup() {
    let module = LocalModule::new("signed").transform("sign", |mut request: Outgoing| {
        assert_eq!(request.header("ACCEPT"), Some("*/*"));
        request.set_header("accept", "application/json");
        request.path.push_str("?signed=yes");
        request.body["more"] = json!(true);
        request
    });
    let before = json!({
        "connection": "docker", "resource": "create", "method": "POST", "path": "/create",
        "headers": [["Accept", "*/*"], ["X-Tag", "1"], ["ACCEPT", "text/html"]],
        "body": {"image": "alpine"},
    });
    let opened = Opened::new(&module);
    let made = content(opened.transform("sign", Some(&before))).unwrap();
    let after: Value = micro_api::serde_json::from_str(&made).unwrap();
    let expected = json!({
        "connection": "docker", "resource": "create", "method": "POST",
        "path": "/create?signed=yes",
        "headers": [["X-Tag", "1"], ["accept", "application/json"]],
        "body": {"image": "alpine", "more": true},
    });
    assert_eq!(after, expected);

    let short = json!({"path": "/", "headers": [], "body": null});
    let short: Outgoing = micro_api::serde_json::from_value(short).expect("it is enough");
    assert_eq!((&*short.method, &short.body), ("", &Value::Null));
}
