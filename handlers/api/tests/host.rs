//! What servers use of the contract.

use std::fmt;
use std::rc::Rc;

use micro_api::host::{
    self, Argument, Context, Names, Parts, RequestId, Span, decode_percent, problem, reason,
};
use micro_api::{Error, Method};

#[test]
fn identities_are_sixteen_digits() {
    assert_eq!(RequestId::new(0).as_str(), "0000000000000000");
    assert_eq!(
        RequestId::new(0x0123_4567_89ab_cdef).as_str(),
        "0123456789abcdef"
    );
    assert_eq!(RequestId::new(u64::MAX).as_str(), "ffffffffffffffff");
}

#[test]
fn methods_are_found_by_their_tokens() {
    for method in Method::ALL {
        assert_eq!(Method::find(method.as_str()), Some(method));
        assert_eq!(Method::find(&method.as_str().to_lowercase()), None);
    }
    assert_eq!(Method::find(""), None);
    assert_eq!(Method::find("GETS"), None);
}

#[test]
fn a_span_is_a_part_of_the_bytes() {
    let span = Span::new(1, 3);
    assert_eq!(
        (span.of(b"abcd"), span.len(), span.is_empty()),
        (&b"bc"[..], 2, false)
    );
    assert!(Span::default().is_empty());
}

#[test]
fn a_problem_is_json_whatever_it_says() {
    let content = problem("a \"b\"\n", "1");
    assert_eq!(content, br#"{"error":"a \"b\"\n","id":"1"}"#);
}

#[test]
fn percent_encoding_is_undone_once() {
    assert_eq!(
        decode_percent(b"a%20b%2520%c3%A9").as_deref(),
        Some("a b%20é")
    );
    assert_eq!(decode_percent(b"100%+%4").as_deref(), Some("100%+%4"));
    assert_eq!(decode_percent(b"%ff"), None);
}

#[test]
fn every_status_of_a_failure_that_is_in_use_has_a_name() {
    for status in [400, 404, 405, 413, 414, 416, 417, 431, 500, 501, 503, 505] {
        assert_ne!(reason(status), "", "{status}");
    }
    assert_eq!(reason(299), "");
}

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no port")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn an_error_tells_the_log_its_causes_and_the_peer_nothing() {
    let error = Error::from(Outer("x".parse::<u16>().unwrap_err()));
    assert_eq!(
        (error.status(), error.message()),
        (500, "Internal Server Error")
    );
    assert_eq!(
        error.detail(),
        Some("no port: invalid digit found in string")
    );
    let shown = "500 Internal Server Error (no port: invalid digit found in string)";
    assert_eq!(error.to_string(), shown);
}

/// Parts with these names, and with the numbers from 1 to `count` as arguments.
fn parts(names: &[&str], count: i64) -> Parts {
    let mut parts = Parts::new(Rc::new(Context::default()));
    parts.names = Rc::new(Names::new(names.iter().map(ToString::to_string)));
    parts.arguments = (1..=count)
        .map(|number| Argument::value(number.into()))
        .collect();
    parts
}

#[test]
fn a_request_has_no_arguments_without_names_and_no_names_without_arguments() {
    for (names, count, expected) in [
        (&["one"][..], 3, &["one"][..]),
        (&[], 3, &[]),
        (&["one", "two", "three"], 2, &["one", "two"]),
        (&["one", "two"], 0, &[]),
        (&["one", "two"], 2, &["one", "two"]),
    ] {
        let request = host::request(&Rc::new(parts(names, count)));
        assert_eq!(request.argument_names().len(), expected.len());
        let found: Vec<&str> = request.argument_names().collect();
        assert_eq!(found, expected);
        for (at, name) in expected.iter().enumerate() {
            let number = at + 1;
            assert_eq!(request.arg::<usize>(*name).ok(), Some(number));
            assert_eq!(request.arg::<usize>(at).ok(), Some(number));
        }
        assert!(request.arg::<usize>(expected.len()).is_err());
    }
}

#[test]
fn two_requests_of_the_same_parts_agree() {
    let mut parts = parts(&["one", "two"], 2);
    parts.bytes = b"/path".to_vec();
    (parts.target, parts.path) = (Span::new(0, 5), Span::new(0, 5));
    parts.id = RequestId::new(7);
    let mut parts = Rc::new(parts);
    let told = |request: &micro_api::Request| {
        let names: Vec<_> = request.argument_names().map(str::to_owned).collect();
        (
            request.path().to_owned(),
            request.id().to_owned(),
            names.join(" "),
        )
    };
    let first = host::request(&parts);
    // What the first one lends stays what it is while there is a second one.
    let (path, id) = (first.path(), first.id());
    let second = host::request(&parts);
    assert_eq!((path, id), ("/path", "0000000000000007"));
    assert_eq!(told(&first), told(&second));
    assert_eq!(
        told(&second),
        (path.to_owned(), id.to_owned(), "one two".to_owned())
    );
    drop(first);
    assert_eq!(second.path(), "/path", "the other one keeps it");
    drop(second);
    // Held by nobody, the parts are those of another request.
    let unshared = Rc::get_mut(&mut parts).expect("nobody holds them");
    unshared.id = RequestId::new(8);
    unshared.arguments.pop();
    let third = host::request(&parts);
    assert_eq!(third.id(), "0000000000000008");
    assert_eq!(third.argument_names().len(), 1);
}
