//! The answer of a service that was called, piece by piece.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde::de::DeserializeOwned;

use super::response::Head;
use super::{CallError, CallErrorKind, Resource, Response};
use crate::border::owned::OwnedBytes;
use crate::reply::Body;
use crate::{ChunkSource, Error, IntoReply, Reply, host};

/// The longest line and content, unless a setting says otherwise.
const CONTENT_BYTES_MAX: u64 = 16 << 20;

/// The answer of a service that was called, whose content comes piece by piece. The service is asked
/// for more when more is read, and the connection is let go when this is dropped in the middle.
///
/// ```
/// use micro_api::{Error, Request, Value};
///
/// async fn count(request: Request) -> Result<String, Error> {
///     let events = request.connection("docker")?.resource("events")?;
///     let mut events = events.call(()).stream().await?;
///     let mut starts = 0;
///     while let Some(event) = events.json::<Value>().await? {
///         starts += u32::from(event["Action"] == "start");
///     }
///     Ok(starts.to_string())
/// }
/// ```
///
/// A handler that returns it passes it on as it comes.
pub struct ResponseStream {
    head: Arc<Head>,
    content: Content,
    /// What was read, and not given out yet: from `start` on.
    pieces: Vec<u8>,
    start: usize,
    /// How much of it is known to have no end of a line.
    searched: usize,
    content_bytes_max: usize,
}

enum Content {
    /// All of it is in `pieces`.
    Whole,
    Coming(Box<dyn ChunkSource>),
    Failed(CallError),
}

impl ResponseStream {
    pub(super) fn new(reply: Reply, resource: Resource) -> ResponseStream {
        let Reply {
            status,
            content_type,
            headers,
            body,
            ..
        } = reply;
        let id = resource.connection.id.as_deref().unwrap_or_default();
        let (pieces, content) = match body {
            Body::Stream(source) => (Vec::new(), Content::Coming(source)),
            Body::Empty => (Vec::new(), Content::Whole),
            Body::Static(bytes) => (bytes.to_vec(), Content::Whole),
            Body::Bytes(bytes) => (bytes.into_vec(), Content::Whole),
            Body::Problem(message) => (host::problem(&message, id), Content::Whole),
        };
        let connection = &resource.connection;
        let setting = format!("connection.{}.http_max_content_length", connection.name);
        let most = connection.config.get(&setting).unwrap_or(CONTENT_BYTES_MAX);
        ResponseStream {
            head: Arc::new(Head::new(status, content_type, headers, &resource)),
            content,
            pieces,
            start: 0,
            searched: 0,
            content_bytes_max: usize::try_from(most).unwrap_or(usize::MAX),
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// The value of the first header field with this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The header fields, the media type first. Those that frame a message are not among them.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head.headers()
    }

    /// The next piece, which is not empty; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the content breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, CallError> {
        if self.rest().is_empty() && !self.read().await? {
            return Ok(None);
        }
        Ok(Some(self.take_rest()))
    }

    /// The next line without its LF or CRLF; `None` at the end. The last one may end without.
    ///
    /// # Errors
    ///
    /// If the content breaks off, if the line is not UTF-8, or if it is longer than the setting
    /// `connection.NAME.http_max_content_length` says, or 16 MiB without one.
    pub async fn line(&mut self) -> Result<Option<String>, CallError> {
        let Some(line) = self.raw_line().await? else {
            return Ok(None);
        };
        String::from_utf8(line).map(Some).map_err(|error| {
            let sentence = format!("a line is not UTF-8: {error}");
            self.line_response(error.into_bytes()).undecoded(sentence)
        })
    }

    /// The next line that is not empty, read as the JSON of a `T`; `None` at the end.
    ///
    /// # Errors
    ///
    /// As those of [`line`](ResponseStream::line), or if it is not; the error has the line.
    pub async fn json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, CallError> {
        while let Some(line) = self.raw_line().await? {
            if line.trim_ascii().is_empty() {
                continue;
            }
            return serde_json::from_slice(&line).map(Some).map_err(|error| {
                let sentence = format!("a line is not the expected JSON: {error}");
                self.line_response(line).undecoded(sentence)
            });
        }
        Ok(None)
    }

    /// All that is left, up to the most that a setting allows.
    pub(super) async fn collect(mut self) -> Result<Response, CallError> {
        while self.read().await? {
            if self.pieces.len() > self.content_bytes_max {
                let most = self.content_bytes_max;
                return Err(self.fail(format!("the content is longer than {most} bytes")));
            }
        }
        let content = self.take_rest();
        Ok(Response::new(self.head, content.into()))
    }

    fn rest(&self) -> &[u8] {
        &self.pieces[self.start..]
    }

    fn take_rest(&mut self) -> Vec<u8> {
        let mut pieces = std::mem::take(&mut self.pieces);
        pieces.drain(..self.start);
        (self.start, self.searched) = (0, 0);
        pieces
    }

    async fn raw_line(&mut self) -> Result<Option<Vec<u8>>, CallError> {
        loop {
            let from = self.start.max(self.searched);
            let end = self.pieces[from..].iter().position(|byte| *byte == b'\n');
            let line = self.start..end.map_or(self.pieces.len(), |at| from + at);
            if line.len() > self.content_bytes_max {
                let most = self.content_bytes_max;
                return Err(self.fail(format!("a line is longer than {most} bytes")));
            }
            if end.is_some() {
                self.start = line.end + 1;
                let line = &self.pieces[line];
                return Ok(Some(line.strip_suffix(b"\r").unwrap_or(line).to_vec()));
            }
            self.searched = self.pieces.len();
            if !self.read().await? {
                let line = self.take_rest();
                return Ok((!line.is_empty()).then_some(line));
            }
        }
    }

    /// Reads one more piece; no at the end.
    async fn read(&mut self) -> Result<bool, CallError> {
        let source = match &mut self.content {
            Content::Whole => return Ok(false),
            Content::Failed(error) => return Err(error.clone()),
            Content::Coming(source) => source,
        };
        let next = loop {
            match poll_fn(|context| source.poll_chunk(context)).await {
                Some(Ok(piece)) if piece.is_empty() => {}
                next => break next,
            }
        };
        match next {
            Some(Ok(piece)) => {
                self.keep(piece);
                Ok(true)
            }
            None => {
                self.content = Content::Whole;
                Ok(false)
            }
            Some(Err(error)) => {
                let text = error.detail().unwrap_or(error.message());
                let failure = CallError::find(text);
                let failure = failure.unwrap_or_else(|| CallError::new(CallErrorKind::Body, text));
                Err(self.fail_with(failure))
            }
        }
    }

    fn keep(&mut self, piece: Vec<u8>) {
        if self.rest().is_empty() {
            (self.pieces, self.start, self.searched) = (piece, 0, 0);
            return;
        }
        self.pieces.drain(..self.start);
        self.searched = self.searched.saturating_sub(self.start);
        self.start = 0;
        self.pieces.extend_from_slice(&piece);
    }

    fn fail(&mut self, sentence: String) -> CallError {
        self.fail_with(CallError::new(CallErrorKind::Body, sentence))
    }

    /// Lets go of the connection; what is read from now on fails as well.
    fn fail_with(&mut self, failure: CallError) -> CallError {
        let failure = failure.of(&self.head.connection, &self.head.resource);
        self.content = Content::Failed(failure.clone());
        self.take_rest();
        failure
    }

    fn line_response(&self, line: Vec<u8>) -> Response {
        Response::new(Arc::clone(&self.head), OwnedBytes::from(line))
    }
}

impl IntoReply for ResponseStream {
    fn into_reply(mut self) -> Reply {
        let first = Some(self.take_rest()).filter(|rest| !rest.is_empty());
        let length = match &self.content {
            Content::Coming(source) if first.is_none() => source.length(),
            _ => None,
        };
        let body = match (self.content, first) {
            (Content::Whole, None) => Body::Empty,
            (Content::Whole, Some(bytes)) => Body::Bytes(bytes.into()),
            (content, first) => Body::Stream(Box::new(PassedOn {
                first,
                content,
                length,
            })),
        };
        self.head.into_reply(body)
    }
}

/// What is left of a stream, for the peer of a handler.
struct PassedOn {
    first: Option<Vec<u8>>,
    content: Content,
    length: Option<u64>,
}

impl ChunkSource for PassedOn {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        match &mut self.content {
            Content::Whole => Poll::Ready(None),
            Content::Coming(source) => source.poll_chunk(context),
            Content::Failed(error) => Poll::Ready(Some(Err(error.clone().into()))),
        }
    }

    fn length(&self) -> Option<u64> {
        self.length
    }
}

impl fmt::Debug for ResponseStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResponseStream({})", self.status())
    }
}
