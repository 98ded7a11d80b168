//! Answers that come piece by piece.

use std::task::{Context, Poll, Waker};

use micro_api::{BodySender, ChunkSource, Error};

use super::*;

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

fn rig_with(reply: Reply) -> Rig {
    let mut rig = Rig::new();
    rig.receive(GET);
    assert_eq!(rig.advance(), Step::Request);
    let sent = rig.answer(reply);
    assert_eq!((sent.status, sent.content_bytes), (200, 0));
    rig
}

impl Rig {
    fn poll(&mut self) -> Poll<Streamed> {
        let mut context = Context::from_waker(Waker::noop());
        self.connection.poll_stream(&mut context, &mut self.buffers)
    }
}

#[test]
fn the_source_is_asked_only_while_there_is_room() {
    let pieces = std::iter::repeat_n(vec![b'x'; 10_000], 20);
    let mut rig = rig_with(Reply::pieces("a/b", pieces));
    assert_eq!(rig.poll(), Poll::Ready(Streamed::Full));
    let waiting = rig.connection.output()[0].len();
    assert!((64 << 10..75 << 10).contains(&waiting), "{waiting}");
    assert_eq!(rig.poll(), Poll::Ready(Streamed::Full));
    assert_eq!(rig.connection.output()[0].len(), waiting);
    let mut bytes = 0;
    while rig.connection.is_streaming() {
        bytes += rig.take_output().len();
        let _ = rig.poll();
    }
    bytes += rig.take_output().len();
    assert_eq!(rig.connection.streamed_bytes(), 200_000);
    assert!(bytes > 200_000);
    assert_eq!(rig.connection.phase(), Phase::Idle);
}

#[test]
fn the_next_request_waits_for_the_end_of_a_stream() {
    let (mut sender, reply) = Reply::channel("a/b");
    let mut rig = rig_with(reply);
    rig.receive(GET);
    assert!(rig.poll().is_pending());
    assert_eq!(rig.advance(), Step::Wait);
    send(&mut sender, "ab");
    sender.finish();
    assert_eq!(rig.poll(), Poll::Ready(Streamed::Done));
    assert!(rig.take_output().ends_with("\r\n\r\n2\r\nab\r\n0\r\n\r\n"));
    assert_eq!(rig.advance(), Step::Request);
}

fn send(sender: &mut BodySender, piece: &str) {
    let mut sending = std::pin::pin!(sender.send(piece));
    let mut context = Context::from_waker(Waker::noop());
    assert!(sending.as_mut().poll(&mut context).is_ready());
}

#[test]
fn a_stream_that_fails_is_cut() {
    let (mut sender, reply) = Reply::channel("a/b");
    let mut rig = rig_with(reply);
    send(&mut sender, "ab");
    drop(sender);
    let Poll::Ready(Streamed::Failed(reason)) = rig.poll() else {
        panic!("the stream has failed");
    };
    assert_eq!(reason, "the body's sender was dropped unfinished");
    assert!(rig.take_output().ends_with("2\r\nab\r\n"));
    assert!(rig.connection.is_over() && !rig.connection.needs_linger());
    assert_eq!(rig.advance(), Step::End);
}

#[test]
fn a_stream_that_is_to_be_cut_has_not_failed() {
    let (mut sender, reply) = Reply::channel("a/b");
    let mut rig = rig_with(reply);
    send(&mut sender, "ab");
    sender.cut();
    assert_eq!(rig.poll(), Poll::Ready(Streamed::Cut));
    assert!(rig.take_output().ends_with("2\r\nab\r\n"));
    assert!(rig.connection.is_over() && !rig.connection.needs_linger());
    assert_eq!(rig.advance(), Step::End);
}

/// Says one length and yields another.
struct Liar {
    pieces: Vec<usize>,
    length: u64,
}

impl ChunkSource for Liar {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        Poll::Ready(self.pieces.pop().map(|count| Ok(vec![b'x'; count])))
    }

    fn length(&self) -> Option<u64> {
        Some(self.length)
    }
}

#[test]
fn a_length_is_kept_exactly() {
    for (length, streamed) in [
        (
            4,
            Streamed::Failed("the stream has more bytes than it said".to_owned()),
        ),
        (5, Streamed::Done),
        (
            6,
            Streamed::Failed("the stream ended 1 bytes early".to_owned()),
        ),
    ] {
        let mut rig = rig_with(Reply::stream(
            "a/b",
            Liar {
                pieces: vec![3, 2],
                length,
            },
        ));
        assert_eq!(rig.poll(), Poll::Ready(streamed.clone()));
        rig.take_output();
        assert_eq!(rig.connection.is_over(), streamed != Streamed::Done);
    }
}

#[test]
fn an_empty_piece_does_not_end_the_chunks() {
    let pieces = [b"a".to_vec(), Vec::new(), b"b".to_vec()];
    let mut rig = rig_with(Reply::pieces("a/b", pieces));
    assert!(rig.poll().is_pending(), "the loop has its turn");
    assert_eq!(rig.poll(), Poll::Ready(Streamed::Done));
    assert!(
        rig.take_output()
            .ends_with("\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n")
    );
}

#[test]
fn a_refusal_cannot_come_into_a_stream() {
    let (mut sender, reply) = Reply::channel("a/b");
    let mut rig = rig_with(reply);
    send(&mut sender, "ab");
    assert!(rig.poll().is_pending());
    let sent = rig.refuse(Reject::HandlerTimeout);
    assert_eq!(
        sent.failure.as_deref(),
        Some("the answer was cut: the answer was not ready in time")
    );
    assert!(rig.take_output().ends_with("\r\n\r\n2\r\nab\r\n"));
    assert!(rig.connection.is_over());
}
