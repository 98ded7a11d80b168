//! One request and its answer after another: buffers, phases, ends.

use micro_api::{Reply, host};

use super::*;

const GET: &str = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn a_request_is_answered() {
    let mut rig = Rig::new();
    rig.receive("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(rig.advance(), Step::Request);
    let parts = &rig.parts;
    assert_eq!(parts.path.of(&parts.bytes), b"/a");
    assert_eq!(parts.query.of(&parts.bytes), b"b");
    assert_eq!(rig.connection.phase(), Phase::Handler);
    let sent = rig.answer(Reply::text("hi"));
    assert_eq!(
        sent,
        Sent {
            status: 200,
            content_bytes: 2,
            failure: None
        }
    );
    assert_eq!(
        rig.take_output(),
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Request-Id: 000000000000002a\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nhi"
    );
    assert_eq!(rig.connection.phase(), Phase::Idle);
    assert_eq!(rig.advance(), Step::Wait);
}

#[test]
fn an_idle_connection_owns_nothing_and_is_small() {
    let mut rig = Rig::new();
    rig.receive(GET);
    assert_eq!(rig.advance(), Step::Request);
    rig.answer(Reply::text("hi"));
    rig.take_output();
    assert_eq!(rig.connection.input.capacity(), 0);
    assert_eq!(rig.connection.output.capacity(), 0);
    assert!(
        size_of::<Connection>() <= 200,
        "{}",
        size_of::<Connection>()
    );
}

#[test]
fn a_request_held_by_somebody_keeps_its_bytes() {
    let mut rig = Rig::new();
    rig.receive([GET, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n"].concat());
    assert_eq!(rig.advance(), Step::Request);
    let request = host::request(&rig.parts);
    rig.connection
        .answer(Reply::text("1"), &stamp(), &mut rig.buffers);
    assert!(!rig.connection.reclaim(&mut rig.parts, &mut rig.buffers));
    rig.parts = new_parts();
    assert_eq!(rig.advance(), Step::Request);
    assert_eq!(request.path(), "/a");
    assert_eq!(host::request(&rig.parts).path(), "/b");
}

#[test]
fn what_comes_while_a_request_is_in_hand_is_read_after_it() {
    let mut rig = Rig::new();
    rig.receive([GET, "GET /b HT"].concat());
    assert_eq!(rig.advance(), Step::Request);
    rig.receive("TP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(rig.advance(), Step::Wait);
    rig.answer(Reply::text("1"));
    assert_eq!(rig.advance(), Step::Request);
    assert_eq!(host::request(&rig.parts).path(), "/b");
}

#[test]
fn an_answer_may_come_before_or_after_reclaim() {
    let mut rig = Rig::new();
    rig.receive(GET);
    assert_eq!(rig.advance(), Step::Request);
    assert!(rig.connection.reclaim(&mut rig.parts, &mut rig.buffers));
    assert_eq!(rig.advance(), Step::Wait);
    rig.connection
        .answer(Reply::text("1"), &stamp(), &mut rig.buffers);
    rig.receive(GET);
    assert_eq!(rig.advance(), Step::Request);
    rig.connection
        .answer(Reply::text("2"), &stamp(), &mut rig.buffers);
    assert_eq!(rig.advance(), Step::Wait, "the buffer is not back yet");
}

#[test]
fn phases() {
    let mut rig = Rig::new();
    assert_eq!(rig.connection.phase(), Phase::Idle);
    rig.receive("POST / HTTP/1.1\r\n");
    assert_eq!(rig.advance(), Step::Wait);
    assert_eq!(rig.connection.phase(), Phase::Head);
    rig.receive("Host: x\r\nContent-Length: 2\r\n\r\n");
    assert_eq!(rig.advance(), Step::Wait);
    assert_eq!(rig.connection.phase(), Phase::Body);
    rig.receive("ab");
    assert_eq!(rig.advance(), Step::Request);
    assert_eq!(rig.connection.phase(), Phase::Handler);
    rig.answer(Reply::text("hi"));
    assert_eq!(rig.connection.phase(), Phase::Write);
    rig.take_output();
    assert_eq!(rig.connection.phase(), Phase::Idle);
    rig.receive("GET *");
    rig.advance();
    rig.refuse(Reject::HeadTimeout);
    assert_eq!(rig.connection.phase(), Phase::Write);
    assert!(
        rig.take_output()
            .starts_with("HTTP/1.1 408 Request Timeout\r\n")
    );
    assert_eq!(rig.connection.phase(), Phase::Linger);
    assert!(rig.connection.is_over() && rig.connection.needs_linger());
    rig.connection.receive_end();
    assert!(!rig.connection.needs_linger());
}

#[test]
fn a_handler_that_is_late_does_not_end_the_connection() {
    let mut rig = Rig::new();
    rig.receive(GET);
    assert_eq!(rig.advance(), Step::Request);
    let sent = rig.refuse(Reject::HandlerTimeout);
    assert_eq!(sent.status, 503);
    rig.connection.reclaim(&mut rig.parts, &mut rig.buffers);
    rig.take_output();
    assert!(!rig.connection.is_over());
    assert_eq!(rig.connection.phase(), Phase::Idle);
}

#[test]
fn an_idle_connection_ends_at_once() {
    let mut rig = Rig::new();
    rig.connection.end_soon();
    assert!(rig.connection.is_over());
    assert_eq!(rig.advance(), Step::End);
}

#[test]
fn a_busy_connection_ends_with_its_answer() {
    let mut rig = Rig::new();
    rig.receive("GET /a HTTP/1.1\r\nHo");
    assert_eq!(rig.advance(), Step::Wait);
    rig.connection.end_soon();
    assert!(!rig.connection.is_over());
    rig.receive("st: x\r\n\r\n");
    assert_eq!(rig.advance(), Step::Request);
    rig.answer(Reply::text("bye"));
    assert!(rig.take_output().contains("\r\nConnection: close\r\n"));
    assert!(rig.connection.is_over() && rig.connection.needs_linger());
}

#[test]
fn a_large_content_is_sent_from_where_it_is() {
    let mut rig = Rig::new();
    rig.receive(GET);
    rig.advance();
    let content = vec![b'x'; 300 << 10];
    let place = content.as_ptr();
    rig.answer(Reply::bytes("a/b", content));
    let [head, large] = rig.connection.output();
    assert!(head.ends_with(b"\r\n\r\n"));
    assert_eq!((large.as_ptr(), large.len()), (place, 300 << 10));
    assert!(rig.connection.is_congested());
    let head = head.len();
    rig.connection.sent(head + (44 << 10), &mut rig.buffers);
    assert!(!rig.connection.is_congested());
    assert_eq!(rig.connection.output()[1].len(), 256 << 10);
    rig.connection.sent(256 << 10, &mut rig.buffers);
    assert!(!rig.connection.has_output());
}

#[test]
fn unread_content_is_not_reserved_for() {
    let mut rig = Rig::new();
    rig.receive("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n");
    assert_eq!(rig.advance(), Step::Wait);
    assert!(rig.connection.input.capacity() <= 4 << 10);
}

#[test]
fn many_small_chunks_take_no_more_room_than_their_content() {
    let mut rig = Rig::new();
    rig.receive("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..2000 {
        rig.receive("1\r\na\r\n".repeat(10));
        assert_eq!(rig.advance(), Step::Wait);
    }
    assert!(
        rig.connection.input.capacity() <= 64 << 10,
        "{}",
        rig.connection.input.capacity()
    );
    rig.receive("0\r\n\r\n");
    assert_eq!(rig.advance(), Step::Request);
    assert_eq!(rig.parts.body.len(), 20_000);
}

#[test]
fn a_pipeline_does_not_grow_the_buffer() {
    let mut rig = Rig::new();
    for _ in 0..1000 {
        rig.receive([GET, "GET /b"].concat());
        assert_eq!(rig.advance(), Step::Request);
        rig.answer(Reply::text("1"));
        assert_eq!(rig.advance(), Step::Wait);
        rig.receive(" HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(rig.advance(), Step::Request);
        rig.answer(Reply::text("2"));
        rig.receive(&GET[..4]);
        assert_eq!(rig.advance(), Step::Wait);
        rig.receive(&GET[4..]);
        assert_eq!(rig.advance(), Step::Request);
        rig.answer(Reply::text("3"));
        rig.take_output();
    }
    assert!(rig.connection.input.capacity() <= 4 << 10);
}

#[test]
fn a_failure_is_told_to_the_log_alone() {
    let mut rig = Rig::new();
    rig.receive(GET);
    rig.advance();
    let sent = rig.answer(Reply::text("x").with_status(42));
    assert_eq!(sent.status, 500);
    assert_eq!(
        sent.failure.as_deref(),
        Some("a handler answered with the status 42, which is none of 200 to 599")
    );
    assert!(!rig.take_output().contains("42\""));
}

#[test]
fn a_small_request_takes_its_memory_from_what_is_there() {
    let mut rig = Rig::new();
    let mut rounds = Vec::new();
    for _ in 0..3 {
        rig.receive(GET);
        let input = rig.connection.input.as_ptr();
        assert_eq!(rig.advance(), Step::Request);
        assert_eq!(
            rig.parts.bytes.as_ptr(),
            input,
            "the buffer moves, its bytes do not"
        );
        let fields = rig.parts.headers.as_ptr();
        rig.answer(Reply::text("hi"));
        let mut buffers = [input, rig.connection.output()[0].as_ptr()];
        rig.take_output();
        buffers.sort_unstable();
        rounds.push((buffers, fields));
    }
    assert!(
        rounds.windows(2).all(|pair| pair[0] == pair[1]),
        "{rounds:?}"
    );
}

#[test]
fn a_refusal_does_not_overtake_a_large_answer() {
    let mut rig = Rig::new();
    rig.receive([GET, "GET /b"].concat());
    rig.advance();
    rig.answer(Reply::bytes("a/b", vec![b'x'; 20_000]));
    assert_eq!(rig.advance(), Step::Wait);
    rig.refuse(Reject::HeadTimeout);
    let output = rig.take_output();
    assert_eq!(output.matches("HTTP/1.1 ").count(), 1);
    assert!(output.ends_with("xxx") && rig.connection.is_over());
}
