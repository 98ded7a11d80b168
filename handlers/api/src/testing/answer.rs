//! What a handler answered, whole.

use std::future::poll_fn;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::TestLoop;
use crate::host::{Handler, Outcome, ReplyParts, call, problem};
use crate::reply::Body;
use crate::{ChunkSource, Error, Method, Reply, Request, Value};

/// More than any test means to read.
const BODY_BYTES_MAX: usize = 1 << 28;

/// An answer as the peer would get it: failures are told in JSON, streams are read to their end.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    failure: Option<String>,
    cut: Option<String>,
    elapsed: Duration,
}

impl Answer {
    pub(super) fn of(on: &TestLoop, handler: &Handler, request: Request) -> Answer {
        let (method, id) = (request.method(), request.id().to_owned());
        let start = on.now();
        let mut answer = on.run(async {
            let called = call(handler, &request);
            drop(request);
            let reply = match called {
                Outcome::Ready(reply) => reply,
                Outcome::Pending(future) => future.await,
            };
            Answer::read(reply, method, &id).await
        });
        answer.elapsed = on.now() - start;
        answer
    }

    async fn read(reply: Reply, method: Method, id: &str) -> Answer {
        let ReplyParts {
            status,
            content_type,
            headers,
            body,
            failure,
            ..
        } = reply.into();
        let named = |(name, value): (_, _)| (String::from(name), String::from(value));
        let content_type = content_type.map(|value| ("Content-Type".into(), value));
        let mut answer = Answer {
            status,
            headers: content_type.into_iter().chain(headers).map(named).collect(),
            body: Vec::new(),
            failure,
            cut: None,
            elapsed: Duration::ZERO,
        };
        if !matches!(status, 204 | 304) {
            answer.take(body, method, id).await;
        }
        answer
    }

    async fn take(&mut self, body: Body, method: Method, id: &str) {
        let bytes = match body {
            Body::Stream(source) => return self.take_stream(source, method).await,
            Body::Empty => Vec::new(),
            Body::Static(bytes) => bytes.to_vec(),
            Body::Bytes(bytes) => bytes.into_vec(),
            Body::Problem(message) => problem(&message, id),
        };
        self.set_length(bytes.len() as u64);
        if method != Method::Head {
            self.body = bytes;
        }
    }

    async fn take_stream(&mut self, mut source: Box<dyn ChunkSource>, method: Method) {
        let length = source.length();
        if let Some(length) = length {
            self.set_length(length);
        }
        if method == Method::Head {
            return;
        }
        while let Some(piece) = poll_fn(|context| source.poll_chunk(context)).await {
            match piece {
                Ok(piece) => self.body.extend(piece),
                Err(error) => return self.cut = Some(error.to_string()),
            }
            assert!(self.body.len() <= BODY_BYTES_MAX, "the answer has no end");
        }
        let given = self.body.len();
        if let Some(length) = length.filter(|length| *length != given as u64) {
            self.cut = Some(format!("{length} bytes were announced, {given} came"));
        }
    }

    fn set_length(&mut self, length: u64) {
        self.headers
            .push(("Content-Length".to_owned(), length.to_string()));
    }

    /// The value of the first header field with this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = self
            .headers
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        Some(&field.1)
    }

    /// The header fields: the media type, those of the handler, and the length if it is known.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The content, as far as it came; empty for HEAD, 204 and 304.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The content as text.
    ///
    /// # Panics
    ///
    /// If it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the content is UTF-8")
    }

    /// The content as a JSON value.
    ///
    /// # Panics
    ///
    /// If it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        self.read_json().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The content, read as the JSON of a `T`.
    ///
    /// # Errors
    ///
    /// If it is not; the error has the content.
    pub fn read_json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let body = String::from_utf8_lossy(&self.body);
            Error::internal(format!(
                "{error} in the content of a {}: {body}",
                self.status
            ))
        })
    }

    /// What the log would be told of a failure.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Why the content broke off, if it did; the service would cut the connection.
    #[must_use]
    pub fn cut(&self) -> Option<&str> {
        self.cut.as_deref()
    }

    /// How much virtual time went by until the content's end.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}
