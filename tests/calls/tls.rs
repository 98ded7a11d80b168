//! TLS, and services that do not speak it, or not to the end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, LazyLock};

use micro_api::CallErrorKind::{Body, Head, Timeout, Tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::NamedTempFile;

use crate::caller::{Caller, caller, caller_with};
use crate::scripted::{Peer, Scripted, answer};

static CERTIFIED: LazyLock<CertifiedKey<rcgen::KeyPair>> = LazyLock::new(|| {
    generate_simple_self_signed(["localhost".to_owned()]).expect("it can be made")
});

type Session = StreamOwned<ServerConnection, TcpStream>;

/// A server that speaks TLS and follows a script in each session.
fn secured(script: impl Fn(&mut Session, &mut Peer) + Send + Sync + 'static) -> Scripted {
    let key = PrivateKeyDer::Pkcs8(CERTIFIED.signing_key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider serves them")
        .with_no_client_auth()
        .with_single_cert(vec![CERTIFIED.cert.der().clone()], key)
        .expect("the certificate fits");
    // What is said before the other side's part of the handshake has come goes out at once.
    config.send_half_rtt_data = true;
    let config = Arc::new(config);
    Scripted::new(move |peer| {
        let session = ServerConnection::new(Arc::clone(&config)).expect("it begins");
        let stream = peer.stream().try_clone().expect("it can be shared");
        script(&mut StreamOwned::new(session, stream), peer);
    })
}

/// A service that trusts this server.
fn trusting(port: u16, options: &str) -> Caller {
    let mut file = NamedTempFile::new().expect("there is room");
    file.write_all(CERTIFIED.cert.pem().as_bytes())
        .expect("there is room");
    let path = file.path().display().to_string();
    let lines = format!(
        "CONNECTION x https://localhost:{port} {options}
         RESOURCE get /get
         RESOURCE post /post method=POST
         REQUIRED body"
    );
    caller_with(&lines, &[("CONNECTION_X_SSL_CAFILE", &path)])
}

fn untrusting(port: u16, options: &str) -> Caller {
    caller(&format!(
        "CONNECTION x https://localhost:{port} {options}\nRESOURCE get /get"
    ))
}

/// Reads the head of a request: whether there is one.
fn head(session: &mut Session) -> bool {
    let (mut seen, mut byte) = (Vec::new(), [0]);
    while !seen.ends_with(b"\r\n\r\n") {
        match session.read(&mut byte) {
            Ok(1) => seen.push(byte[0]),
            _ => return false,
        }
    }
    true
}

fn send(session: &mut Session, text: &str) {
    let sent = session.write_all(text.as_bytes());
    let _ = sent.and_then(|()| session.flush());
}

/// Ends a session in good order.
fn end(session: &mut Session) {
    session.conn.send_close_notify();
    let _ = session.flush();
}

#[test]
fn calls_in_one_session() {
    let server = secured(|session, _| {
        while head(session) {
            send(session, &answer("200 OK", "[1]"));
        }
    });
    let mut caller = trusting(server.port, "timeout=5");
    for _ in 0..5 {
        caller.get().answers("[1]");
    }
    assert_eq!(server.accepted(), 1);
}

#[test]
fn an_answer_byte_by_byte() {
    let server = secured(|session, _| {
        while head(session) {
            for byte in answer("200 OK", "[1]").chars() {
                send(session, &byte.to_string());
            }
        }
    });
    let mut caller = trusting(server.port, "timeout=5");
    for _ in 0..2 {
        caller.get().answers("[1]");
    }
    assert_eq!(server.accepted(), 1);
}

#[test]
fn a_service_that_does_not_speak_it() {
    for (text, part) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "plain HTTP"),
        ("garbage", "does not speak TLS"),
    ] {
        let server = Scripted::new(move |peer| {
            // What it gets is no request to it.
            let mut piece = [0; 1000];
            let _ = peer.stream().read(&mut piece);
            peer.send(text);
            peer.end();
        });
        let mut caller = untrusting(server.port, "timeout=5");
        caller.get().fails(Tls, &[part]).at_once();
        server.wait_for_open(0);
    }
}

#[test]
fn an_end_during_the_handshake() {
    for begin in [&b""[..], b"\x16\x03\x03\x00\x40"] {
        let server = Scripted::new(move |peer| {
            let mut piece = [0; 1000];
            let _ = peer.stream().read(&mut piece);
            peer.send(begin);
            peer.end();
        });
        let mut caller = untrusting(server.port, "timeout=5");
        let part = "closed the connection during the TLS handshake";
        caller.get().fails(Tls, &[part]).at_once();
    }
}

#[test]
fn a_reset_during_the_handshake() {
    let server = Scripted::new(|peer| {
        let mut piece = [0; 1000];
        let _ = peer.stream().read(&mut piece);
        peer.reset();
    });
    let mut caller = untrusting(server.port, "timeout=5");
    caller.get().fails(Tls, &["reset"]).at_once();
}

#[test]
fn silence_during_the_handshake() {
    let server = Scripted::new(Peer::wait_for_end);
    let mut caller = untrusting(server.port, "timeout=150ms");
    let sentence = "it was silent for 150ms, agreeing on TLS";
    caller.get().fails(Timeout, &[sentence]).after(150);
    server.wait_for_open(0);
    let mut caller = untrusting(server.port, "timeout=0 deadline=150ms");
    let sentence = "its time of 150ms was over, agreeing on TLS";
    caller.get().fails(Timeout, &[sentence]).after(150);
}

/// A handshake that goes on byte by byte for ever is over with the timeout.
#[test]
fn a_handshake_that_never_ends() {
    let server = Scripted::new(|peer| {
        peer.send(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc");
        while peer.send([0]) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    });
    let mut caller = untrusting(server.port, "timeout=200ms");
    let failed = caller.get();
    let error = failed.result.expect_err("it is no handshake");
    assert!(matches!(error.kind(), Timeout | Tls), "{error}");
}

#[test]
fn a_service_that_is_not_trusted() {
    let server = secured(|session, _| {
        head(session);
    });
    let mut caller = untrusting(server.port, "timeout=5");
    caller.get().fails(Tls, &["certificate"]).at_once();
}

/// A service that is too busy may say so as soon as it has agreed, without having read anything.
#[test]
fn an_answer_together_with_the_end_of_the_handshake() {
    let server = secured(|session, peer| {
        let text = answer("503 Service Unavailable", "\"busy\"");
        let text = text.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        // TLS 1.3 lets a server speak in one piece with its part of the handshake.
        let (session, stream) = (&mut session.conn, &mut session.sock);
        while !session.wants_write() {
            session.read_tls(stream).expect("the other side begins");
            session.process_new_packets().expect("they agree");
        }
        let _ = session.writer().write(text.as_bytes());
        let mut records = Vec::new();
        while session.wants_write() {
            session.write_tls(&mut records).expect("memory takes it");
        }
        peer.send(&records);
        peer.wait_for_end();
    });
    let mut caller = trusting(server.port, "timeout=2");
    let error = caller
        .get()
        .fails(micro_api::CallErrorKind::Status, &["503"])
        .at_once();
    let response = error.response().expect("it has the answer");
    assert_eq!(response.bytes(), b"\"busy\"");
}

/// Without a word of its end, a content that ends with the connection may have been cut by anybody.
#[test]
fn an_end_without_a_word() {
    for (text, is_told, is_whole) in [
        ("HTTP/1.1 200 OK\r\n\r\n[1]", true, true),
        ("HTTP/1.1 200 OK\r\n\r\n[1]", false, false),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]",
            false,
            true,
        ),
    ] {
        let server = secured(move |session, peer| {
            head(session);
            send(session, text);
            if is_told {
                end(session);
            }
            peer.end();
        });
        let mut caller = trusting(server.port, "timeout=5");
        let outcome = caller.get();
        match is_whole {
            true => drop(outcome.answers("[1]")),
            false => drop(outcome.fails(Body, &["may be cut"]).at_once()),
        }
    }
}

#[test]
fn an_end_instead_of_an_answer() {
    let server = secured(|session, peer| {
        head(session);
        end(session);
        peer.end();
    });
    let mut caller = trusting(server.port, "timeout=5");
    caller.get().fails(Head, &["without an answer"]).at_once();
}

/// The end of a session while it is idle is noticed before the next call, whatever its method.
#[test]
fn a_session_that_has_ended_while_idle() {
    for is_told in [false, true] {
        let server = secured(move |session, peer| {
            head(session);
            send(session, &answer("200 OK", "[1]"));
            peer.hear(&format!("end {}", peer.number));
            if is_told {
                end(session);
            }
        });
        let mut caller = trusting(server.port, "timeout=5");
        for number in 0..3 {
            caller.call("post", ("b",)).answers("[1]");
            caller.wait(micro_api::sleep(std::time::Duration::from_millis(1)));
            server.say(&format!("end {number}"));
            server.wait_for_open(0);
        }
        assert_eq!(server.accepted(), 3);
    }
}

/// An answer is had though what follows it is no TLS.
#[test]
fn garbage_behind_an_answer() {
    let server = secured(|session, peer| {
        head(session);
        let text =
            answer("200 OK", "[1]").replace("Content-Length: 3", "Content-Length: 3\r\nA: b");
        let _ = session.conn.writer().write(text.as_bytes());
        let mut records = Vec::new();
        while session.conn.wants_write() {
            session
                .conn
                .write_tls(&mut records)
                .expect("memory takes it");
        }
        records.extend_from_slice(b"garbage that is no record");
        peer.send(&records);
        peer.end();
    });
    let mut caller = trusting(server.port, "timeout=5");
    caller.get().answers("[1]");
}

#[test]
fn garbage_instead_of_an_answer() {
    let server = secured(|session, peer| {
        head(session);
        peer.send(b"garbage that is no record");
        peer.end();
    });
    let mut caller = trusting(server.port, "timeout=5");
    caller.get().fails(Tls, &["TLS"]).at_once();
}

#[test]
fn a_peer_that_never_reads() {
    let server = secured(|session, peer| {
        while session.conn.is_handshaking() {
            if session.conn.complete_io(&mut session.sock).is_err() {
                return;
            }
        }
        peer.hear("it is over");
    });
    let mut caller = trusting(server.port, "timeout=300ms");
    let big = "x".repeat(8 << 20);
    let sentence = "it was silent for 300ms, and it takes no more of the request";
    caller.call("post", (big,)).fails(Timeout, &[sentence]);
    server.say("it is over");
}
