//! Every phase of a connection has an end: what happens to peers that stall.

mod support;

use std::time::{Duration, Instant};

use micro::Micro;
use micro_api::{Module, Request};
use support::{DEADLINE, Service, serve};

const LINES: &[&str] = &[
    "SERVER test 0 host=127.0.0.1",
    "ROUTE /echo$",
    "POST echo.echo",
    "ROUTE /big$",
    "GET my.big",
];

fn service(setting: &'static str, value: &'static str) -> Service {
    serve(move || {
        let big = |_: Request| vec![b'x'; 32 << 20];
        Micro::new()
            .module(Module::new("my").handler("big", big))
            .environment([(format!("SERVER_TEST_{setting}"), value.to_owned())])
            .lines(LINES.iter().copied())
    })
}

#[test]
fn a_head_that_never_ends_is_answered_408() {
    let service = service("HEAD_TIMEOUT", "100ms");
    let mut client = service.connect();
    client.send("POST /echo HT");
    let answer = client.answer(false);
    assert_eq!(
        (answer.status, answer.header("connection")),
        (408, Some("close"))
    );
    assert!(client.is_ended());
}

#[test]
fn a_head_that_trickles_does_not_earn_more_time() {
    let service = service("HEAD_TIMEOUT", "300ms");
    let mut client = service.connect();
    client
        .stream
        .get_ref()
        .set_read_timeout(Some(Duration::from_millis(5)))
        .expect("possible");
    let begin = Instant::now();
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nX: ");
    // One byte every few milliseconds, for ever: no single pause is long.
    loop {
        use std::io::{Read, Write};
        assert!(begin.elapsed() < DEADLINE, "the trickle was never cut");
        if client.stream.get_mut().write_all(b"x").is_err() {
            break;
        }
        match client.stream.get_mut().read(&mut [0; 512]) {
            Ok(_) => break,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(_) => {}
        }
    }
    assert!(begin.elapsed() >= Duration::from_millis(250));
}

#[test]
fn a_body_that_never_ends_is_answered_408() {
    let service = service("BODY_TIMEOUT", "100ms");
    let mut client = service.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345");
    assert_eq!(client.answer(false).status, 408);
    assert!(client.is_ended());
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let service = service("IDLE_TIMEOUT", "100ms");
    assert!(service.connect().is_ended());
    let mut client = service.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi");
    client.answer(false).is(200, "hi");
    assert!(client.is_ended());
}

#[test]
fn a_peer_that_takes_nothing_of_its_answer_is_cut() {
    let service = service("WRITE_TIMEOUT", "200ms");
    let mut client = service.connect();
    client.send("GET /big HTTP/1.1\r\nHost: test\r\n\r\n");
    // A graceful end waits for every answer at work: it comes because this one is given up.
    service.end().expect("the service ends");
    let mut rest = Vec::new();
    let _ = std::io::Read::read_to_end(&mut client.stream, &mut rest);
    assert!(rest.len() < 32 << 20);
}

#[test]
fn zero_means_no_deadline() {
    let service = service("IDLE_TIMEOUT", "0");
    let mut client = service.connect();
    for _ in 0..3 {
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi");
        client.answer(false).is(200, "hi");
    }
}

#[test]
fn max_connections_makes_further_ones_wait() {
    let service = service("MAX_CONNECTIONS", "2");
    let request = "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi";
    let (mut first, mut second) = (service.connect(), service.connect());
    for client in [&mut first, &mut second] {
        client.send(request);
        client.answer(false).is(200, "hi");
    }
    let mut third = service.connect();
    third.send(request);
    third
        .stream
        .get_ref()
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("possible");
    let waited = std::io::Read::read(&mut third.stream, &mut [0; 1]);
    assert!(waited.is_err(), "the third connection is not served yet");
    third
        .stream
        .get_ref()
        .set_read_timeout(Some(DEADLINE))
        .expect("possible");
    drop(first);
    third.answer(false).is(200, "hi");
    second.send(request);
    second.answer(false).is(200, "hi");
}
