//! A request on its way out, and a service that does not take it.

use std::time::Duration;

use micro_api::CallErrorKind::{Body, Head, Send, Status, Timeout};

use crate::caller::caller_to;
use crate::scripted::{Scripted, answer};

/// More than the system takes for a peer that does not.
const BIG: usize = 8 << 20;

fn big() -> (String,) {
    ("x".repeat(BIG),)
}

#[test]
fn a_peer_that_never_reads() {
    let server = Scripted::new(|peer| peer.hear("it is over"));
    let mut caller = caller_to(server.port, "timeout=300ms");
    let sentence = "it was silent for 300ms, and it takes no more of the request";
    let failed = caller.call("post", big()).fails(Timeout, &[sentence]);
    failed.after(300);
    server.say("it is over");
}

#[test]
fn a_peer_that_resets_in_the_middle() {
    let server = Scripted::new(|peer| {
        peer.head();
        peer.reset();
    });
    let mut caller = caller_to(server.port, "timeout=5");
    let outcome = caller.call("post", big());
    let error = outcome.fails(Send, &["bytes of the request were sent"]);
    let error = error.at_once();
    let words: Vec<&str> = error.message().split(' ').collect();
    let number = |at: usize| words[at].parse::<usize>().expect("it is a number");
    assert!(number(0) < number(2) && number(2) > BIG, "{error}");
}

#[test]
fn a_refusal_that_comes_early_is_had() {
    let server = Scripted::new(|peer| {
        peer.head();
        let refusal = answer("413 Content Too Large", "\"big\"");
        peer.send(refusal.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
        peer.end();
    });
    let mut caller = caller_to(server.port, "timeout=5");
    let outcome = caller.call("post", big());
    let error = outcome.fails(Status, &["the answer is 413"]).at_once();
    let response = error.response().expect("it has the answer");
    assert_eq!(
        (response.status(), response.bytes()),
        (413, &b"\"big\""[..])
    );
}

/// What has not been read is reset; the answer that came before counts.
#[test]
fn a_refusal_with_a_reset_behind_it() {
    let server = Scripted::new(|peer| {
        peer.head();
        peer.send(answer("413 Content Too Large", "\"big\""));
        peer.hear("it has been read");
    });
    let mut caller = caller_to(server.port, "timeout=5");
    caller.call("post", big()).fails(Status, &["413"]).at_once();
    server.say("it has been read");
    server.wait_for_open(0);
}

/// An answer that ends with the connection is none if that is cut, though the system tells of the
/// cut when we write, and once only.
#[test]
fn an_answer_without_a_length_and_a_reset() {
    let server = Scripted::new(|peer| {
        peer.head();
        peer.send("HTTP/1.1 200 OK\r\n\r\n[1]");
        peer.reset();
    });
    let mut caller = caller_to(server.port, "timeout=5");
    let error = caller.call("post", big()).result;
    let error = error.expect_err("it may be cut");
    assert!(matches!(error.kind(), Body | Send), "{error}");
}

#[test]
fn an_answer_before_the_request_is_whole_is_one() {
    let server = Scripted::new(|peer| {
        peer.head();
        peer.send(answer("200 OK", "1"));
        peer.hear("it has been read");
        peer.wait_for_end();
    });
    let mut caller = caller_to(server.port, "timeout=5");
    caller.call("post", big()).answers("1");
    server.say("it has been read");
    // The rest of the request has not been sent, so the connection is of no use.
    server.wait_for_open(0);
    assert_eq!(server.accepted(), 1);
}

#[test]
fn an_answer_before_the_request() {
    let server = Scripted::new(|peer| {
        peer.send(answer("200 OK", "1"));
        peer.wait_for_end();
    });
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().answers("1");
}

#[test]
fn a_big_request_is_sent_whole() {
    let server = Scripted::answering(answer("200 OK", "1"));
    let mut caller = caller_to(server.port, "timeout=10");
    for _ in 0..2 {
        caller.call("post", big()).answers("1");
    }
    assert_eq!(server.accepted(), 1);
    let lengths = server
        .requests()
        .iter()
        .map(|asked| asked.body.len())
        .collect::<Vec<_>>();
    // `{"body":"…"}`
    assert_eq!(lengths, [BIG + 11; 2]);
}

/// A peer that takes a little now and then is not silent.
#[test]
fn a_peer_that_reads_slowly() {
    let server = Scripted::new(|peer| {
        use std::io::Read;
        let mut piece = vec![0; 1 << 20];
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(250));
            peer.stream().read_exact(&mut piece).expect("it comes");
        }
        peer.send(answer("200 OK", "1"));
        peer.wait_for_end();
    });
    let mut caller = caller_to(server.port, "timeout=1");
    caller.call("post", big()).answers("1");
}

#[test]
fn interim_answers_come_first() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n\
                   HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let server = Scripted::answering(format!("{interim}{}", answer("200 OK", "1")));
    let mut caller = caller_to(server.port, "timeout=5");
    for _ in 0..2 {
        let response = caller.call("post", ("b",)).answers("1");
        assert_eq!(response.header("link"), None);
    }
    assert_eq!(server.accepted(), 1);
}

#[test]
fn too_many_interim_answers() {
    for (count, is_fine) in [(16, true), (17, false)] {
        let interim = "HTTP/1.1 102 Processing\r\n\r\n".repeat(count);
        let server = Scripted::answering(format!("{interim}{}", answer("200 OK", "1")));
        let mut caller = caller_to(server.port, "timeout=5");
        let outcome = caller.get();
        match is_fine {
            true => drop(outcome.answers("1")),
            false => drop(outcome.fails(Head, &["more than 16 answers"]).at_once()),
        }
    }
}
