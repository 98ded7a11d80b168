//! If-Match and If-None-Match: what is done only if a mapping is as its client believes.

use std::thread::{self, ScopedJoinHandle};

use super::service::{Service, TOKEN, mapping};
use crate::database::{Database, on_each_database};
use crate::support::Answer;

on_each_database! {
    who_has_it_already_is_told_so,
    what_changed_meanwhile_is_not_overwritten,
    what_must_not_be_there_is_not_replaced,
    what_must_be_there_is_not_made,
    conditions_that_make_no_sense,
    one_of_many_with_the_same_condition_wins,
}

const PATH: &str = "/v1/acme/mapping/a.example.org";

#[track_caller]
fn send(service: &Service, method: &str, path: &str, field: (&str, &str), body: &str) -> Answer {
    let headers = [("X-Auth-Token", TOKEN), field];
    service.ask(method, path, &headers, body.as_bytes())
}

fn who_has_it_already_is_told_so(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    for tags in ["\"1-1\"", "W/\"1-1\"", "\"x\", \"1-1\"", "*"] {
        for method in ["GET", "HEAD"] {
            let answer = send(&service, method, PATH, ("If-None-Match", tags), "");
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{tags}");
            assert_eq!(answer.header("etag"), Some("\"1-1\""));
        }
    }
    let answer = send(&service, "GET", PATH, ("If-None-Match", "\"1-2\""), "");
    answer.is(200, &mapping("a.example.org", &["http://a:1"]));
    let answer = send(&service, "GET", PATH, ("If-Match", "\"1-2\""), "");
    answer.is_failure(412, "the mapping is not as `If-Match` says");
    let none = "/v1/acme/mapping/b.example.org";
    let answer = send(&service, "GET", none, ("If-None-Match", "*"), "");
    assert_eq!(answer.status, 404);
}

fn what_changed_meanwhile_is_not_overwritten(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    let second = mapping("a.example.org", &["http://a:2"]);
    let answer = send(&service, "PUT", PATH, ("If-Match", "\"1-1\""), &second);
    answer.is(200, &second);
    assert_eq!(answer.header("etag"), Some("\"1-2\""));
    let third = mapping("a.example.org", &["http://a:3"]);
    let told = "the mapping has the entity-tag `\"1-2\"` now";
    for (method, path) in [
        ("PUT", PATH),
        ("POST", PATH),
        ("DELETE", PATH),
        ("PUT", "/v1/acme/mapping"),
    ] {
        for tags in ["\"1-1\"", "W/\"1-2\"", "\"1-1\", \"2-2\""] {
            let answer = send(&service, method, path, ("If-Match", tags), &third);
            answer.is_failure(412, told);
        }
    }
    service.get(PATH).is(200, &second);
    let answer = send(&service, "DELETE", PATH, ("If-Match", "\"1-2\""), "");
    answer.is(200, &second);
}

fn what_must_not_be_there_is_not_replaced(database: &Database) {
    let service = Service::start(database);
    let wanted = mapping("a.example.org", &["http://a:1"]);
    let put = || {
        let field = ("If-None-Match", "*");
        send(&service, "PUT", "/v1/acme/mapping", field, &wanted)
    };
    assert_eq!(put().status, 201);
    put().is_failure(412, "the mapping has the entity-tag `\"1-1\"` now");
    // Whose it is says more than whether it is there.
    let rival = send(
        &service,
        "PUT",
        "/v1/rival/mapping",
        ("If-None-Match", "*"),
        &wanted,
    );
    assert_eq!(rival.status, 409);
}

fn what_must_be_there_is_not_made(database: &Database) {
    let service = Service::start(database);
    let wanted = mapping("a.example.org", &["http://a:1"]);
    for tags in ["*", "\"1-1\""] {
        let answer = send(
            &service,
            "PUT",
            "/v1/acme/mapping",
            ("If-Match", tags),
            &wanted,
        );
        answer.is_failure(412, "there is no such mapping");
        // What would be refused anyway is, whatever the condition (RFC 9110 section 13.2.1).
        for method in ["GET", "PUT", "POST", "DELETE"] {
            let answer = send(&service, method, PATH, ("If-Match", tags), &wanted);
            assert_eq!(answer.status, 404, "{method} {tags}");
        }
    }
    assert_eq!(service.export(), "");
}

fn conditions_that_make_no_sense(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    let before = service.export();
    for tags in ["1-1", "\"1-1", "\"1-1\" \"1-2\"", "*, \"1-1\""] {
        let answer = send(&service, "DELETE", PATH, ("If-Match", tags), "");
        let expected = "expected `*`, or entity-tags such as `\"1-2\"` between commas";
        answer.is_failure(400, &format!("`If-Match` is `{tags}`: {expected}"));
    }
    assert_eq!(service.export(), before);
}

fn one_of_many_with_the_same_condition_wins(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    let bodies: Vec<String> = (2..18)
        .map(|port| mapping("a.example.org", &[&format!("http://a:{port}")]))
        .collect();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let (service, mut threads) = (&service, Vec::new());
        for body in &bodies {
            let field = ("If-Match", "\"1-1\"");
            threads.push(scope.spawn(move || send(service, "PUT", PATH, field, body).status));
        }
        let joined = threads.into_iter().map(ScopedJoinHandle::join);
        joined
            .map(|status| status.expect("it is answered"))
            .collect()
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(200), count(412)), (1, 15), "{statuses:?}");
    assert_eq!(service.get(PATH).header("etag"), Some("\"1-2\""));
}
