//! Connections that are kept for further calls, and what may have become of them meanwhile.

use std::time::Duration;

use micro_api::CallErrorKind::{self, Head, Send};
use micro_api::{join_all, sleep};

use crate::caller::{caller_to, caller_with, connection, until};
use crate::scripted::{Peer, Scripted, answer};

/// Answers requests with their number on the connection.
fn serve(peer: &mut Peer) {
    let mut count = 0;
    while peer.request().is_some() {
        count += 1;
        peer.send(answer("200 OK", &count.to_string()));
    }
}

#[test]
fn a_connection_is_used_again() {
    let server = Scripted::new(serve);
    let mut caller = caller_to(server.port, "timeout=5");
    for count in 1..=20 {
        caller.call("post", ("b",)).answers(&count.to_string());
    }
    assert_eq!(server.accepted(), 1);
}

#[test]
fn a_connection_that_is_to_be_closed() {
    for (version, field) in [
        ("HTTP/1.1", "Connection: close"),
        ("HTTP/1.1", "connection: Foo, Close"),
        ("HTTP/1.0", "A: b"),
    ] {
        let text = format!("{version} 200 OK\r\n{field}\r\nContent-Length: 1\r\n\r\n1");
        // It does not close it itself.
        let server = Scripted::answering(text);
        let mut caller = caller_to(server.port, "timeout=5");
        for _ in 0..3 {
            caller.get().answers("1");
        }
        assert_eq!(server.accepted(), 3, "{field}");
        server.wait_for_open(0);
    }
}

/// The service has ended it before the next call: nobody hears of it, whatever the method.
#[test]
fn a_connection_that_has_died_while_idle() {
    for is_reset in [false, true] {
        for resource in ["get", "post"] {
            let server = Scripted::new(move |peer| {
                peer.request();
                peer.send(answer("200 OK", &peer.number.to_string()));
                peer.hear(&format!("end {}", peer.number));
                if is_reset {
                    peer.reset();
                }
            });
            let mut caller = caller_to(server.port, "timeout=5");
            for number in 0..5 {
                let outcome = match resource {
                    "get" => caller.get(),
                    _ => caller.call(resource, ("b",)),
                };
                outcome.answers(&number.to_string());
                // It has looked at the connection, and found nothing.
                caller.wait(sleep(Duration::from_millis(1)));
                // The loop stands still meanwhile: it learns of the end when it is too late.
                server.say(&format!("end {number}"));
                server.wait_for_open(0);
            }
            assert_eq!(server.requests().len(), 5);
        }
    }
}

/// The loop closes a connection that the service has ended, without a call.
#[test]
fn an_end_is_noticed_while_idle() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.send(answer("200 OK", "1"));
        peer.hear("end");
        peer.end();
        peer.say("noticed");
    });
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().answers("1");
    server.say("end");
    let board = server.board().clone();
    caller.wait(until(move || board.has_heard("noticed")));
}

/// A server whose connections die with a request: the first `deaths` of them with their second one,
/// and all that come before the last with their first.
fn dying(deaths: usize, begin: &'static str) -> Scripted {
    Scripted::new(move |peer| {
        if peer.number == 0 {
            peer.request();
            peer.send(answer("200 OK", "0"));
        }
        if peer.number < deaths {
            peer.request();
            peer.send(begin);
            return;
        }
        serve(peer);
    })
}

#[test]
fn a_request_that_meets_the_end_is_sent_once_more() {
    for resource in ["get", "put"] {
        let server = dying(1, "");
        let mut caller = caller_to(server.port, "timeout=5");
        caller.get().answers("0");
        let outcome = match resource {
            "get" => caller.get(),
            _ => caller.call(resource, ("b",)),
        };
        outcome.answers("1");
        assert_eq!((server.accepted(), server.requests().len()), (2, 3));
    }
}

#[test]
fn a_request_that_might_do_harm_is_not_sent_again() {
    let server = dying(1, "");
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().answers("0");
    let failed = caller.call("post", ("b",));
    let error = failed.fails(Head, &["without an answer"]).at_once();
    assert!(matches!(error.kind(), Head | Send));
    assert_eq!((server.accepted(), server.requests().len()), (1, 2));
    caller.call("post", ("b",)).answers("1");
}

#[test]
fn a_second_death_is_an_error() {
    let server = dying(2, "");
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().answers("0");
    let failed = caller.get().fails(Head, &["without an answer"]);
    failed.at_once();
    assert_eq!((server.accepted(), server.requests().len()), (2, 3));
    caller.get().answers("1");
}

/// Only an answer that has not begun may be asked for again.
#[test]
fn a_death_in_the_midst_of_an_answer() {
    let server = dying(1, "HTTP/1.1 2");
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().answers("0");
    let failed = caller.get().fails(Head, &["after 10 bytes of the head"]);
    failed.at_once();
    assert_eq!((server.accepted(), server.requests().len()), (1, 2));
}

/// Nor one that is only slow.
#[test]
fn silence_on_a_connection_that_was_kept() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.send(answer("200 OK", "0"));
        peer.request();
        peer.wait_for_end();
    });
    let mut caller = caller_to(server.port, "timeout=150ms");
    caller.get().answers("0");
    let failed = caller.get().fails(CallErrorKind::Timeout, &["150ms"]);
    failed.after(150);
    assert_eq!((server.accepted(), server.requests().len()), (1, 2));
}

#[test]
fn no_more_are_kept_than_may_be() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.say(&format!("asked {}", peer.number));
        // All ten are asked before one answers.
        peer.hear("asked 9");
        peer.send(answer("200 OK", "1"));
        peer.wait_for_end();
    });
    let lines = connection(server.port, "timeout=5");
    let mut caller = caller_with(&lines, &[("CONNECTION_X_MAX_KEPT", "3")]);
    let get = caller.resource("get");
    let results = caller.wait(join_all((0..10).map(|_| get.call(()))));
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.accepted(), 10);
    server.wait_for_open(3);
}

#[test]
fn an_idle_connection_is_closed_in_time() {
    let server = Scripted::new(serve);
    let lines = connection(server.port, "timeout=5");
    let settings = [("CONNECTION_X_IDLE_TIMEOUT", "100ms")];
    let mut caller = caller_with(&lines, &settings);
    caller.get().answers("1");
    let open = server.board().clone();
    caller.wait(async move {
        let begin = std::time::Instant::now();
        until(|| open.open() == 0).await;
        assert!(begin.elapsed() > Duration::from_millis(80));
    });
    caller.get().answers("1");
    assert_eq!(server.accepted(), 2);
}

#[test]
fn nothing_is_kept_where_nothing_may_be() {
    let server = Scripted::new(serve);
    let lines = connection(server.port, "timeout=5");
    let mut caller = caller_with(&lines, &[("CONNECTION_X_MAX_KEPT", "0")]);
    for _ in 0..3 {
        caller.get().answers("1");
        server.wait_for_open(0);
    }
}

/// A service that restarts ends all that were kept at once.
#[test]
fn all_that_were_kept_have_died() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.say(&format!("asked {}", peer.number));
        if peer.number < 10 {
            peer.hear("asked 9");
        }
        peer.send(answer("200 OK", "1"));
        if peer.number < 10 {
            peer.hear("end");
        } else {
            peer.wait_for_end();
        }
    });
    let mut caller = caller_to(server.port, "timeout=5");
    let post = caller.resource("post");
    let calls = (0..10).map(|_| post.call(("b",)));
    assert!(caller.wait(join_all(calls)).iter().all(Result::is_ok));
    server.say("end");
    server.wait_for_open(0);
    let calls = (0..10).map(|_| post.call(("b",)));
    assert!(caller.wait(join_all(calls)).iter().all(Result::is_ok));
    assert_eq!(server.requests().len(), 20);
}
