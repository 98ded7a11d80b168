//! Heads of answers that are none.

use micro_api::CallErrorKind::{Body, Head};

use crate::caller::caller_to;
use crate::scripted::{Scripted, answer};

/// Checks that a call fails that is answered with this and then the end.
#[track_caller]
fn refused(answer: impl Into<Vec<u8>>, parts: &[&str]) {
    let server = Scripted::ending(answer);
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().fails(Head, parts).at_once();
    server.wait_for_open(0);
}

#[test]
fn garbage() {
    for (bytes, quoted) in [
        (&b"ping\r\npong\r\n"[..], "`ping"),
        (b"\0\xff\x1b[2J\r\n\r\n", "begins with"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "begins with"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH-2"),
        (b"<html></html>", "<html"),
        (b"http/1.1 200 OK\r\n\r\n", "http/"),
        (b"HTTP/2 200\r\n\r\n", "HTTP/1.1 or HTTP/1.0"),
        (b"HTTP/1.9\r\n\r\n", "answer"),
    ] {
        refused(bytes, &[quoted]);
    }
}

/// Garbage is told from an answer though its end does not come.
#[test]
fn garbage_without_an_end() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.send("220 mail.test ESMTP\r\n");
        peer.wait_for_end();
    });
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().fails(Head, &["`220"]).at_once();
}

#[test]
fn a_status_that_is_none() {
    for (status, shown) in [
        ("099", "status 099"),
        ("600", "status 600"),
        ("999", "status 999"),
        ("abc", "`HTTP/1.1 abc"),
        ("20", "HTTP/1.1 20"),
        ("101", "status 101"),
        ("-20", "-20"),
    ] {
        refused(
            format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n"),
            &[shown],
        );
    }
}

#[test]
fn an_end_instead_of_an_answer() {
    refused("", &["the peer closed the connection without an answer"]);
    let half = "HTTP/1.1 200 OK\r\nContent-Le";
    let sentence = format!(
        "closed the connection after {} bytes of the head",
        half.len()
    );
    refused(half, &[&sentence]);
}

#[test]
fn a_reset_instead_of_an_answer() {
    for begin in ["", "HTTP/1.1 200 OK\r\nContent-Le"] {
        let server = Scripted::new(move |peer| {
            peer.request();
            peer.send(begin);
            peer.reset();
        });
        let mut caller = caller_to(server.port, "timeout=5");
        caller
            .get()
            .fails(Head, &["closed the connection"])
            .at_once();
    }
}

#[test]
fn fields_that_are_none() {
    for fields in [
        "No colon\r\n",
        "Space : 1\r\n",
        ": 1\r\n",
        "A: b\r\n folded\r\n",
        "A: b\0c\r\n",
        "A\0: b\r\n",
    ] {
        refused(
            format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n"),
            &["the head of the answer is refused"],
        );
    }
}

#[test]
fn two_ways_to_tell_where_it_ends() {
    for (fields, part) in [
        (
            "Content-Length: 1\r\nContent-Length: 2\r\n",
            "Content-Length 2 times",
        ),
        (
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "both Content-Length and Transfer-Encoding",
        ),
        ("Content-Length: 1, 2\r\n", "`1, 2`"),
        ("Content-Length: -1\r\n", "`-1`"),
        ("Content-Length: +1\r\n", "`+1`"),
        (
            "Content-Length: 99999999999999999999\r\n",
            "`99999999999999999999`",
        ),
        ("Transfer-Encoding: gzip, chunked\r\n", "`gzip, chunked`"),
        ("Transfer-Encoding: identity\r\n", "`identity`"),
    ] {
        refused(format!("HTTP/1.1 200 OK\r\n{fields}\r\n1"), &[part]);
    }
    refused(
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        &["HTTP/1.0"],
    );
}

#[test]
fn a_status_line_without_a_reason() {
    for line in ["HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.0 200 OK"] {
        let server = Scripted::ending(format!("{line}\r\nContent-Length: 1\r\n\r\n1"));
        caller_to(server.port, "timeout=5").get().answers("1");
    }
}

/// Lines end with LF alone in none of our parsers.
#[test]
fn lines_that_end_with_lf_alone() {
    let server = Scripted::ending("HTTP/1.1 200 OK\nContent-Length: 1\n\n1");
    let mut caller = caller_to(server.port, "timeout=1");
    caller.get().fails(Head, &["answer"]).at_once();
}

#[test]
fn the_length_of_a_head() {
    let settings = [("CONNECTION_X_HTTP_MAX_HEAD_LENGTH", "1024")];
    for (length, is_fine) in [(1023, true), (1024, true), (1025, false)] {
        let begin = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: ";
        let padding = "p".repeat(length - begin.len() - 4);
        let server = Scripted::ending(format!("{begin}{padding}\r\n\r\n1"));
        let lines = crate::caller::connection(server.port, "timeout=5");
        let mut caller = crate::caller::caller_with(&lines, &settings);
        let outcome = caller.get();
        match is_fine {
            true => drop(outcome.answers("1")),
            false => drop(outcome.fails(Head, &["longer than 1024 bytes"]).at_once()),
        }
    }
}

/// A head without an end is refused when it is too long, not when it ends.
#[test]
fn a_head_without_an_end() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\n");
        while peer.send("A: bcdefghijklmnopqrstuvwxyz\r\n") {}
    });
    let mut caller = caller_to(server.port, "timeout=5");
    let failed = caller.get().fails(Head, &["refused"]);
    failed.at_once();
}

#[test]
fn the_number_of_fields() {
    let settings = [("CONNECTION_X_HTTP_MAX_HEADER_COUNT", "10")];
    for (count, is_fine) in [(9, true), (10, true), (11, false)] {
        let fields = "A: b\r\n".repeat(count - 1);
        let text = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 1\r\n\r\n1");
        let server = Scripted::ending(text);
        let lines = crate::caller::connection(server.port, "timeout=5");
        let mut caller = crate::caller::caller_with(&lines, &settings);
        let outcome = caller.get();
        match is_fine {
            true => drop(outcome.answers("1")),
            false => drop(outcome.fails(Head, &["more than 10 fields"]).at_once()),
        }
    }
}

/// Each good answer is the same when each of its bytes comes alone, and after it the connection is
/// as good as before.
#[test]
fn good_answers_byte_by_byte() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n\
                   3;ext=1\r\n[1,\r\n2\r\n2]\r\n0\r\nT: x\r\n\r\n";
    for (text, content) in [
        (answer("200 OK", "[1,2]"), "[1,2]"),
        (chunked.to_owned(), "[1,2]"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n7"
                .to_owned(),
            "7",
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n".to_owned(), ""),
    ] {
        let server = Scripted::new(move |peer| {
            while peer.request().is_some() {
                peer.send_split(text.as_bytes());
            }
        });
        let mut caller = caller_to(server.port, "timeout=5");
        for _ in 0..3 {
            caller.get().answers(content);
        }
        assert_eq!(server.accepted(), 1);
    }
}

/// Cut short anywhere, no good answer is taken for one.
#[test]
fn good_answers_cut_anywhere() {
    let whole = answer("200 OK", "[1,2]");
    let head = whole.find("\r\n\r\n").expect("it has a head") + 4;
    let text = whole.clone();
    let server = Scripted::new(move |peer| {
        peer.request();
        peer.send(&text[..peer.number]);
    });
    let mut caller = caller_to(server.port, "timeout=5");
    for end in 0..whole.len() {
        let kind = if end < head { Head } else { Body };
        caller.get().fails(kind, &["closed the connection"]);
    }
    caller.get().answers("[1,2]");
    assert_eq!(server.accepted(), whole.len() + 1);
}
