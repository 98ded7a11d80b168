//! Answers that come piece by piece.

use std::time::{Duration, Instant};

use micro::Micro;
use micro_api::CallErrorKind::{self, Body, Decode, Head, Status, Timeout};
use micro_api::{CallError, Error, LocalModule, Request, ResponseStream, Value};

use crate::caller::{Caller, before, caller, caller_to, caller_with, connection, until};
use crate::scripted::{Peer, Scripted, answer};
use crate::support;

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A chunk.
fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// A server that begins a stream, follows a script, and waits for the other side's end.
fn streaming(script: impl Fn(&mut Peer) + Send + Sync + 'static) -> Scripted {
    Scripted::new(move |peer| {
        if peer.request().is_some() {
            peer.send(CHUNKED);
            script(peer);
            peer.wait_for_end();
            peer.say("ended");
        }
    })
}

async fn stream(caller: micro_api::Resource) -> Result<ResponseStream, CallError> {
    caller.call(()).stream().await
}

/// What a stream ends with.
async fn rest(mut stream: ResponseStream) -> (Vec<u8>, Option<CallError>) {
    let mut content = Vec::new();
    loop {
        match stream.chunk().await {
            Ok(Some(piece)) => content.extend(piece),
            Ok(None) => return (content, None),
            Err(error) => return (content, Some(error)),
        }
    }
}

/// The content and the failure of a stream.
#[track_caller]
fn read(caller: &mut Caller) -> (String, Option<CallError>) {
    let get = caller.resource("get");
    let (content, error) = caller.wait(async {
        let begun = stream(get).await.unwrap_or_else(|error| panic!("{error}"));
        rest(begun).await
    });
    (String::from_utf8(content).expect("it is text"), error)
}

#[test]
fn lines_split_anywhere() {
    let text = "{\"a\":1}\n\n{\"b\":\"\u{e9}\"}\r\n[3]";
    let server = streaming(move |peer| {
        for byte in text.as_bytes().chunks(1) {
            let head = b"1\r\n".iter().chain(byte).chain(b"\r\n");
            let head: Vec<u8> = head.copied().collect();
            peer.send_split(&head);
        }
        peer.send_split(b"0\r\n\r\n");
    });
    let mut caller = caller_to(server.port, "timeout=5");
    let get = caller.resource("get");
    let values = caller.wait(async {
        let mut stream = stream(get).await?;
        let mut values = Vec::new();
        while let Some(value) = stream.json::<Value>().await? {
            values.push(value.to_string());
        }
        Ok::<_, CallError>(values)
    });
    let values = values.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(values, ["{\"a\":1}", "{\"b\":\"\u{e9}\"}", "[3]"]);
}

#[test]
fn a_stream_that_ends_leaves_its_connection() {
    let server = Scripted::answering(format!("{CHUNKED}{}0\r\n\r\n", chunk("text")));
    let mut caller = caller_to(server.port, "timeout=5");
    for _ in 0..3 {
        let (content, error) = read(&mut caller);
        assert_eq!(content, "text");
        assert!(error.is_none());
    }
    assert_eq!(server.accepted(), 1);
}

/// A service that sends more than is wanted is held back, and so is our memory.
#[test]
fn who_is_not_read_does_not_write() {
    const ALL: usize = 100 << 20;
    let server = Scripted::new(|peer| {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
        let piece = vec![b'x'; 64 << 10];
        while peer.send(&piece) {}
    });
    let lines = connection(server.port, "timeout=10 deadline=0 is_json=false");
    let mut caller = caller_with(&lines, &[]);
    let get = caller.resource("get");
    let board = server.board().clone();
    caller.wait(async {
        let mut stream = stream(get).await.unwrap_or_else(|error| panic!("{error}"));
        stream.chunk().await.expect("it comes").expect("it comes");
        // It stands still when it has written nothing for a while.
        let (mut written, mut since) = (0, Instant::now());
        while since.elapsed() < Duration::from_millis(300) {
            before(Duration::from_millis(10), std::future::pending::<()>()).await;
            if board.written() != written {
                (written, since) = (board.written(), Instant::now());
            }
        }
        assert!(written < ALL / 4, "{written} bytes were written");
        // It goes on where it was.
        let mut read = 0;
        while read < 32 << 20 {
            read += stream
                .chunk()
                .await
                .expect("it comes")
                .map_or(0, |piece| piece.len());
        }
        assert!(board.written() >= 32 << 20);
        drop(stream);
        until(|| board.open() == 0).await;
    });
}

#[test]
fn a_stream_is_let_go_in_the_middle() {
    let server = streaming(|peer| {
        peer.send(chunk("line\n"));
    });
    let mut caller = caller_to(server.port, "timeout=0 deadline=0");
    let get = caller.resource("get");
    let board = server.board().clone();
    caller.wait(async {
        let mut stream = stream(get).await.expect("it begins");
        let line = stream.line().await.expect("it comes");
        assert_eq!(line.as_deref(), Some("line"));
        let begin = Instant::now();
        drop(stream);
        until(|| board.has_heard("ended")).await;
        assert!(begin.elapsed() < Duration::from_secs(1));
    });
}

/// Nor does it matter that the service would send for ever.
#[test]
fn a_stream_is_let_go_that_is_never_silent() {
    let server = streaming(|peer| while peer.send(chunk("line\n")) {});
    let mut caller = caller_to(server.port, "timeout=0 deadline=0");
    let get = caller.resource("get");
    let board = server.board().clone();
    caller.wait(async {
        let mut stream = stream(get).await.expect("it begins");
        stream.line().await.expect("it comes").expect("it comes");
        drop(stream);
        until(|| board.has_heard("ended")).await;
    });
}

#[test]
fn a_stream_becomes_silent() {
    let server = streaming(|peer| {
        peer.send(chunk("some"));
    });
    let mut caller = caller_to(server.port, "timeout=150ms deadline=0");
    let (content, error) = read(&mut caller);
    let error = error.expect("it is silent");
    assert_eq!((content.as_str(), error.kind()), ("some", Timeout));
    let sentence = "it was silent for 150ms, and the rest of the answer does not come";
    assert_eq!(error.message(), sentence);
    assert!(
        error
            .to_string()
            .starts_with("connection `x`, resource `get`: ")
    );
}

#[test]
fn a_stream_may_last_longer_than_a_call() {
    let server = streaming(|peer| {
        for _ in 0..6 {
            peer.send(chunk("x"));
            std::thread::sleep(Duration::from_millis(50));
        }
        peer.send("0\r\n\r\n");
    });
    let mut caller = caller_to(server.port, "timeout=5 deadline=150ms");
    let (content, error) = read(&mut caller);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(content, "xxxxxx");
}

#[test]
fn a_stream_that_is_silent_for_long_is_not_cut_without_a_timeout() {
    let server = streaming(|peer| {
        peer.hear("go on");
        peer.send(format!("{}0\r\n\r\n", chunk("x")));
    });
    let mut caller = caller_to(server.port, "timeout=0 deadline=100ms");
    let get = caller.resource("get");
    let content = caller.wait(async {
        let mut stream = stream(get).await.expect("it begins");
        let waited = before(Duration::from_millis(400), stream.chunk()).await;
        assert!(waited.is_none());
        server.say("go on");
        rest(stream).await
    });
    assert_eq!(content.0, b"x");
    assert!(content.1.is_none());
}

#[test]
fn a_stream_that_breaks_off() {
    for (end, is_reset) in [
        ("", false),
        ("5\r\nxx", false),
        ("x\r\n", false),
        ("", true),
    ] {
        let server = Scripted::new(move |peer| {
            peer.request();
            peer.send(format!("{CHUNKED}{}", chunk("some")));
            peer.hear("break off");
            peer.send(end);
            if is_reset {
                peer.reset();
            }
        });
        let mut caller = caller_to(server.port, "timeout=5");
        let get = caller.resource("get");
        let (content, error) = caller.wait(async {
            let mut stream = stream(get).await.expect("it begins");
            let first = stream.chunk().await.expect("it comes");
            server.say("break off");
            let (more, error) = rest(stream).await;
            (
                first.into_iter().flatten().chain(more).collect::<Vec<u8>>(),
                error,
            )
        });
        let error = error.expect("it breaks off");
        assert_eq!(error.kind(), Body, "{error}");
        assert!(content.starts_with(b"some"));
        server.wait_for_open(0);
    }
}

/// After a failure a stream tells of the same failure, and holds on to nothing.
#[test]
fn a_failure_stays() {
    let server = Scripted::ending(format!("{CHUNKED}{}", chunk("some")));
    let mut caller = caller_to(server.port, "timeout=5");
    let get = caller.resource("get");
    caller.wait(async {
        let mut stream = stream(get).await.expect("it begins");
        while stream.chunk().await.is_ok() {}
        for _ in 0..2 {
            let error = stream.line().await.expect_err("it has failed");
            assert_eq!(error.kind(), Body);
        }
    });
}

#[test]
fn a_stream_that_does_not_begin() {
    for (text, kind) in [
        (answer("404 Not Found", "{\"a\":1}"), Status),
        (answer("301 Moved", ""), Status),
        ("garbage".to_owned(), Head),
        (String::new(), Head),
    ] {
        let server = Scripted::ending(text);
        let mut caller = caller_to(server.port, "timeout=5");
        let get = caller.resource("get");
        let error = caller.wait(stream(get)).expect_err("it fails");
        assert_eq!(error.kind(), kind, "{error}");
        let content = error.response().map(micro_api::Response::bytes);
        assert_eq!(content.is_some(), kind == Status);
    }
    let server = Scripted::new(|peer| {
        peer.request();
        peer.wait_for_end();
    });
    let mut caller = caller_to(server.port, "timeout=5 deadline=150ms");
    let get = caller.resource("get");
    let error = caller.wait(stream(get)).expect_err("nothing comes");
    assert_eq!(error.kind(), Timeout, "{error}");
}

#[test]
fn lines_that_are_none() {
    let server = Scripted::answering(answer("200 OK", "{\"a\"\n[1]\n"));
    let mut caller = caller_to(server.port, "timeout=5");
    let get = caller.resource("get");
    caller.wait(async {
        let mut stream = stream(get).await.expect("it begins");
        let error = stream.json::<Value>().await.expect_err("it is none");
        assert_eq!(error.kind(), Decode, "{error}");
        let line = error.response().map(micro_api::Response::bytes);
        assert_eq!(line, Some(&b"{\"a\""[..]));
        let next = stream.json::<Value>().await.expect("the next is one");
        assert_eq!(next.map(|value| value.to_string()).as_deref(), Some("[1]"));
    });
}

#[test]
fn the_length_of_a_line() {
    let settings = [("CONNECTION_X_HTTP_MAX_CONTENT_LENGTH", "100")];
    for (length, is_fine) in [(99, true), (100, true), (101, false)] {
        let line = "x".repeat(length);
        let server = Scripted::answering(answer("200 OK", &format!("{line}\n{line}\n{line}")));
        let lines = connection(server.port, "timeout=5");
        let mut caller = caller_with(&lines, &settings);
        let get = caller.resource("get");
        caller.wait(async {
            let mut stream = stream(get).await.expect("it begins");
            for _ in 0..3 {
                match stream.line().await {
                    Ok(found) => {
                        assert!(is_fine);
                        assert_eq!(found.as_deref(), Some(line.as_str()));
                    }
                    Err(error) => {
                        assert!(!is_fine);
                        assert_eq!(error.kind(), Body);
                        assert!(error.message().contains("100 bytes"), "{error}");
                        return;
                    }
                }
            }
        });
    }
}

/// A line without an end is not kept for ever.
#[test]
fn a_line_without_an_end() {
    let server = streaming(|peer| while peer.send(chunk("xxxxxxxxxxxxxxxxxxxxxxxx")) {});
    let lines = connection(server.port, "timeout=5");
    let settings = [("CONNECTION_X_HTTP_MAX_CONTENT_LENGTH", "10000")];
    let mut caller = caller_with(&lines, &settings);
    let get = caller.resource("get");
    let line = caller.wait(async { stream(get).await?.line().await });
    let error = line.expect_err("it is too long");
    assert_eq!(error.kind(), Body, "{error}");
    let board = server.board().clone();
    caller.wait(until(move || board.open() == 0));
}

/// A service whose handler passes the stream of another one on.
fn passing(port: u16) -> support::Service {
    support::serve(move || {
        let module = LocalModule::new("pass")
            .handler("on", async |request: Request| {
                let get = request.connection("x")?.resource("get")?;
                Ok::<_, Error>(get.call(()).stream().await?)
            })
            .handler("whole", async |request: Request| {
                let get = request.connection("x")?.resource("get")?;
                Ok::<_, Error>(get.call(()).await?)
            });
        let lines = format!(
            "CONNECTION x http://127.0.0.1:{port} timeout=5
             RESOURCE get /get
             SERVER test 0 host=127.0.0.1
             ROUTE /on$
             GET pass.on
             ROUTE /whole$
             GET pass.whole"
        );
        Micro::new().module(module).lines(lines.lines())
    })
}

#[test]
fn a_stream_is_passed_on_as_it_comes() {
    let server = streaming(|peer| {
        peer.send(chunk("first"));
        peer.hear("go on");
        peer.send(format!("{}0\r\n\r\n", chunk("second")));
    });
    let service = passing(server.port);
    let mut client = service.connect();
    client.send(support::get("/on"));
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("first") {
        use std::io::Read;
        let mut piece = [0; 1000];
        let count = client.stream.read(&mut piece).expect("it comes");
        assert_ne!(count, 0);
        seen.extend_from_slice(&piece[..count]);
    }
    server.say("go on");
    while !String::from_utf8_lossy(&seen).ends_with("0\r\n\r\n") {
        use std::io::Read;
        let mut piece = [0; 1000];
        let count = client.stream.read(&mut piece).expect("it comes");
        assert_ne!(count, 0);
        seen.extend_from_slice(&piece[..count]);
    }
    assert!(String::from_utf8_lossy(&seen).contains("second"));
}

/// A peer that goes away has the service behind let go, too.
#[test]
fn a_peer_of_a_stream_goes_away() {
    let server = streaming(|peer| {
        peer.send(chunk("first"));
    });
    let service = passing(server.port);
    let mut client = service.connect();
    client.send(support::get("/on"));
    let mut piece = [0; 1];
    std::io::Read::read_exact(&mut client.stream, &mut piece).expect("it begins");
    client.reset();
    server.hear("ended");
}

/// One that is cut is cut for the peer as well, not ended.
#[test]
fn a_stream_that_breaks_off_is_passed_on_as_such() {
    let server = Scripted::ending(format!("{CHUNKED}{}", chunk("first")));
    let service = passing(server.port);
    let mut client = service.connect();
    client.send(support::get("/on"));
    let mut all = Vec::new();
    let _ = std::io::Read::read_to_end(&mut client.stream, &mut all);
    let all = String::from_utf8_lossy(&all);
    assert!(!all.ends_with("0\r\n\r\n"), "{all}");
}

/// What a peer is told of a call that fails.
#[test]
fn a_failure_is_the_peers_in_few_words() {
    for (text, path, status, words) in [
        ("garbage", "/whole", 502, "Bad Gateway"),
        ("garbage", "/on", 502, "Bad Gateway"),
        ("HTTP/1.1 404 No\r\n\r\n", "/on", 502, "Bad Gateway"),
    ] {
        let server = Scripted::ending(text);
        let service = passing(server.port);
        service.get(path).is_failure(status, words);
    }
    let server = Scripted::answering(answer("201 Created", "[1]"));
    let service = passing(server.port);
    service.get("/whole").is(201, "[1]");
    service.get("/on").is(201, "[1]");
}

/// A whole service that goes away in the midst of a stream takes its connections along.
#[test]
fn a_service_goes_away_in_the_midst_of_a_stream() {
    let server = streaming(|peer| {
        peer.send(chunk("first"));
    });
    let port = server.port;
    let mut running = caller(&format!(
        "CONNECTION x http://127.0.0.1:{port} timeout=0\nRESOURCE get /"
    ));
    let get = running.resource("get");
    let begun = running.wait(stream(get)).expect("it begins");
    drop(running);
    server.hear("ended");
    drop(begun);
}

#[test]
fn a_stream_that_is_packed() {
    // It is not asked for; a service may do it all the same.
    let server = Scripted::new(|peer| {
        let asked = peer.request().expect("it is asked");
        assert!(!asked.head.contains("gzip"), "{}", asked.head);
        peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f");
    });
    let mut caller = caller_to(server.port, "timeout=5");
    let (_, error) = read(&mut caller);
    assert_eq!(error.map(|error| error.kind()), Some(CallErrorKind::Body));
}
