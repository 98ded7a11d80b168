//! What fails, and what becomes of it.

use std::rc::Rc;

use micro_api::host::{Call, Connections, call_failure, contain, set_connections, status_failure};
use micro_api::{
    BoxFuture, CallError, CallErrorKind, Config, Error, Module, Reply, Request, Side, json, testing,
};

use super::Fake;

#[test]
fn every_kind_comes_across_with_its_sentence() {
    for kind in CallErrorKind::ALL {
        let fake = Fake::ready(move || call_failure(kind, "this: and that"));
        let error = fake.call(()).expect_err("it has failed");
        assert_eq!((error.kind(), error.message()), (kind, "this: and that"));
        assert_eq!(CallErrorKind::find(kind.as_str()), Some(kind));
        let shown = format!("connection `docker`, resource `create`: {kind}: this: and that");
        assert_eq!(error.to_string(), shown);
        assert_eq!(format!("{error:?}"), shown);
        let has_answer = matches!(kind, CallErrorKind::Status | CallErrorKind::Decode);
        assert_eq!(error.response().is_some(), has_answer);
        let (status, message) = match (kind, error.side()) {
            (CallErrorKind::Timeout, _) => (504, "Gateway Timeout"),
            (CallErrorKind::Busy, _) => (503, "Service Unavailable"),
            (_, Side::Ours) => (500, "Internal Server Error"),
            (_, Side::Theirs) => (502, "Bad Gateway"),
        };
        let error = Error::from(error);
        assert_eq!((error.status(), error.message()), (status, message));
        assert_eq!(error.detail(), Some(&*shown));
    }
    assert_eq!(CallErrorKind::find("Timeout"), None);
}

#[test]
fn whose_fault_it_is() {
    let ours: Vec<_> = CallErrorKind::ALL
        .into_iter()
        .filter(|kind| kind.side() == Side::Ours)
        .map(CallErrorKind::as_str)
        .collect();
    let expected = ["arguments", "inactive", "setup", "wrapper", "busy", "ended"];
    assert_eq!(ours, expected);
}

#[test]
fn the_answer_of_a_status_is_in_the_error() {
    for (status, sentence) in [
        (404, "the answer is 404 Not Found"),
        (
            302,
            "the answer is 302 Found, and redirections are not followed",
        ),
        (304, "the answer is 304 Not Modified"),
        (599, "the answer is 599"),
    ] {
        let fake = Fake::ready(move || {
            let answer = Reply::json(&json!({"message": "no such container"}));
            status_failure(answer.with_status(status).with_header("X-Hint", "look"))
        });
        let error = fake.call(()).expect_err("it has failed");
        assert_eq!(
            (error.kind(), error.message()),
            (CallErrorKind::Status, sentence)
        );
        let answer = error.response().expect("it is there");
        assert_eq!(answer.status(), status);
        assert_eq!(answer.header("x-hint"), Some("look"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.value().unwrap()["message"], "no such container");
    }
}

#[test]
fn the_answer_of_a_status_is_whole_though_a_stream_was_wanted() {
    let fake = Fake::ready(|| {
        let pieces = [b"no ".to_vec(), b"such".to_vec()];
        status_failure(Reply::pieces("text/plain", pieces).with_status(404))
    });
    let call = fake.resource().call(()).stream();
    let error = testing::block_on(call).expect_err("it has failed");
    let answer = error.response().expect("it is there");
    assert_eq!((answer.status(), answer.text().unwrap()), (404, "no such"));
}

#[test]
fn an_answer_that_the_border_does_not_carry_has_a_wrong_head() {
    let fake = Fake::ready(|| Reply::text("x").with_header("Content-Length", "1"));
    let error = fake.call(()).expect_err("it has failed");
    assert_eq!(error.kind(), CallErrorKind::Head);
    assert_eq!(
        error.message(),
        "a handler set the header `Content-Length` to `1`"
    );
}

fn detail<T>(found: Result<T, Error>) -> String {
    match found {
        Ok(_) => "it is there".to_owned(),
        Err(error) => {
            assert_eq!(error.status(), 500);
            error.detail().expect("it says why").to_owned()
        }
    }
}

#[test]
fn what_is_not_declared_is_told_at_once() {
    let config = Fake::ready(Reply::default).config();
    let docker = config.connection("docker").expect("it is there");
    assert_eq!(
        (docker.name(), &*format!("{docker:?}")),
        ("docker", "Connection(docker)")
    );
    assert_eq!(
        detail(config.connection("dcoker")),
        "there is no connection `dcoker`, only `docker`"
    );
    assert_eq!(
        detail(docker.resource("craete")),
        "connection `docker` has no resource `craete`, only `create`"
    );
    let none = "the definition declares no connection `docker`";
    assert_eq!(detail(Config::default().connection("docker")), none);
}

#[test]
fn a_panic_of_whoever_looks_or_calls_goes_on_on_this_side() {
    let config = Fake::ready(Reply::default).config();
    let said = contain(|| config.connection("broken").is_ok());
    assert_eq!(said, Err("nobody looks here".to_owned()));
    let at_once = Fake::new(|| panic!("at once"));
    let said = contain(|| at_once.call(()).is_ok());
    assert_eq!(said, Err("at once".to_owned()));
    let later = Fake::new(|| Box::pin(async { panic!("later") }));
    let said = contain(|| later.call(()).is_ok());
    assert_eq!(said, Err("later".to_owned()));
}

#[test]
fn a_handler_gives_up_with_a_question_mark() {
    async fn ask(request: Request) -> Result<String, Error> {
        let create = request.connection("docker")?.resource("create")?;
        Ok(create.call(()).await?.text()?.to_owned())
    }
    let request = testing::get("/").resource("docker.create", |_| (418, "tea"));
    let answer = request.call(ask);
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (502, &json!("Bad Gateway"))
    );
    let why = "connection `docker`, resource `create`: status: the answer is 418";
    assert_eq!(answer.failure(), Some(why));

    let module = Module::new("asking").handler("ask", ask);
    let wrong = request.resource("docker.create", |_| vec![0xff]);
    let answer = wrong.call_with(&module, "ask");
    assert_eq!(answer.status, 502);
    assert!(
        answer
            .failure()
            .unwrap()
            .contains(": decode: the content is not UTF-8")
    );
}

/// Knows that there is nothing to be called.
struct Nowhere;

impl Connections for Nowhere {
    fn find(&self, _: &str, _: Option<&str>) -> Result<(), Error> {
        Ok(())
    }

    fn call(&self, call: Call) -> BoxFuture<Reply> {
        let why = format!("`{}` is switched off", call.connection);
        Box::pin(async move { call_failure(CallErrorKind::Inactive, why) })
    }
}

#[test]
fn a_call_after_the_end_says_so() {
    let config = Config::default();
    set_connections(&config, Some(Rc::new(Nowhere)));
    let call = || {
        let docker = config.connection("docker").expect("it was there");
        docker.resource("create").expect("so was this").call(())
    };
    let (before, after) = (call(), call());
    let failed = |call| testing::block_on(async { micro_api::join((call, async {})).await.0 });
    let error: CallError = failed(before).expect_err("it is off");
    assert_eq!(error.message(), "`docker` is switched off");
    set_connections(&config, None);
    let error: CallError = failed(after).expect_err("it is over");
    assert_eq!(
        (error.kind(), error.message()),
        (CallErrorKind::Ended, "the service has ended")
    );
    assert_eq!(detail(config.connection("docker")), "the service has ended");
}
