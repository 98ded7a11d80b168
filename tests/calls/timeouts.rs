//! A service that takes too long: how long it may be silent, and how long a call may take.

use std::time::{Duration, Instant};

use micro_api::CallErrorKind::Timeout;

use crate::caller::{before, caller_to};
use crate::scripted::{Peer, Scripted, answer};

/// A server that is slow at something.
fn slow(script: impl Fn(&mut Peer) + Send + Sync + 'static) -> Scripted {
    Scripted::new(move |peer| {
        peer.request();
        script(peer);
        peer.wait_for_end();
    })
}

/// Sends these bytes over and over, with a pause after each time.
fn dribble(peer: &mut Peer, bytes: &str) {
    while peer.send(bytes) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn no_answer_begins() {
    let server = slow(|_| {});
    let mut caller = caller_to(server.port, "timeout=150ms");
    let sentence = "it was silent for 150ms, and no answer has begun";
    caller.get().fails(Timeout, &[sentence]).after(150);
    server.wait_for_open(0);
}

#[test]
fn the_head_stops() {
    let server = slow(|peer| {
        peer.send("HTTP/1.1 200 OK\r\nContent-");
    });
    let mut caller = caller_to(server.port, "timeout=150ms");
    let sentence = "it was silent for 150ms, and the rest of the answer does not come";
    caller.get().fails(Timeout, &[sentence]).after(150);
}

#[test]
fn the_body_stops() {
    for begin in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n",
        "HTTP/1.1 200 OK\r\n\r\n1",
        "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\n123",
    ] {
        let server = slow(move |peer| {
            peer.send(begin);
        });
        let mut caller = caller_to(server.port, "timeout=100ms");
        let sentence = "it was silent for 100ms, and the rest of the answer does not come";
        caller.get().fails(Timeout, &[sentence]).after(100);
    }
}

#[test]
fn a_head_that_never_ends_is_never_silent() {
    let server = slow(|peer| {
        peer.send("HTTP/1.1 200 OK\r\n");
        dribble(peer, "A");
    });
    let mut caller = caller_to(server.port, "timeout=5 deadline=200ms");
    let sentence = "its time of 200ms was over, waiting for the answer";
    caller.get().fails(Timeout, &[sentence]).after(200);
    server.wait_for_open(0);
}

#[test]
fn a_body_that_never_ends_is_never_silent() {
    let server = slow(|peer| {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        dribble(peer, "1\r\n1\r\n");
    });
    let mut caller = caller_to(server.port, "timeout=5 deadline=200ms");
    let sentence = "its time of 200ms was over, waiting for the rest of the answer";
    caller.get().fails(Timeout, &[sentence]).after(200);
}

#[test]
fn interim_answers_that_never_end() {
    let server = slow(|peer| dribble(peer, "HTTP/1.1 102 Processing\r\nX: "));
    let mut caller = caller_to(server.port, "timeout=5 deadline=200ms");
    caller.get().fails(Timeout, &["200ms"]).after(200);
}

/// The loop keeps up with a peer that sends as fast as it can, and with its clock.
#[test]
fn a_body_that_comes_faster_than_it_is_read() {
    let server = slow(|peer| {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunks = "1\r\n1\r\n".repeat(10_000);
        while peer.send(&chunks) {}
    });
    let mut caller = caller_to(server.port, "timeout=5 deadline=200ms");
    let failed = caller.get();
    failed.fails(Timeout, &["200ms"]).after(200);
}

#[test]
fn the_deadline_may_come_first_and_so_may_silence() {
    for (options, milliseconds, sentence) in [
        (
            "timeout=5 deadline=100ms",
            100,
            "its time of 100ms was over, waiting for the answer",
        ),
        ("timeout=100ms deadline=5", 100, "it was silent for 100ms"),
        ("timeout=0 deadline=150ms", 150, "its time of 150ms"),
        ("timeout=150ms deadline=0", 150, "it was silent for 150ms"),
    ] {
        let server = slow(|_| {});
        let mut caller = caller_to(server.port, options);
        let failed = caller.get().fails(Timeout, &[sentence]);
        failed.after(milliseconds);
    }
}

#[test]
fn without_both_a_call_waits_for_ever() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.hear("go on");
        peer.send(answer("200 OK", "1"));
    });
    let mut caller = caller_to(server.port, "timeout=0 deadline=0");
    let get = caller.resource("get");
    let mut call = Box::pin(async move { get.call(()).await });
    let waited = caller.wait(before(Duration::from_millis(200), call.as_mut()));
    assert!(waited.is_none());
    server.say("go on");
    let response = caller.wait(call).expect("it is answered");
    assert_eq!(response.bytes(), b"1");
}

#[test]
fn silence_begins_anew_with_each_byte() {
    let server = slow(|peer| {
        for byte in answer("200 OK", "1").as_bytes().chunks(8) {
            std::thread::sleep(Duration::from_millis(50));
            peer.send(byte);
        }
    });
    let mut caller = caller_to(server.port, "timeout=300ms");
    let begin = Instant::now();
    caller.get().answers("1");
    assert!(begin.elapsed() > Duration::from_millis(400));
}

#[test]
fn a_resource_has_times_of_its_own() {
    let server = slow(|_| {});
    let port = server.port;
    for (line, milliseconds) in [("timeout=100ms", 100), ("deadline=120ms", 120)] {
        let mut caller = crate::caller::caller(&format!(
            "CONNECTION x http://127.0.0.1:{port} timeout=10\nRESOURCE get /get {line}"
        ));
        let number = format!("{milliseconds}ms");
        caller.get().fails(Timeout, &[&number]).after(milliseconds);
    }
}
