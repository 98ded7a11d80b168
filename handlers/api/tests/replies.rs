//! What handlers may return, and what becomes of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use micro_api::testing::{self, Answer};
use micro_api::{Error, IntoReply, Json, Reply, Request, Value, json};
use proptest::prelude::*;

fn answer(reply: impl IntoReply) -> Answer {
    let reply = std::cell::Cell::new(Some(reply.into_reply()));
    testing::get("/").call(move |_: Request| reply.take().expect("it is called once"))
}

fn told(reply: impl IntoReply) -> (u16, Option<String>, String) {
    let answer = answer(reply);
    let content_type = answer.header("content-type").map(str::to_owned);
    (answer.status, content_type, answer.text().to_owned())
}

fn expect(status: u16, content_type: &str, text: &str) -> (u16, Option<String>, String) {
    (status, Some(content_type.to_owned()), text.to_owned())
}

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";
const NOT_FOUND: &str = r#"{"error":"Not Found","id":"0000000000000001"}"#;
const OUR_FAULT: &str = r#"{"error":"Internal Server Error","id":"0000000000000001"}"#;

#[test]
fn text_and_bytes() {
    assert_eq!(told("text"), expect(200, TEXT, "text"));
    assert_eq!(told("text".to_owned()), expect(200, TEXT, "text"));
    assert_eq!(told(Cow::Borrowed("text")), expect(200, TEXT, "text"));
    assert_eq!(
        told(Cow::<str>::Owned("text".to_owned())),
        expect(200, TEXT, "text")
    );
    assert_eq!(told(Box::<str>::from("text")), expect(200, TEXT, "text"));
    assert_eq!(told(b"bytes"), expect(200, BYTES, "bytes"));
    assert_eq!(told(&b"bytes"[..]), expect(200, BYTES, "bytes"));
    assert_eq!(told(b"bytes".to_vec()), expect(200, BYTES, "bytes"));
}

#[test]
fn values_and_statuses() {
    assert_eq!(
        told(json!({"b": 1, "a": 2})),
        expect(200, JSON, r#"{"b":1,"a":2}"#)
    );
    assert_eq!(told(Json([1, 2])), expect(200, JSON, "[1,2]"));
    assert_eq!(told(()), (200, None, String::new()));
    assert_eq!(told(202), (202, None, String::new()));
    assert_eq!(told(404), expect(404, JSON, NOT_FOUND));
    assert_eq!(told(None::<Value>), expect(404, JSON, NOT_FOUND));
    assert_eq!(told(Some("text")), expect(200, TEXT, "text"));
    assert_eq!(told((418, "teapot")), expect(418, TEXT, "teapot"));
}

#[test]
fn header_fields_beside_the_content() {
    let reply = answer((201, [("location", "/1")], Json(1)));
    assert_eq!(
        (reply.status, reply.header("location"), reply.text()),
        (201, Some("/1"), "1")
    );
    let fields = BTreeMap::from([("x-a".to_owned(), "1".to_owned())]);
    assert_eq!(answer((200, fields, "")).header("x-a"), Some("1"));
    let reply = answer((200, [("Content-Type", "text/css")], "a{}"));
    assert_eq!(reply.headers().next(), Some(("Content-Type", "text/css")));
    assert_eq!(reply.headers().count(), 2, "it replaces the one there is");
}

#[test]
fn errors_know_their_status_and_keep_their_detail() {
    let taken: Result<(), Error> = Err(Error::new(409, "taken"));
    let text = r#"{"error":"taken","id":"0000000000000001"}"#;
    assert_eq!(told(taken), expect(409, JSON, text));
    let foreign = "x".parse::<u8>().map(|_| ());
    let failed = answer(foreign);
    assert_eq!((failed.status, failed.text()), (500, OUR_FAULT));
    assert_eq!(failed.failure(), Some("invalid digit found in string"));
}

#[test]
fn a_failure_inside_a_tuple_stays_one() {
    let not_found = || Err::<(), _>(Error::new(404, "Not Found"));
    assert_eq!(told((201, not_found())), expect(404, JSON, NOT_FOUND));
    assert_eq!(
        told((201, [("content-type", "a/b")], not_found())),
        expect(404, JSON, NOT_FOUND)
    );
    let no_json = BTreeMap::from([((1, 2), 3)]);
    let reply = answer((201, Json(no_json)));
    assert_eq!((reply.status, reply.text()), (500, OUR_FAULT));
    assert_eq!(
        reply.failure(),
        Some("the result is no JSON: key must be a string")
    );
    assert_eq!(Reply::status(500).with_status(503).code(), 503);
}

#[test]
fn a_status_that_is_none_is_our_failure() {
    for status in [0, 99, 100, 199, 600, 999, u16::MAX] {
        assert_eq!(told(status), expect(500, JSON, OUR_FAULT), "{status}");
        assert_eq!(
            told((status, "text")),
            expect(500, JSON, OUR_FAULT),
            "{status}"
        );
        assert_eq!(
            told(Error::new(status, "text")),
            expect(500, JSON, OUR_FAULT),
            "{status}"
        );
    }
    assert_eq!(told((599, "text")), expect(599, TEXT, "text"));
}

#[test]
fn header_fields_that_http_cannot_carry() {
    for (name, value) in [
        ("x-a", "b\r\nset-cookie: c"),
        ("x-a", "b\nc"),
        ("x-a", "b\rc"),
        ("x-a", "b\0"),
        ("x-a", "b\x7f"),
        ("content-type", "text/html\r\nx: y"),
        ("x-a: b\r\nx-c", "d"),
        ("x a", "b"),
        ("", "b"),
        ("ä", "b"),
        ("content-length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("CONNECTION", "close"),
    ] {
        let refused = answer(Reply::text("text").with_header(name, value));
        assert_eq!(
            (refused.status, refused.text()),
            (500, OUR_FAULT),
            "{name}: {value:?}"
        );
        assert!(
            refused
                .failure()
                .expect("the log is told")
                .starts_with("a handler set")
        );
        assert_eq!(refused.headers().count(), 2, "{name}");
    }
    let refused = Reply::bytes("text/plain\r\nx: y", Vec::new());
    assert_eq!(refused.code(), 500);
    let kept = answer(Reply::text("").with_header("x-name", "é\tü"));
    assert_eq!(kept.header("x-name"), Some("é\tü"));
}

proptest! {
    #[test]
    fn no_header_field_starts_another_line(name in ".{0,8}", value in ".{0,8}") {
        let reply = answer(Reply::text("").with_header(name, value));
        for (name, value) in reply.headers() {
            let is_line_end = |c| c == '\r' || c == '\n' || c == '\0';
            prop_assert!(!name.contains(|c| is_line_end(c) || c == ':' || c == ' '));
            prop_assert!(!value.contains(is_line_end));
        }
    }
}
