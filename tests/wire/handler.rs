//! The handler behind every case: the path says how to answer.

use std::fmt::Write;
use std::task::{Context, Poll};

use micro_api::{ChunkSource, Error, IntoReply, Reply, Request, json};

/// Answers: a special path as listed in the README, any other with what was asked.
pub(crate) fn answer(request: &Request) -> Reply {
    let path = request.path();
    let (name, argument) = path[1.min(path.len())..]
        .split_once('/')
        .unwrap_or((path, ""));
    let number = || argument.parse().unwrap_or(0);
    match name {
        "status" => Reply::text("content").with_status(number()),
        "bytes" => Reply::text("x".repeat(number().into())),
        "stream" => Reply::stream("text/plain", Source::new(argument, None)),
        "sized" => Reply::stream("text/plain", Source::new(argument, Some(6))),
        _ => answer_plainly(request),
    }
}

fn answer_plainly(request: &Request) -> Reply {
    match request.path() {
        "/length" => Reply::text(request.body().len().to_string()),
        "/headers" => Reply::text(headers(request)),
        "/empty" => ().into_reply(),
        "/none" => None::<u16>.into_reply(),
        "/json" => json!({"a": 1}).into_reply(),
        "/created" => Reply::text("made")
            .with_status(201)
            .with_header("Location", "/x"),
        "/stamped" => Reply::text("mine")
            .with_header("date", "D")
            .with_header("X-Request-ID", "I"),
        "/problem" => Error::new(422, "not \"so\"")
            .with_detail("secret")
            .into_reply(),
        "/failure" => Error::internal("secret").into_reply(),
        _ => Reply::text(echo(request)),
    }
}

fn echo(request: &Request) -> String {
    let mut text = format!("{} {}", request.method(), request.path());
    if !request.query().is_empty() {
        write!(text, " ? {}", request.query()).expect("memory takes text");
    }
    if !request.body().is_empty() {
        write!(text, " {}", String::from_utf8_lossy(request.body())).expect("memory takes text");
    }
    text
}

fn headers(request: &Request) -> String {
    let line = |(name, value): (&str, &[u8])| format!("{name}={}|", value.escape_ascii());
    request.headers().map(line).collect()
}

/// Pieces named by a path: each word is one, `error` fails, a number is as many bytes.
struct Source {
    pieces: std::vec::IntoIter<String>,
    length: Option<u64>,
}

impl Source {
    fn new(words: &str, length: Option<u64>) -> Source {
        let words = words.split('/').filter(|word| !word.is_empty());
        let pieces: Vec<_> = words.map(str::to_owned).collect();
        Source {
            pieces: pieces.into_iter(),
            length,
        }
    }
}

impl ChunkSource for Source {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        Poll::Ready(
            self.pieces
                .next()
                .map(|word| match (word.as_str(), word.parse()) {
                    ("error", _) => Err(Error::internal("it broke")),
                    (_, Ok(count)) => Ok(vec![b'x'; count]),
                    (text, Err(_)) => Ok(text.as_bytes().to_vec()),
                }),
        )
    }

    fn length(&self) -> Option<u64> {
        self.length
    }
}
