//! The operations of tsuru's own description of service brokers (`tsuru.json` says which one): each is
//! served, with the statuses that stand there, for whatever tsuru sends.

use micro_api::{Value, json, serde_json};

use super::service::Service;
use super::setup::Setup;
use crate::database::Database;
use crate::support::Answer;

const FACTS: &str = include_str!("tsuru.json");
const OURS: &str = include_str!("../../../handlers/broker/openapi.json");

/// An operation that tsuru describes.
struct Operation {
    method: String,
    path: String,
    statuses: Vec<u64>,
    /// What its fields are called, in a form and in JSON.
    fields: [Vec<String>; 2],
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Form,
    Json,
}

const ENCODINGS: [Encoding; 2] = [Encoding::Form, Encoding::Json];

impl Operation {
    fn of(facts: &Value) -> Operation {
        let text = |value: &Value| value.as_str().expect("it is text").to_owned();
        let texts = |value: &Value| {
            let values = value.as_array().expect("it is a list").iter();
            values.map(text).collect::<Vec<_>>()
        };
        let statuses = facts["statuses"].as_array().expect("it is a list").iter();
        Operation {
            method: text(&facts["method"]),
            path: text(&facts["path"]),
            statuses: statuses.filter_map(Value::as_u64).collect(),
            fields: [texts(&facts["form"]), texts(&facts["json"])],
        }
    }

    fn has(&self, status: u64) -> bool {
        self.statuses.contains(&status)
    }

    /// Whether it is about an instance that was there before.
    fn needs_instance(&self) -> bool {
        self.path.contains("{name}")
    }

    /// The answer, for the instance of this name.
    #[track_caller]
    fn ask(&self, service: &Service, encoding: Encoding, name: &str) -> Answer {
        let path = self
            .path
            .replace("{name}", name)
            .replace("{job}", "nightly");
        let [form, json] = &self.fields;
        let content = match encoding {
            Encoding::Form => {
                let pairs = form.iter().flat_map(|field| pairs(field, name));
                pairs.collect::<Vec<_>>().join("&")
            }
            Encoding::Json if json.is_empty() => String::new(),
            Encoding::Json => {
                let fields = json.iter().map(|field| (field.clone(), value(field, name)));
                Value::Object(fields.collect()).to_string()
            }
        };
        service.send(&self.method, &path, &content)
    }
}

fn operations() -> Vec<Operation> {
    let facts: Value = serde_json::from_str(FACTS).expect("it is JSON");
    let operations = facts["operations"].as_array().expect("it is a list");
    operations.iter().map(Operation::of).collect()
}

/// What a field says of the instance of this name.
fn value(field: &str, name: &str) -> Value {
    match field {
        "name" => json!(name),
        "plan" => json!("small"),
        "app-name" | "appName" => json!("shop"),
        "app-host" => json!("https://shop.example.org"),
        "app-hosts" | "appHosts" => json!(["https://shop.example.org", "shop.example.net"]),
        "app-internal-hosts" | "appInternalHosts" => json!(["tcp://shop.local:8888"]),
        "app-cluster-addresses" | "appClusterAddresses" => json!(["https://10.0.0.1:6443"]),
        "tags" => json!(["web", "red"]),
        "parameters" => json!({"size": "7"}),
        _ => json!(format!("some-{field}")),
    }
}

/// The same in a form: a list is a field that is repeated, and an object one for each of its own.
fn pairs(field: &str, name: &str) -> Vec<String> {
    let pair = |name: &str, value: &Value| format!("{name}={}", value.as_str().unwrap_or_default());
    match value(field, name) {
        Value::Array(items) => items.iter().map(|item| pair(field, item)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let dotted =
                |(inner, value): (&String, &Value)| pair(&format!("{field}.{inner}"), value);
            fields.map(dotted).collect()
        }
        text => vec![pair(field, &text)],
    }
}

/// Calls with each operation in each encoding, and a name that no other has.
fn each_operation(call: impl Fn(&Operation, Encoding, &str)) {
    for (number, operation) in operations().iter().enumerate() {
        for encoding in ENCODINGS {
            let name = format!("blog-{number}-{encoding:?}");
            call(operation, encoding, &name);
        }
    }
}

#[track_caller]
fn assert_status(operation: &Operation, encoding: Encoding, answer: &Answer, expected: u64) {
    let (method, path, told) = (&operation.method, &operation.path, answer.text());
    let status = u64::from(answer.status);
    assert_eq!(status, expected, "{method} {path} {encoding:?}: {told}");
    if status >= 400 {
        let told = answer.json();
        assert_eq!(told["code"], json!(status), "{method} {path}");
        assert!(told["message"].is_string() && told["fields"].is_string());
    }
}

#[test]
fn each_operation_is_described_as_ours() {
    let ours: Value = serde_json::from_str(OURS).expect("it is JSON");
    for operation in operations() {
        let (method, path) = (operation.method.to_lowercase(), &operation.path);
        assert!(ours["paths"][path][&method].is_object(), "{method} {path}");
    }
}

#[test]
fn each_operation_does_what_it_is_for() {
    let database = Database::sqlite().expect("it needs no server");
    let setup = Setup::new(&database);
    let service = setup.start();
    each_operation(|operation, encoding, name| {
        if operation.needs_instance() {
            service.create(name, "small");
            service.bind(name, "shop");
            let job = format!("/resources/{name}/binds/jobs/nightly");
            assert_eq!(service.status("PUT", &job, ""), 201);
        }
        let answer = operation.ask(&service, encoding, name);
        let (status, method) = (u64::from(answer.status), &operation.method);
        let (path, told) = (&operation.path, answer.text());
        let is_right = status < 300 && operation.has(status);
        assert!(is_right, "{method} {path} {encoding:?}: {status} {told}");
        if (method.as_str(), path.as_str()) == ("POST", "/resources") {
            let again = operation.ask(&service, encoding, name);
            assert_status(operation, encoding, &again, 409);
        }
    });
    service.end();
}

#[test]
fn each_operation_says_that_an_instance_is_not_there() {
    let database = Database::sqlite().expect("it needs no server");
    let setup = Setup::new(&database);
    let service = setup.start();
    each_operation(|operation, encoding, name| {
        if operation.needs_instance() {
            assert!(operation.has(404), "{} is about one", operation.path);
            let answer = operation.ask(&service, encoding, name);
            assert_status(operation, encoding, &answer, 404);
        }
    });
    service.end();
}

#[test]
fn each_operation_says_that_an_instance_is_not_ready() {
    let database = Database::sqlite().expect("it needs no server");
    let setup = Setup::new(&database).with("BROKER_PLAN_SMALL_READY_AFTER", "1h");
    let service = setup.start();
    each_operation(|operation, encoding, name| {
        for status in [202, 412] {
            if operation.has(status) {
                service.create(name, "small");
                let answer = operation.ask(&service, encoding, name);
                assert_status(operation, encoding, &answer, status);
            }
        }
    });
    service.end();
}
