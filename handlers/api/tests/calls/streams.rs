//! Answers that come piece by piece.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use micro_api::testing::{self, MockCall};
use micro_api::{
    CallError, CallErrorKind, ChunkSource, Error, Reply, Request, ResponseStream, Value, json,
    sleep, spawn,
};

use super::Fake;

/// Does something with the stream of these pieces.
fn reading<T>(pieces: &[&[u8]], read: impl AsyncFnOnce(ResponseStream) -> T) -> T {
    let pieces: Vec<_> = pieces.iter().map(|piece| piece.to_vec()).collect();
    let fake = Fake::ready(move || Reply::pieces("text/plain", pieces.clone()));
    testing::block_on(async {
        let stream = fake.resource().call(()).stream().await.expect("it begins");
        assert!(fake.calls.borrow()[0].is_streamed);
        read(stream).await
    })
}

async fn lines(mut stream: ResponseStream) -> Result<Vec<String>, CallError> {
    let mut lines = Vec::new();
    while let Some(line) = stream.line().await? {
        lines.push(line);
    }
    assert!(stream.chunk().await?.is_none() && stream.line().await?.is_none());
    Ok(lines)
}

#[test]
fn lines_are_the_same_wherever_the_pieces_are_cut() {
    let whole = "one\ntwo\r\n\nthr\ree\r\nvié\n";
    for text in [whole.to_owned(), format!("{whole}last")] {
        let mut expected = vec!["one", "two", "", "thr\ree", "vié"];
        expected.extend(text.ends_with("last").then_some("last"));
        for at in 0..=text.len() {
            let (left, right) = text.as_bytes().split_at(at);
            let read = reading(&[left, b"", right], lines);
            assert_eq!(read.unwrap(), expected, "cut at {at}");
        }
        let single: Vec<_> = text.as_bytes().chunks(1).collect();
        assert_eq!(reading(&single, lines).unwrap(), expected);
    }
    assert_eq!(reading(&[], lines).unwrap(), [""; 0]);
}

#[test]
fn pieces_come_as_they_are_behind_the_lines_that_were_read() {
    let (line, first, second, end) = reading(&[b"a\nrest", b"", b" of it"], async |mut stream| {
        assert_eq!((stream.status(), stream.header("x")), (200, None));
        assert_eq!(
            stream.headers().collect::<Vec<_>>(),
            [("Content-Type", "text/plain")]
        );
        (
            stream.line().await.unwrap(),
            stream.chunk().await.unwrap(),
            stream.chunk().await.unwrap(),
            stream.chunk().await.unwrap(),
        )
    });
    assert_eq!(line.as_deref(), Some("a"));
    assert_eq!(first.as_deref(), Some(&b"rest"[..]));
    assert_eq!(second.as_deref(), Some(&b" of it"[..]));
    assert_eq!(end, None);
}

#[test]
fn json_comes_line_by_line() {
    let pieces: [&[u8]; 2] = [b"{\"n\":1}\n\r\n  \n{\"n\"", b":2}\nno\n3"];
    reading(&pieces, async |mut stream| {
        assert_eq!(stream.json::<Value>().await.unwrap(), Some(json!({"n": 1})));
        assert_eq!(stream.json::<Value>().await.unwrap(), Some(json!({"n": 2})));
        let error = stream.json::<Value>().await.expect_err("it is not JSON");
        assert_eq!(error.kind(), CallErrorKind::Decode);
        assert!(
            error
                .message()
                .starts_with("a line is not the expected JSON: ")
        );
        assert_eq!(error.response().unwrap().bytes(), b"no");
        assert_eq!(stream.json::<u8>().await.unwrap(), Some(3), "it goes on");
        assert_eq!(stream.json::<u8>().await.unwrap(), None);
    });
}

#[test]
fn a_line_that_is_not_utf_8_is_in_the_error() {
    reading(&[b"\xff\nb\n"], async |mut stream| {
        let error = stream.line().await.expect_err("it is not UTF-8");
        assert_eq!(error.kind(), CallErrorKind::Decode);
        assert_eq!(error.response().unwrap().bytes(), [0xff]);
        assert_eq!(stream.line().await.unwrap().as_deref(), Some("b"));
    });
}

#[test]
fn a_line_is_as_long_as_a_setting_says_at_most() {
    async fn ask(request: Request) -> Result<String, Error> {
        let create = request.connection("docker")?.resource("create")?;
        let mut stream = create.call(()).stream().await?;
        Ok(match stream.line().await {
            Ok(line) => line.unwrap_or_default(),
            Err(error) => {
                let again = stream.chunk().await.expect_err("it has failed");
                assert_eq!(again.to_string(), error.to_string());
                format!("{}: {}", error.kind(), error.message())
            }
        })
    }
    let setting = "connection.docker.http_max_content_length";
    for (text, expected) in [
        ("1234", "1234"),
        ("1234\n56789", "1234"),
        ("12345\n", "12345"),
        ("123456\n", "body: a line is longer than 5 bytes"),
        ("123456", "body: a line is longer than 5 bytes"),
    ] {
        let pieces: Vec<_> = text.bytes().map(|byte| vec![byte]).collect();
        let request = testing::get("/").setting(setting, "5");
        let stream = move |_| Reply::pieces("text/plain", pieces.clone());
        assert_eq!(
            request.resource("docker.create", stream).call(ask).text(),
            expected
        );
    }
}

/// Gives a piece, and then what it has been told; counts how often it is asked, and tells when it is
/// dropped.
struct Watched {
    asked: Arc<AtomicUsize>,
    /// The failure, and nothing else to come if there is none.
    failure: Option<&'static str>,
    #[expect(dead_code, reason = "it is counted how often it is held")]
    held: Arc<()>,
}

impl ChunkSource for Watched {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(match self.failure {
            Some(failure) if asked == 1 => Some(Err(Error::internal(failure))),
            _ => Some(Ok(b"piece".to_vec())),
        })
    }
}

/// A stream of that, with its count and what it holds.
fn watched(failure: Option<&'static str>) -> (Rc<Fake>, Arc<AtomicUsize>, Arc<()>) {
    let (asked, held) = (Arc::<AtomicUsize>::default(), Arc::new(()));
    let source = {
        let (asked, held) = (Arc::clone(&asked), Arc::downgrade(&held));
        move || Watched {
            asked: Arc::clone(&asked),
            failure,
            held: held.upgrade().expect("the test holds it"),
        }
    };
    let fake = Fake::ready(move || Reply::stream("text/plain", source()));
    (fake, asked, held)
}

#[test]
fn nobody_is_asked_for_more_than_is_read() {
    let (fake, asked, held) = watched(None);
    testing::block_on(async {
        let mut stream = fake.resource().call(()).stream().await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 0);
        stream.chunk().await.unwrap();
        stream.chunk().await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(Arc::strong_count(&held), 2);
        drop(stream);
        assert_eq!(Arc::strong_count(&held), 1, "the connection is let go");
    });
}

#[test]
fn a_failure_in_the_middle_has_its_kind() {
    for (text, kind, sentence) in [
        (
            "body: the peer has gone",
            CallErrorKind::Body,
            "the peer has gone",
        ),
        (
            "timeout: no byte within 5 s",
            CallErrorKind::Timeout,
            "no byte within 5 s",
        ),
        (
            "of another kind: x",
            CallErrorKind::Body,
            "of another kind: x",
        ),
    ] {
        let (fake, _, held) = watched(Some(text));
        testing::block_on(async {
            let mut stream = fake.resource().call(()).stream().await.unwrap();
            assert_eq!(
                stream.chunk().await.unwrap().as_deref(),
                Some(&b"piece"[..])
            );
            let error = stream.line().await.expect_err("it fails");
            assert_eq!((error.kind(), error.message()), (kind, sentence));
            assert!(
                error
                    .to_string()
                    .starts_with("connection `docker`, resource `create`: ")
            );
            assert_eq!(Arc::strong_count(&held), 1, "the connection is let go");
            assert_eq!(stream.chunk().await.expect_err("still").kind(), kind);
        });
    }
}

#[test]
fn whoever_sends_waits_for_whoever_reads() {
    let sent = Rc::new(RefCell::new(0));
    let sending = Rc::clone(&sent);
    let fake = Fake::ready(move || {
        let (mut sender, reply) = Reply::channel("text/plain");
        let sent = Rc::clone(&sending);
        spawn(async move {
            while sender.send("line\n").await.is_ok() {
                *sent.borrow_mut() += 1;
            }
            *sent.borrow_mut() += 1000;
        });
        reply
    });
    testing::block_on(async {
        let mut stream = fake.resource().call(()).stream().await.unwrap();
        sleep(Duration::from_secs(1)).await;
        let before = *sent.borrow();
        assert!((1..20).contains(&before), "{before}");
        for _ in 0..10 {
            assert_eq!(stream.line().await.unwrap().as_deref(), Some("line"));
            sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(*sent.borrow(), before + 10);
        drop(stream);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(*sent.borrow(), before + 1010, "the sender is told");
    });
}

#[test]
fn a_handler_passes_a_stream_on() {
    async fn all(request: Request) -> Result<ResponseStream, Error> {
        Ok(request
            .connection("docker")?
            .resource("create")?
            .call(())
            .stream()
            .await?)
    }
    async fn rest(request: Request) -> Result<ResponseStream, Error> {
        let create = request.connection("docker")?.resource("create")?;
        let mut stream = create.call(()).stream().await?;
        stream.line().await?;
        Ok(stream)
    }
    let pieces = |call: MockCall| {
        assert!(call.is_streamed());
        let reply = Reply::pieces("text/x-log", [b"a\nb".to_vec(), b"\nc".to_vec()]);
        reply.with_status(203).with_header("X-Log", "yes")
    };
    let request = testing::get("/").resource("docker.create", pieces);
    let answer = request.call(all);
    assert_eq!((answer.status, answer.text()), (203, "a\nb\nc"));
    assert_eq!(answer.header("x-log"), Some("yes"));
    assert_eq!(answer.header("content-type"), Some("text/x-log"));
    assert_eq!(request.call(rest).text(), "b\nc");
    let whole = testing::get("/").resource("docker.create", |_| "a\nb");
    assert_eq!(whole.call(rest).text(), "b");
    let broken = testing::get("/").resource("docker.create", |_| {
        let (sender, reply) = Reply::channel("text/plain");
        drop(sender);
        reply
    });
    assert!(
        broken
            .call(all)
            .cut()
            .is_some_and(|why| why.contains("dropped unfinished"))
    );
}

#[test]
fn whole_content_comes_as_one_piece() {
    let fake = Fake::ready(|| Reply::text("all of it"));
    testing::block_on(async {
        let mut stream = fake.resource().call(()).stream().await.unwrap();
        assert_eq!(
            stream.chunk().await.unwrap().as_deref(),
            Some(&b"all of it"[..])
        );
        assert_eq!(stream.chunk().await.unwrap(), None);
    });
}
