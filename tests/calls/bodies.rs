//! Contents of answers: cut, too long, packed, and what they are read as.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use micro_api::CallErrorKind::{Body, Decode, Status};
use micro_api::Value;

use crate::caller::{Caller, caller, caller_to, caller_with, connection};
use crate::scripted::{Scripted, answer};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Checks that a call fails at the body that is answered with this and then the end.
#[track_caller]
fn refused(answer: impl Into<Vec<u8>>, parts: &[&str]) {
    let server = Scripted::ending(answer);
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().fails(Body, parts).at_once();
    server.wait_for_open(0);
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn packed(content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), content].concat()
}

/// A service that takes contents of so many bytes.
fn limited(port: u16, bytes_max: usize) -> Caller {
    let bytes_max = bytes_max.to_string();
    let settings = [("CONNECTION_X_HTTP_MAX_CONTENT_LENGTH", bytes_max.as_str())];
    caller_with(&connection(port, "timeout=5 is_json=false"), &settings)
}

#[test]
fn an_end_too_early() {
    refused(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123",
        &["after 3 bytes of the body, expected 5"],
    );
    for rest in [
        "",
        "3\r\n12",
        "3\r\n123\r\n",
        "3\r\n123\r\n0\r\n",
        "3\r\n123\r\n0\r\nT: x\r\n",
    ] {
        refused(format!("{CHUNKED}{rest}"), &["before the last chunk"]);
    }
}

#[test]
fn chunks_that_are_none() {
    for rest in [
        "x\r\n",
        "-1\r\n",
        "0x3\r\n123\r\n",
        "3\r\n1234\r\n",
        "3 \n123",
        "\r\n",
        "ffffffffffffffffff\r\n1",
        "ffffffffffffffff\r\n1",
    ] {
        refused(format!("{CHUNKED}{rest}"), &[]);
    }
}

/// What a peer announces takes no memory, and what would be too long is refused at once.
#[test]
fn a_chunk_that_will_be_too_long() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.send(format!("{CHUNKED}7fffffff\r\n1"));
        peer.wait_for_end();
    });
    let mut caller = limited(server.port, 1000);
    let sentence = "the body of the answer is longer than 1000 bytes";
    caller.get().fails(Body, &[sentence]).at_once();
}

#[test]
fn a_trailer_is_read_and_left_aside() {
    let text = format!("{CHUNKED}1\r\n1\r\n0\r\nA: b\r\nContent-Length: 5\r\n\r\n");
    let server = Scripted::answering(text);
    let mut caller = caller_to(server.port, "timeout=5");
    for _ in 0..2 {
        let response = caller.get().answers("1");
        assert_eq!(response.header("a"), None);
    }
    assert_eq!(server.accepted(), 1);
}

#[test]
fn a_trailer_without_an_end() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.send(format!("{CHUNKED}1\r\n1\r\n0\r\n"));
        while peer.send("A: bcdefghijklmnopqrstuvwxyz\r\n") {}
    });
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().fails(Body, &["refused"]).at_once();
}

/// Bytes behind an answer are never the next one's.
#[test]
fn bytes_behind_the_end() {
    for behind in ["x", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n9"] {
        let server = Scripted::new(move |peer| {
            let number = peer.number;
            while peer.request().is_some() {
                let good = answer("200 OK", &number.to_string());
                peer.send(format!("{good}{behind}"));
            }
        });
        let mut caller = caller_to(server.port, "timeout=5");
        for number in 0..3 {
            caller.get().answers(&number.to_string());
        }
        assert_eq!(server.accepted(), 3);
    }
}

/// The same when they come late, while the connection is kept.
#[test]
fn bytes_that_come_unasked() {
    let server = Scripted::new(|peer| {
        let number = peer.number;
        peer.request();
        peer.send(answer("200 OK", &number.to_string()));
        if number == 0 {
            peer.hear("speak");
            peer.send(answer("200 OK", "99"));
            peer.say("spoken");
        }
        peer.wait_for_end();
    });
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().answers("0");
    server.say("speak");
    server.hear("spoken");
    caller.get().answers("1");
    server.wait_for_open(1);
}

#[test]
fn a_packed_content() {
    let server = Scripted::answering(packed(&gzip(b"[1,2]")));
    let mut caller = caller_to(server.port, "timeout=5");
    for _ in 0..2 {
        let response = caller.get().answers("[1,2]");
        assert_eq!(response.header("content-encoding"), None);
    }
    assert_eq!(server.accepted(), 1);
}

#[test]
fn a_packed_content_that_is_damaged() {
    let whole = gzip(b"[1,2]");
    let cut = &whole[..whole.len() - 1];
    refused(packed(cut), &["cannot be unpacked", "too early"]);
    refused(packed(b"garbage"), &["cannot be unpacked"]);
    refused(
        packed(&[&whole[..], b"x"].concat()),
        &["cannot be unpacked"],
    );
    let mut bent = whole.clone();
    bent[12] ^= 0xff;
    refused(packed(&bent), &["cannot be unpacked"]);
}

#[test]
fn a_bomb() {
    let server = Scripted::answering(packed(&gzip(&vec![0; 10 << 20])));
    let mut caller = limited(server.port, 1 << 20);
    let sentence = "longer than 1048576 bytes";
    caller.get().fails(Body, &[sentence]).at_once();
}

#[test]
fn the_length_of_a_content() {
    let close = |text: &str| format!("HTTP/1.1 200 OK\r\n\r\n{text}");
    let chunked = |text: &str| {
        let chunks = text.as_bytes().chunks(7).map(|chunk| {
            let text = std::str::from_utf8(chunk).expect("it is text");
            format!("{:x}\r\n{text}\r\n", chunk.len())
        });
        format!("{CHUNKED}{}0\r\n\r\n", chunks.collect::<String>())
    };
    for (length, is_fine) in [(99, true), (100, true), (101, false)] {
        let text = "x".repeat(length);
        for whole in [
            answer("200 OK", &text).into_bytes(),
            close(&text).into_bytes(),
            chunked(&text).into_bytes(),
            packed(&gzip(text.as_bytes())),
        ] {
            let server = Scripted::ending(whole);
            let mut caller = limited(server.port, 100);
            let outcome = caller.get();
            match is_fine {
                true => drop(outcome.answers(&text)),
                false => drop(outcome.fails(Body, &["longer than 100 bytes"]).at_once()),
            }
        }
    }
}

#[test]
fn answers_without_a_content() {
    let head = Scripted::answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    let mut caller = caller_to(head.port, "timeout=2");
    for _ in 0..2 {
        caller.call("head", ()).answers("");
    }
    assert_eq!(head.accepted(), 1);
    for status in ["204 No Content", "205 Reset Content"] {
        let server = Scripted::answering(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        let mut caller = caller_to(server.port, "timeout=2");
        assert_eq!(
            caller.get().answers("").status(),
            status[..3].parse::<u16>().unwrap()
        );
    }
}

/// RFC 9110 section 15.3.5: there is no content, so these bytes are nobody's.
#[test]
fn a_content_that_may_not_be() {
    let server = Scripted::new(|peer| {
        let number = peer.number;
        while peer.request().is_some() {
            match number {
                0 => peer.send("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n123"),
                _ => peer.send(answer("200 OK", "1")),
            };
        }
    });
    let mut caller = caller_to(server.port, "timeout=2");
    caller.get().answers("");
    caller.get().answers("1");
    assert_eq!(server.accepted(), 2);
}

#[test]
fn a_content_that_ends_with_the_connection() {
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n"] {
        let server = Scripted::ending(format!("{head}[1,2]"));
        let mut caller = caller_to(server.port, "timeout=2");
        for _ in 0..2 {
            caller.get().answers("[1,2]");
        }
        assert_eq!(server.accepted(), 2);
    }
}

/// A connection that breaks is no end: what came may be a part.
#[test]
fn a_content_that_ends_with_a_reset() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\n\r\n[1,2]");
        peer.hear("cut");
        peer.reset();
    });
    let mut caller = caller_to(server.port, "timeout=5");
    let get = caller.resource("get");
    let word = std::sync::Arc::clone(server.board());
    let outcome = caller.wait(async move {
        let mut stream = get.call(()).stream().await?;
        assert_eq!(stream.chunk().await?.as_deref(), Some(&b"[1,2]"[..]));
        word.say("cut");
        stream.chunk().await
    });
    let error = outcome.expect_err("it is cut");
    assert_eq!(error.kind(), Body, "{error}");
    assert!(error.message().contains("broke"), "{error}");
}

#[test]
fn statuses_that_are_no_success() {
    let big = format!("\"{}\"", "x".repeat(1 << 20));
    for (status, content) in [
        ("404 Not Found", "{\"message\":\"no such thing\"}"),
        ("301 Moved Permanently", ""),
        ("304 Not Modified", ""),
        ("500 Internal Server Error", big.as_str()),
        ("599 Unheard Of", "no JSON"),
    ] {
        let server = Scripted::answering(answer(status, content));
        let mut caller = caller_to(server.port, "timeout=5");
        let number = &status[..3];
        for _ in 0..2 {
            let sentence = format!("the answer is {number}");
            let error = caller.get().fails(Status, &[&sentence]).at_once();
            let response = error.response().expect("it has the answer");
            assert_eq!(response.status().to_string(), number);
            assert_eq!(response.text().expect("it is text"), content);
            assert_eq!(response.header("content-type"), Some("application/json"));
        }
        assert_eq!(server.accepted(), 1, "{status}");
    }
}

/// A status that is no success has a content with a limit, also where a stream was wanted.
#[test]
fn a_status_with_a_content_without_end() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.send("HTTP/1.1 500 No\r\n\r\n");
        while peer.send("x".repeat(1000)) {}
    });
    let mut caller = limited(server.port, 10_000);
    caller
        .get()
        .fails(Body, &["longer than 10000 bytes"])
        .at_once();
    let get = caller.resource("get");
    let stream = caller.wait(async move { get.call(()).stream().await });
    let error = stream.expect_err("it has failed");
    assert_eq!(error.kind(), Body, "{error}");
    assert!(
        error.message().contains("longer than 10000 bytes"),
        "{error}"
    );
}

#[test]
fn a_content_that_is_no_json() {
    let server = Scripted::answering(answer("200 OK", "{\"a\": "));
    let mut caller = caller_to(server.port, "timeout=5");
    for _ in 0..2 {
        let failed = caller.get().fails(Decode, &["the answer is not JSON"]);
        let error = failed.at_once();
        let response = error.response().expect("it has the answer");
        assert_eq!(
            (response.status(), response.bytes()),
            (200, &b"{\"a\": "[..])
        );
    }
    // It was read to its end all the same.
    assert_eq!(server.accepted(), 1);
}

/// A content that nests deeper than any reader of it would go.
#[test]
fn a_content_that_nests_deep() {
    let server = Scripted::answering(answer("200 OK", &"[".repeat(1 << 20)));
    let mut caller = caller_to(server.port, "timeout=5");
    caller.get().fails(Decode, &["not JSON"]).at_once();
}

#[test]
fn what_a_content_is_read_as() {
    let server = Scripted::answering(answer("200 OK", "text"));
    let port = server.port;
    let mut caller = caller(&format!(
        "CONNECTION x http://127.0.0.1:{port} is_json=false\nRESOURCE get /"
    ));
    let response = caller.get().answers("text");
    let error = response.value().expect_err("it is no JSON");
    assert_eq!(error.kind(), Decode);
    assert_eq!(
        error.response().map(micro_api::Response::bytes),
        Some(&b"text"[..])
    );

    let server = Scripted::answering(answer("200 OK", ""));
    let mut caller = caller_to(server.port, "timeout=5");
    let response = caller.get().answers("");
    assert_eq!(response.value().ok(), Some(Value::Null));
}
