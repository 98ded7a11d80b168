//! What answers for services in tests of handlers.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use micro_api::host::contain;
use micro_api::testing::{self, MockCall, Opened};
use micro_api::{
    CallError, CallErrorKind, Config, Error, Json, LocalModule, Module, Reply, Request, Value,
    json, sleep, spawn,
};

async fn ask(request: Request) -> Result<String, Error> {
    let create = request.connection("docker")?.resource("create")?;
    Ok(match create.call(("alpine",)).with("count", 2).await {
        Ok(answer) => format!("{} {}", answer.status(), answer.text()?),
        Err(error) => match error.response() {
            Some(answer) => format!("{} {}", error.kind(), answer.status()),
            None => format!("{}: {}", error.kind(), error.message()),
        },
    })
}

fn asked<R: micro_api::IntoReply>(answer: impl FnMut(MockCall) -> R + 'static) -> String {
    let request = testing::get("/").resource("docker.create", answer);
    request.call(ask).text().to_owned()
}

#[test]
fn a_mock_answers_with_what_a_handler_may_return() {
    assert_eq!(asked(|_| 204), "204 ");
    assert_eq!(asked(|_| "text"), "200 text");
    assert_eq!(asked(|_| (201, json!([1]))), "201 [1]");
    assert_eq!(asked(|_| Json(())), "200 null");
    assert_eq!(asked(|_| Some("x")), "200 x");
    assert_eq!(asked(|_| None::<u16>), "status 404");
    assert_eq!(asked(|_| (503, "x")), "status 503");
    assert_eq!(asked(|_| 302), "status 302");
    assert_eq!(
        asked(|_| Err::<(), _>(Error::new(409, "twice"))),
        "status 409"
    );
    assert_eq!(
        asked(|_| Err::<(), _>(Error::internal("oh: no"))),
        "status 500"
    );
    assert_eq!(
        asked(|_| Reply::pieces("text/plain", [b"a".to_vec(), b"b".to_vec()])),
        "200 ab"
    );
}

#[test]
fn a_mock_fails_as_a_service_does() {
    for kind in CallErrorKind::ALL {
        let failing = move |_: MockCall| Err::<(), _>(CallError::new(kind, "for the test"));
        match kind {
            CallErrorKind::Status | CallErrorKind::Decode => {
                assert_eq!(asked(failing), format!("{kind} 502"));
            }
            _ => assert_eq!(asked(failing), format!("{kind}: for the test")),
        }
    }
    assert_eq!(asked(|_| Ok::<_, CallError>("fine")), "200 fine");
}

#[test]
fn a_mock_sees_the_call_and_keeps_what_it_likes() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let (seeing, mut count) = (Rc::clone(&seen), 0);
    let request = testing::get("/").resource("docker.create", move |call: MockCall| {
        count += 1;
        seeing.borrow_mut().push(format!(
            "{count} {:?} {:?} {:?} {:?} {:?} {}",
            call.arguments(),
            call.arg(0).and_then(Value::as_str),
            call.arg(1),
            call.named("count").and_then(Value::as_u64),
            call.id(),
            call.is_streamed(),
        ));
        204
    });
    request.clone().id(1).call(ask);
    request.id(2).call(ask);
    let expected = |count| {
        format!(
            r#"{count} [String("alpine")] Some("alpine") None Some(2) Some("000000000000000{count}") false"#
        )
    };
    assert_eq!(*seen.borrow(), [expected(1), expected(2)]);
}

#[test]
fn what_is_not_mocked_is_told_with_what_is() {
    let failure = |request: &testing::TestRequest| {
        let answer = request.call(ask);
        assert_eq!(answer.status, 500);
        answer.failure().expect("it says why").to_owned()
    };
    let request = testing::get("/");
    assert_eq!(
        failure(&request),
        "the test has no mock of connection `docker`, nor of anything else"
    );
    let request = request.resource("stock.count", |_| 204);
    assert_eq!(
        failure(&request),
        "the test has no mock of connection `docker`, only of `stock.count`"
    );
    let request = request.resource("docker.start", |_| 204);
    assert_eq!(
        failure(&request),
        "the test has no mock of `docker.create`, only of `docker.start`, `stock.count`"
    );
    let said = contain(|| drop(testing::get("/").resource("docker", |_| 204)));
    assert!(
        said.unwrap_err()
            .starts_with("`docker` is no resource of a connection")
    );
}

#[test]
fn a_later_mock_takes_the_place_of_an_earlier_one() {
    let first = testing::get("/").resource("docker.create", |_| "first");
    let second = first.clone().resource("docker.create", |_| "second");
    assert_eq!(first.call(ask).text(), "200 first");
    assert_eq!(second.call(ask).text(), "200 second");
}

#[test]
fn a_panic_of_a_mock_is_one_of_the_test() {
    let request = testing::get("/").resource("docker.create", |call: MockCall| {
        assert_eq!(call.arg(0), None, "nothing is asked for");
    });
    let said = contain(|| request.call(ask).status).unwrap_err();
    assert!(said.contains("nothing is asked for"), "{said}");
}

#[test]
fn an_opened_module_is_answered_in_all_it_does() {
    async fn ask_again(config: Config) -> Result<(), Error> {
        let create = config.connection("docker")?.resource("create")?;
        spawn(async move {
            sleep(Duration::from_secs(60)).await;
            create.call((3,)).await.expect("it is answered");
        });
        let create = config.connection("docker")?.resource("create")?;
        create.call((2,)).await?;
        Ok(())
    }
    let module = Module::new("asking")
        .handler("ask", ask)
        .job("again", ask_again);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let seeing = Rc::clone(&seen);
    let opened = Opened::new(&module).resource("docker.create", move |call: MockCall| {
        seeing.borrow_mut().extend(call.arg(0).cloned());
        "opened"
    });
    let request = testing::get("/");
    assert_eq!(request.call_with(&opened, "ask").text(), "200 opened");
    let above = request.clone().resource("docker.create", |_| "above");
    assert_eq!(above.call_with(&opened, "ask").text(), "200 above");
    opened.run("again").expect("it runs");
    assert_eq!(*seen.borrow(), [json!("alpine"), json!(2)]);
    opened.wait(Duration::from_secs(60));
    assert_eq!(*seen.borrow(), [json!("alpine"), json!(2), json!(3)]);
}

#[test]
fn a_state_that_has_kept_the_settings_finds_the_mocks_of_its_module() {
    let open = |config: &Config| {
        let early = config.connection("docker").expect_err("it is too early");
        assert!(
            early
                .detail()
                .unwrap()
                .contains("no mock of connection `docker`")
        );
        Ok::<_, Error>(config.clone())
    };
    let module = LocalModule::with_state("asking", open).handler(
        "ask",
        async |config: &Config, _: Request| -> Result<String, Error> {
            let create = config.connection("docker")?.resource("create")?;
            Ok(create.call(()).await?.text()?.to_owned())
        },
    );
    let opened = Opened::new(&module).resource("docker.create", |_| "kept");
    assert_eq!(testing::get("/").call_with(&opened, "ask").text(), "kept");
}
