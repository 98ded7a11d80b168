//! Answers that come piece by piece.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use micro_api::host::{Body, ReplyParts};
use micro_api::testing::{self, Opened};
use micro_api::{ChunkSource, Error, LocalModule, Method, Reply, Request, sleep, spawn};

#[test]
fn the_pieces_of_an_iterator() {
    let answer = testing::get("/").call(|_: Request| {
        Reply::pieces(
            "text/csv",
            (1..=3).map(|number| format!("{number}\n").into_bytes()),
        )
    });
    assert_eq!(
        (answer.text(), answer.header("content-type")),
        ("1\n2\n3\n", Some("text/csv"))
    );
    assert_eq!(
        (answer.cut(), answer.header("content-length")),
        (None, None)
    );
}

/// Pieces that are not as long as was announced.
struct Short;

impl ChunkSource for Short {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        Poll::Ready(None)
    }

    fn length(&self) -> Option<u64> {
        Some(5)
    }
}

#[test]
fn a_length_that_is_not_kept_is_noticed() {
    let answer = testing::get("/").call(|_: Request| Reply::stream("text/plain", Short));
    assert_eq!(answer.header("content-length"), Some("5"));
    assert_eq!(answer.cut(), Some("5 bytes were announced, 0 came"));
}

#[test]
fn a_sender_learns_that_the_peer_has_gone() {
    let learned = Rc::new(RefCell::new(None));
    let told = Rc::clone(&learned);
    // Of an answer to HEAD nobody takes the content.
    testing::request(Method::Head, "/").call(move |_: Request| {
        let told = Rc::clone(&told);
        let (mut sender, reply) = Reply::channel("text/plain");
        spawn(async move {
            while let Ok(()) = sender.send("more").await {}
            told.replace(sender.send("more").await.err());
        });
        reply
    });
    let learned = learned.take().expect("the sender came to an end");
    assert_eq!(learned.detail(), Some("the peer has gone"));
}

#[test]
fn a_sender_waits_for_a_peer_that_takes_nothing() {
    let sent = Rc::new(Cell::new(0));
    let count = Rc::clone(&sent);
    let unread = Rc::new(RefCell::new(None));
    let keep = Rc::clone(&unread);
    let handler = move |_: Request| {
        let count = Rc::clone(&count);
        let (mut sender, reply) = Reply::channel("text/plain");
        spawn(async move {
            while let Ok(()) = sender.send("piece").await {
                count.set(count.get() + 1);
            }
        });
        keep.replace(Some(reply));
    };
    let module = Opened::new(&LocalModule::new("m").handler("f", handler));
    testing::get("/").call_with(&module, "f");
    assert_eq!(sent.get(), 4);

    let reply: Reply = unread.take().expect("the handler left it");
    let Body::Stream(mut source) = ReplyParts::from(reply).body else {
        panic!("no stream")
    };
    let piece = source.poll_chunk(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(piece, Poll::Ready(Some(Ok(piece))) if piece == b"piece"));
    module.wait(std::time::Duration::ZERO);
    assert_eq!(sent.get(), 5);
}

#[test]
fn a_sender_says_why_it_fails() {
    async fn cut(_: Request) -> Reply {
        let (mut sender, reply) = Reply::channel("text/plain");
        sender.send("half").await.expect("there is room");
        sender.fail(Error::internal("the other half is lost"));
        reply
    }
    let answer = testing::get("/").call(cut);
    assert_eq!(answer.text(), "half");
    assert!(
        answer
            .cut()
            .is_some_and(|cut| cut.contains("the other half is lost"))
    );
}

#[test]
fn a_sender_hears_that_nobody_wants_more() {
    testing::block_on(async {
        let (sender, reply) = Reply::channel("text/plain");
        let is_closed = std::rc::Rc::new(std::cell::Cell::new(false));
        let told = std::rc::Rc::clone(&is_closed);
        spawn(async move {
            sender.closed().await;
            told.set(true);
        });
        sleep(Duration::from_secs(1)).await;
        assert!(!is_closed.get());
        drop(reply);
        sleep(Duration::from_secs(1)).await;
        assert!(is_closed.get());
    });
}
