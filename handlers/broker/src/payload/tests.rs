//! What tsuru sends, byte by byte, and what comes of anything else.

use micro_api::serde_json::Map;
use micro_api::testing::{self, TestRequest};
use micro_api::{Reply, Value, json};
use proptest::prelude::*;

use super::{BindApp, BindJob, BindUnit, Caller, Create, PayloadLimits, Update};
use crate::problem::Problem;

const LIMITS: PayloadLimits = PayloadLimits {
    name_bytes_max: 40,
    text_bytes_max: 50,
    items_max: 3,
    parameters_max: 4,
    parameter_depth_max: 3,
};
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn sent(media_type: &str, content: &str) -> TestRequest {
    testing::post("/")
        .header("content-type", media_type)
        .body(content)
}

fn create(media_type: &str, content: &str) -> Result<Create, Problem> {
    Create::read(&sent(media_type, content).build(), &LIMITS)
}

fn bind_app(media_type: &str, content: &str) -> Result<BindApp, Problem> {
    BindApp::read(&sent(media_type, content).build(), &LIMITS)
}

/// What the peer is told.
fn told(problem: Problem) -> (u16, String, String) {
    let answer = testing::get("/").call(move |_: micro_api::Request| Reply::from(problem.clone()));
    let text = |name: &str| answer.json()[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("message"), text("fields"))
}

#[test]
fn an_instance_as_a_form() {
    let content = "description=a+blog&eventid=e1&name=blog&parameters.size=7&plan=small&tags=a&tags=b&\
                   team=red&user=ann%40example.com";
    let wanted = create(FORM, content).expect("it is right");
    assert_eq!(wanted.name, "blog");
    assert_eq!(wanted.plan.as_deref(), Some("small"));
    assert_eq!(wanted.team.as_deref(), Some("red"));
    assert_eq!(wanted.description.as_deref(), Some("a blog"));
    assert_eq!(wanted.tags, ["a", "b"]);
    assert_eq!(wanted.parameters, json!({"size": "7"}));
    assert_eq!(wanted.caller.to_string(), "`ann@example.com` (event `e1`)");
}

#[test]
fn the_same_instance_as_json() {
    let content = r#"{"name":"blog","team":"red","description":"a blog","plan":"small","tags":["a","b"],
                      "eventID":"e1","user":"ann@example.com","parameters":{"size":7},"more":[]}"#;
    let wanted = create("Application/JSON; charset=utf-8", content).expect("it is right");
    assert_eq!(wanted.name, "blog");
    assert_eq!(wanted.plan.as_deref(), Some("small"));
    assert_eq!(wanted.tags, ["a", "b"]);
    assert_eq!(wanted.parameters, json!({"size": 7}));
    assert_eq!(wanted.caller.to_string(), "`ann@example.com` (event `e1`)");
}

#[test]
fn what_is_empty_or_null_is_missing() {
    for (media_type, content) in [
        (
            FORM,
            "eventid=&name=blog&team=&user=&plan=&description=&tags=",
        ),
        (
            JSON,
            r#"{"name":"blog","team":"","eventID":null,"user":null,"plan":null,"tags":null,
                "parameters":null}"#,
        ),
        ("", "name=blog"),
        (FORM, "&&name=blog&&plan&"),
    ] {
        let wanted = create(media_type, content).expect(content);
        assert_eq!((wanted.plan, wanted.team), (None, None));
        assert!(wanted.tags.is_empty());
        assert_eq!(wanted.parameters, json!({}));
        assert_eq!(wanted.caller, Caller::default());
    }
}

#[test]
fn the_header_fields_say_who_asks() {
    let request = sent(FORM, "user=eve&eventid=e2")
        .header("X-Tsuru-User", "ann")
        .header("X-Tsuru-Eventid", "e1");
    let caller = Caller::read(&request.build(), &LIMITS).expect("it is right");
    assert_eq!((caller.user.as_str(), caller.event.as_str()), ("ann", "e1"));
    assert_eq!(Caller::default().to_string(), "somebody");
    for (length, is_right) in [(49, true), (50, true), (51, false)] {
        let request = sent(FORM, "").header("X-Tsuru-User", "x".repeat(length));
        assert_eq!(Caller::read(&request.build(), &LIMITS).is_ok(), is_right);
    }
}

#[test]
fn an_update_with_empty_fields_changes_nothing() {
    let request = sent(FORM, "description=&eventid=e1&plan=&team=&user=ann").build();
    let wanted = Update::read(&request, &LIMITS).expect("it is right");
    assert_eq!(
        (wanted.plan, wanted.team, wanted.description),
        (None, None, None)
    );
    assert!(wanted.tags.is_empty() && wanted.parameters.is_none());
}

#[test]
fn an_app_as_a_form_and_as_json() {
    for (media_type, content) in [
        (
            FORM,
            "app-host=a.example&app-hosts=a.example&app-hosts=b.example&app-internal-hosts=i&\
             app-name=shop&app-pool-name=p&app-cluster-addresses=c&eventid=e1&parameters.k=v&user=ann",
        ),
        (
            JSON,
            r#"{"appName":"shop","parameters":{"k":"v"},"user":"ann","eventID":"e1",
                "appHosts":["a.example","b.example"],"appInternalHosts":["i"],"appPoolName":"p"}"#,
        ),
    ] {
        let app = bind_app(media_type, content).expect(content);
        assert_eq!((app.name(), app.subject()), (Some("shop"), "shop"));
        assert_eq!(app.host.as_deref(), Some("a.example"));
        assert_eq!(app.parameters, json!({"k": "v"}));
    }
    let older = bind_app(FORM, "app-host=10.10.10.10&user=ann").expect("it is right");
    assert_eq!((older.name(), older.subject()), (None, "10.10.10.10"));
}

#[test]
fn apps_are_at_urls_if_a_router_says_so() {
    let content = r#"{"appName":"shop","appHosts":["https://a.example","b.example"]}"#;
    let app = bind_app(JSON, content).expect("it is right");
    assert_eq!(app.host.as_deref(), Some("https://a.example"));
}

#[test]
fn each_host_is_one_and_the_one_that_is_none_is_named() {
    for (content, field) in [
        ("app-name=shop&app-host=a+b", "app-host"),
        ("app-name=shop&app-host=a&app-hostname=a+b", "app-hostname"),
        ("app-name=shop&app-hosts=a&app-hosts=a+b", "app-hosts"),
    ] {
        let problem = told(bind_app(FORM, content).expect_err(content));
        let why = "`a b` is no host: expected one such as `10.10.10.10` or `a.example`";
        assert_eq!(problem, (400, why.to_owned(), field.to_owned()));
    }
    let content = "unit-hostname=a&hostname=..";
    let unit = BindUnit::read(&sent(FORM, content).build(), &LIMITS);
    let problem = told(unit.expect_err("it stands for another path"));
    assert_eq!((problem.0, problem.2.as_str()), (400, "hostname"));
}

#[test]
fn a_job_is_named_in_the_path() {
    let read = |job: &str| {
        let request = sent(FORM, "job-name=nightly&user=ann&job-pool-name=p").arg("job", job);
        BindJob::read(&request.build(), &LIMITS).map(|job| job.name)
    };
    assert_eq!(read("nightly"), Ok("nightly".to_owned()));
    assert_eq!(read("..").map_err(|problem| told(problem).0), Err(400));
}

#[test]
fn units_of_2013_in_all_their_spellings() {
    let read = |content: &str| {
        let unit = BindUnit::read(&sent(FORM, content).build(), &LIMITS);
        unit.map(|unit| (unit.host, unit.app_host.unwrap_or_default()))
    };
    for (content, unit, app) in [
        (
            "app-hostname=a.example&unit-hostname=10.0.0.1",
            "10.0.0.1",
            "a.example",
        ),
        (
            "app-host=a.example&unit-host=10.0.0.1",
            "10.0.0.1",
            "a.example",
        ),
        ("hostname=10.0.0.1", "10.0.0.1", ""),
        ("app-hostname=a.example", "a.example", "a.example"),
    ] {
        assert_eq!(read(content), Ok((unit.to_owned(), app.to_owned())));
    }
    let problem = told(read("user=ann").expect_err("there is no host"));
    let why = "there is no `unit-hostname`: expected the host of the unit";
    assert_eq!(problem, (400, why.to_owned(), "unit-hostname".to_owned()));
}

#[test]
fn refusals_say_what_was_found_and_what_was_expected() {
    let cases = [
        (
            FORM,
            "plan=small",
            "there is no `name`: expected the name of the instance",
            "name",
        ),
        (
            FORM,
            "name=a&name=b",
            "`name` is there twice: expected it once",
            "name",
        ),
        (
            FORM,
            "name=plans",
            "an instance cannot have the name `plans`: expected another one",
            "name",
        ),
        (FORM, "name=%ff", "`%ff` is no UTF-8: expected a form", ""),
        (
            JSON,
            r#"{"name":7}"#,
            "`name` is a number: expected a string",
            "name",
        ),
        (
            JSON,
            r#"{"name":"a","tags":"b"}"#,
            "`tags` is a string: expected an array of strings",
            "tags",
        ),
        (
            JSON,
            r#"{"name":"a","tags":[7]}"#,
            "`tags[]` is a number: expected a string",
            "tags",
        ),
        (
            JSON,
            r#"{"name":"a","parameters":[]}"#,
            "`parameters` is an array: expected an object",
            "parameters",
        ),
        (
            JSON,
            "[]",
            "the content is an array: expected a JSON object",
            "",
        ),
        (
            JSON,
            "{",
            "the content is no JSON (EOF while parsing an object at line 1 column 1): expected a JSON \
             object",
            "",
        ),
        (
            FORM,
            "name=a&parameters.a=1&parameters.a.b=2",
            "`parameters.a.b` contradicts another parameter: expected one value for each",
            "parameters",
        ),
        (
            FORM,
            "name=a&parameters.a.b=2&parameters.a=1",
            "`parameters.a` contradicts another parameter: expected one value for each",
            "parameters",
        ),
    ];
    for (media_type, content, message, fields) in cases {
        let problem = create(media_type, content).expect_err(content);
        assert_eq!(told(problem), (400, message.to_owned(), fields.to_owned()));
    }
    let problem = create("text/xml", "<name/>").expect_err("it is XML");
    let why = "the content is `text/xml`: expected `application/x-www-form-urlencoded` or \
               `application/json`";
    assert_eq!(told(problem), (415, why.to_owned(), String::new()));
    let problem = bind_app(JSON, "{}").expect_err("nobody is named");
    let why = "there is no `appName`: expected the name of the app";
    assert_eq!(told(problem), (400, why.to_owned(), "appName".to_owned()));
}

#[test]
fn as_much_as_may_be_said() {
    let text = |length: usize| format!("name=a&description={}", "x".repeat(length));
    let tags = |count: usize| format!("name=a{}", "&tags=t".repeat(count));
    let parameters = |count: usize| {
        let one = |number: usize| format!("&parameters.p{number}=x");
        format!("name=a{}", (0..count).map(one).collect::<String>())
    };
    let depth = |depth: usize| format!("name=a&parameters{}=x", ".p".repeat(depth));
    let is_read = |content: &String| create(FORM, content).is_ok();
    for (make, most) in [
        (&text as &dyn Fn(usize) -> String, LIMITS.text_bytes_max),
        (&tags, LIMITS.items_max),
        (&parameters, LIMITS.parameters_max),
        (&depth, LIMITS.parameter_depth_max),
    ] {
        let read = [most - 1, most, most + 1].map(|number| is_read(&make(number)));
        assert_eq!(read, [true, true, false], "{}", make(most));
    }
    let tags = |count: usize| json!({"name": "a", "tags": vec!["t"; count]});
    let parameters = |count: usize| json!({"name": "a", "parameters": {"l": vec![1; count]}});
    let empty = |count: usize| json!({"name": "a", "parameters": {"l": vec![json!([]); count]}});
    let depth = |depth: usize| {
        let nested = (0..depth).fold(json!("x"), |inner, _| json!({"p": inner}));
        json!({"name": "a", "parameters": nested})
    };
    let is_read = |content: Value| create(JSON, &content.to_string()).is_ok();
    for (make, most) in [
        (&tags as &dyn Fn(usize) -> Value, LIMITS.items_max),
        (&parameters, LIMITS.parameters_max),
        (&empty, LIMITS.parameters_max),
        (&depth, LIMITS.parameter_depth_max),
    ] {
        let read = [most - 1, most, most + 1].map(|number| is_read(make(number)));
        assert_eq!(read, [true, true, false], "{}", make(most));
    }
}

#[test]
fn parameters_of_a_form_are_put_together_again() {
    for (content, expected) in [
        (
            "parameters.a.b=1&parameters.a.c=2",
            json!({"a": {"b": "1", "c": "2"}}),
        ),
        (
            "parameters.l.0=x&parameters.l.1=y",
            json!({"l": ["x", "y"]}),
        ),
        (
            "parameters.l.1=y&parameters.l.0=x",
            json!({"l": ["x", "y"]}),
        ),
        ("parameters.l.0.k=x", json!({"l": [{"k": "x"}]})),
        (r"parameters.a\.b=1", json!({"a.b": "1"})),
        (r"parameters.a%5C.b.c=1", json!({"a.b": {"c": "1"}})),
        (r"parameters.a\\.b=1", json!({"a\\": {"b": "1"}})),
        (r"parameters.a\b\=1", json!({"a\\b\\": "1"})),
        // A list has all its items: this takes no room for those in between.
        (
            "parameters.l.4294967295=x",
            json!({"l": {"4294967295": "x"}}),
        ),
        ("parameters.l.00=x", json!({"l": {"00": "x"}})),
        ("parameters.0=x", json!({"0": "x"})),
        ("parameters.a=", json!({"a": ""})),
        ("parameters.=x", json!({"": "x"})),
        ("parameter.a=x&parameters=x", json!({})),
    ] {
        let wanted = create(FORM, &format!("name=a&{content}")).expect(content);
        assert_eq!(wanted.parameters, expected, "{content}");
    }
}

/// Parameters as tsuru may have them: its forms have texts alone, and nothing that is empty.
fn parameters() -> impl Strategy<Value = Value> {
    let text = "[a-z.\\\\ &=+%ä0-9]{0,4}".prop_map(Value::from);
    let inner = text.prop_recursive(3, 12, 3, |inner| {
        let name = "[a-z.\\\\ä&=]{1,4}";
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            object(proptest::collection::btree_map(name, inner, 1..4)),
        ]
    });
    object(proptest::collection::btree_map(
        "[a-z.\\\\]{1,4}",
        inner,
        1..4,
    ))
}

fn object(
    fields: impl Strategy<Value = std::collections::BTreeMap<String, Value>>,
) -> impl Strategy<Value = Value> {
    fields.prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>()))
}

/// Takes parameters apart as tsuru does.
fn take_apart(path: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    let mut inner = |name: &str, value: &Value| {
        let escaped = name.replace('\\', "\\\\").replace('.', "\\.");
        take_apart(&format!("{path}.{escaped}"), value, pairs);
    };
    match value {
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                inner(&number.to_string(), item);
            }
        }
        Value::Object(fields) => fields.iter().for_each(|(name, value)| inner(name, value)),
        other => {
            let text = other.as_str().unwrap_or_default().to_owned();
            pairs.push((path.to_owned(), text));
        }
    }
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

proptest! {
    #[test]
    fn parameters_survive_a_form(parameters in parameters()) {
        let mut pairs = Vec::new();
        take_apart("parameters", &parameters, &mut pairs);
        let pairs = pairs.iter().map(|(name, value)| format!("&{}={}", encode(name), encode(value)));
        let content = format!("name=a{}", pairs.collect::<String>());
        let limits = PayloadLimits { parameters_max: 1000, parameter_depth_max: 10, ..LIMITS };
        let wanted = Create::read(&sent(FORM, &content).build(), &limits).expect("it is right");
        prop_assert_eq!(wanted.parameters, parameters);
    }

    #[test]
    fn anything_is_read_or_refused(content in proptest::collection::vec(any::<u8>(), 0..200)) {
        for media_type in [FORM, JSON] {
            let request = testing::post("/").header("content-type", media_type);
            let request = request.body(content.clone()).build();
            let _ = Create::read(&request, &LIMITS).map_err(told);
            let _ = BindApp::read(&request, &LIMITS).map_err(told);
        }
    }
}

#[test]
fn cut_anywhere_nothing_else_is_read_from_json() {
    let content = r#"{"name":"blog","tags":["a"],"parameters":{"a":{"b":[1,true,null]}}}"#;
    for end in 1..content.len() {
        assert!(create(JSON, &content[..end]).is_err(), "{end}");
    }
    assert!(create(JSON, content).is_ok());
}
