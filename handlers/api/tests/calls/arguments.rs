//! What a call is given, as it comes across the border.

use std::collections::HashMap;

use micro_api::host::Call;
use micro_api::serde::Serialize;
use micro_api::serde_json::Map;
use micro_api::testing::{self, MockCall};
use micro_api::{CallErrorKind, Error, IntoArguments, Json, Reply, Request, Value, json};

use super::Fake;

/// The call that comes across with these arguments.
fn crossing(arguments: impl IntoArguments) -> Call {
    let fake = Fake::ready(|| Reply::status(204));
    fake.call(arguments).expect("it is answered");
    let mut calls = fake.calls.take();
    assert_eq!(calls.len(), 1);
    calls.remove(0)
}

#[test]
fn arguments_are_by_position_or_by_name() {
    #[derive(Serialize)]
    #[serde(crate = "micro_api::serde")]
    struct Create {
        image: &'static str,
        count: Option<u32>,
    }
    let create = Create {
        image: "alpine",
        count: None,
    };
    let crossed = |arguments, named| Call {
        connection: "docker".to_owned(),
        resource: "create".to_owned(),
        arguments: match arguments {
            Value::Array(arguments) => arguments,
            _ => Vec::new(),
        },
        named: match named {
            Value::Object(named) => named,
            _ => Map::new(),
        },
        ..Call::default()
    };
    let nothing = || crossed(json!([]), json!({}));
    assert_eq!(crossing(()), nothing());
    assert_eq!(crossing(json!([])), nothing());
    assert_eq!(crossing(json!({})), nothing());
    assert_eq!(crossing(Vec::new()), nothing());
    let position = |arguments| crossed(arguments, json!({}));
    assert_eq!(crossing((1,)), position(json!([1])));
    let eight = (
        1,
        "two",
        3.5,
        true,
        None::<u8>,
        'c',
        [1, 2],
        json!({"a": 1}),
    );
    let expected = json!([1, "two", 3.5, true, null, "c", [1, 2], {"a": 1}]);
    assert_eq!(crossing(eight), position(expected));
    assert_eq!(crossing(json!([1, [2]])), position(json!([1, [2]])));
    assert_eq!(crossing(vec![json!("x")]), position(json!(["x"])));
    let name = |named| crossed(json!([]), named);
    let named = json!({"image": "alpine", "count": null});
    assert_eq!(crossing(Json(create)), name(named.clone()));
    assert_eq!(crossing(named.clone()), name(named));
}

#[test]
fn arguments_by_name_come_beside_those_by_position() {
    let fake = Fake::ready(|| Reply::status(204));
    let call = fake.resource().call(("alpine",)).with("count", 1);
    let call = call.with("count", 3).with("name", "web");
    testing::block_on(async { call.await }).expect("it is answered");
    let call = fake.calls.take().remove(0);
    assert_eq!(call.arguments, [json!("alpine")]);
    assert_eq!(
        Value::Object(call.named),
        json!({"count": 3, "name": "web"})
    );
    assert!(!call.is_streamed && call.id.is_none());
}

#[test]
fn what_is_no_argument_is_refused_before_the_call() {
    let fake = Fake::ready(|| Reply::status(204));
    let by = "expected an array by position or an object by name";
    let no_json = "an argument has no JSON: key must be a string";
    let wrong = HashMap::from([((1, 2), 3)]);
    for (failed, why) in [
        (
            fake.call(Value::Null),
            format!("the arguments are `null`, {by}"),
        ),
        (
            fake.call(json!("x")),
            format!("the arguments are `\"x\"`, {by}"),
        ),
        (fake.call(json!(7)), format!("the arguments are `7`, {by}")),
        (
            fake.call(Json([1])),
            "the arguments are `[1]`, expected an object by name".to_owned(),
        ),
        (fake.call((1, &wrong)), no_json.to_owned()),
        (fake.call(Json(&wrong)), no_json.to_owned()),
        (
            testing::block_on(async { fake.resource().call(()).with("x", &wrong).await }),
            no_json.to_owned(),
        ),
    ] {
        let error = failed.expect_err("it is refused");
        assert_eq!(
            (error.kind(), error.message()),
            (CallErrorKind::Arguments, &*why)
        );
    }
    assert_eq!(fake.calls.take(), []);
}

#[test]
fn a_call_is_made_when_it_is_awaited() {
    let fake = Fake::ready(|| Reply::status(204));
    let call = fake.resource().call(());
    drop(call);
    drop(fake.resource().call(()).stream());
    assert_eq!(fake.calls.take(), []);
}

#[test]
fn a_call_tells_on_whose_behalf_it_is() {
    async fn ask(request: Request) -> Result<String, Error> {
        let own = request.connection("docker")?.resource("create")?;
        let nobody = request.config().connection("docker")?;
        let id = own.call(()).await?.text()?.to_owned();
        let none = nobody.resource("create")?.call(()).await?;
        Ok(format!("{id} {}", none.text()?))
    }
    let id = |call: MockCall| call.id().unwrap_or("nobody").to_owned();
    let request = testing::get("/").id(7).resource("docker.create", id);
    assert_eq!(request.call(ask).text(), "0000000000000007 nobody");
}
