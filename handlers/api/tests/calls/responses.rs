//! An answer as a handler reads it, and passes it on.

use micro_api::serde::Deserialize;
use micro_api::{CallErrorKind, Error, Reply, Request, Response, blocking, json, testing};

use super::Fake;

fn made() -> Reply {
    Reply::json(&json!({"Id": "8f3e", "Warnings": []}))
        .with_status(201)
        .with_header("Location", "/containers/8f3e")
        .with_header("X-Tag", "one")
        .with_header("X-Tag", "two")
}

#[test]
fn an_answer_is_read_as_it_came() {
    let answer = Fake::ready(made).call(()).expect("it is answered");
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.header("LOCATION"), Some("/containers/8f3e"));
    assert_eq!(answer.header("x-tag"), Some("one"));
    assert_eq!(answer.header("x-none"), None);
    let headers: Vec<_> = answer.headers().collect();
    let expected = [
        ("Content-Type", "application/json"),
        ("Location", "/containers/8f3e"),
        ("X-Tag", "one"),
        ("X-Tag", "two"),
    ];
    assert_eq!(headers, expected);
    let text = r#"{"Id":"8f3e","Warnings":[]}"#;
    assert_eq!(answer.text().unwrap(), text);
    assert_eq!(answer.bytes(), text.as_bytes());
    assert_eq!(answer.value().unwrap()["Id"], "8f3e");
    let shared = answer.clone();
    assert_eq!(shared.into_bytes(), text.as_bytes());
    assert_eq!(answer.into_bytes(), text.as_bytes());
}

#[test]
fn an_answer_is_read_whatever_its_content_is_made_of() {
    let body = |make: fn() -> Reply| Fake::ready(make).call(()).unwrap().into_bytes();
    assert_eq!(body(|| Reply::status(204)), b"");
    assert_eq!(body(|| Reply::text("static")), b"static");
    assert_eq!(body(|| Reply::text("made".to_owned())), b"made");
    let pieces = || Reply::pieces("text/plain", [b"a".to_vec(), Vec::new(), b"bc".to_vec()]);
    assert_eq!(body(pieces), b"abc");
}

#[derive(Debug, Deserialize)]
#[serde(crate = "micro_api::serde")]
struct Created {
    #[serde(rename = "Id")]
    id: String,
}

#[test]
fn what_cannot_be_read_is_in_the_error() {
    let answer = Fake::ready(made).call(()).expect("it is answered");
    assert_eq!(answer.json::<Created>().unwrap().id, "8f3e");
    let error = answer.json::<Vec<u8>>().expect_err("it is an object");
    assert_eq!(error.kind(), CallErrorKind::Decode);
    assert!(
        error
            .message()
            .starts_with("the content is not the expected JSON: invalid type")
    );
    assert!(
        error
            .to_string()
            .starts_with("connection `docker`, resource `create`: decode: ")
    );
    assert_eq!(error.response().unwrap().bytes(), answer.bytes());

    let answer = Fake::ready(|| Reply::bytes("text/plain", vec![b'a', 0xff])).call(());
    let answer = answer.expect("it is answered");
    let error = answer.text().expect_err("it is not UTF-8");
    assert_eq!(error.kind(), CallErrorKind::Decode);
    assert_eq!(error.response().unwrap().bytes(), [b'a', 0xff]);
    assert!(answer.value().is_err());
}

#[test]
fn a_helper_thread_may_read_an_answer() {
    async fn ask(request: Request) -> Result<u16, Error> {
        let answer = request
            .connection("docker")?
            .resource("create")?
            .call(())
            .await?;
        let read = blocking(move || answer.json::<Created>()).await??;
        assert_eq!(read.id, "8f3e");
        Ok(204)
    }
    let request = testing::get("/").resource("docker.create", |_| made());
    assert_eq!(request.call(ask).status, 204);
}

#[test]
fn a_handler_passes_an_answer_on() {
    async fn ask(request: Request) -> Result<Response, Error> {
        Ok(request
            .connection("docker")?
            .resource("create")?
            .call(())
            .await?)
    }
    let request = testing::get("/").resource("docker.create", |_| {
        made()
            .with_header("Date", "Thu, 01 Jan 1970 00:00:00 GMT")
            .with_header("keep-alive", "timeout=5")
            .with_header("X-Request-Id", "theirs")
            .with_header("Upgrade", "h2c")
    });
    let answer = request.call(ask);
    assert_eq!((answer.status, answer.failure()), (201, None));
    let headers: Vec<_> = answer.headers().collect();
    let expected = [
        ("Content-Type", "application/json"),
        ("Location", "/containers/8f3e"),
        ("X-Tag", "one"),
        ("X-Tag", "two"),
        ("Content-Length", "27"),
    ];
    assert_eq!(headers, expected);
    assert_eq!(answer.json()["Id"], "8f3e");
    let nothing = testing::get("/").resource("docker.create", |_| 204);
    assert_eq!(
        (nothing.call(ask).status, nothing.call(ask).body()),
        (204, &b""[..])
    );
}

#[test]
fn content_is_as_long_as_a_setting_says_at_most() {
    async fn ask(request: Request) -> Result<String, Error> {
        let answer = request
            .connection("docker")?
            .resource("create")?
            .call(())
            .await;
        Ok(match answer {
            Ok(answer) => answer.bytes().len().to_string(),
            Err(error) => format!("{}: {}", error.kind(), error.message()),
        })
    }
    let pieces = |_| Reply::pieces("text/plain", [b"12345".to_vec(), b"67890".to_vec()]);
    let request = testing::get("/").resource("docker.create", pieces);
    let most = |most| {
        request
            .clone()
            .setting("connection.docker.http_max_content_length", most)
    };
    assert_eq!(request.call(ask).text(), "10");
    assert_eq!(most("10").call(ask).text(), "10");
    assert_eq!(most("11").call(ask).text(), "10");
    assert_eq!(
        most("9").call(ask).text(),
        "body: the content is longer than 9 bytes"
    );
}
