//! One answer, read as its bytes come in (RFC 9112 sections 4, 6 and 9).

use micro_api::Method;

use super::body::Body;
use super::coding::Decoder;
use super::fault::{Fault, quote};
use super::head::{Head, ReceivedHead};
use crate::config;
use crate::http::{Reject, Response, ResponseFraming, ResponseReader};

/// How many answers 1xx may come before the real one.
const INTERIM_MAX: usize = 16;
/// How much is unpacked at once.
const PIECE_BYTES_MAX: usize = 64 << 10;
/// No head is longer, whatever the limit says: places in it have 32 bits.
const HEAD_BYTES_MAX: usize = 64 << 20;
const HEADER_COUNT_MAX: usize = 1024;

/// What an answer may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of its head, and again of its trailer section.
    pub head_bytes_max: usize,
    /// How many header fields it may have.
    pub header_count_max: usize,
    /// Bytes of its content, unpacked; without it the content is a stream, and has no bound.
    pub content_bytes_max: Option<usize>,
}

impl Default for Limits {
    fn default() -> Limits {
        let usual = config::Limits::default();
        Limits {
            head_bytes_max: usual.head_bytes_max,
            header_count_max: usual.header_count_max,
            content_bytes_max: Some(usual.content_bytes_max),
        }
    }
}

/// How the peer ended its side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// With FIN, or in TLS with `close_notify` (RFC 8446 section 6.1).
    Clean,
    /// With a reset, or in TLS without a word: what came may be cut short.
    Abrupt,
}

/// What came of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing before more bytes come.
    More,
    /// The head; it comes once.
    Head(Head),
    /// Some of the content, decoded; never empty.
    Content(Vec<u8>),
    /// The answer is whole. Nothing comes behind this.
    End {
        /// Whether the connection may carry another request.
        is_reusable: bool,
    },
}

/// An answer being read. Bytes go in by [`receive`](Exchange::receive), events come out by
/// [`next`](Exchange::next) until there are none.
#[derive(Debug)]
pub struct Exchange {
    method: Method,
    limits: Limits,
    lines: config::Limits,
    buffer: Vec<u8>,
    close: Option<Close>,
    stage: Stage,
    fault: Option<Fault>,
    has_begun: bool,
    interim_count: usize,
    keeps_connection: bool,
    /// Whether the head is kept as it came.
    keeps_head: bool,
    decoder: Option<Decoder>,
    /// Bytes of the body so far, as they were sent.
    sent_bytes: usize,
    /// Bytes of the content so far, unpacked.
    content_bytes: usize,
}

#[derive(Debug)]
enum Stage {
    Head(ResponseReader),
    Body(Body),
    /// The last of the body was taken; some of it may still be packed.
    BodyEnd,
    End,
}

impl Exchange {
    /// The answer to a request with this method.
    #[must_use]
    pub fn new(method: Method, limits: Limits) -> Exchange {
        let head_bytes_max = limits.head_bytes_max.min(HEAD_BYTES_MAX);
        let lines = config::Limits {
            line_bytes_max: head_bytes_max,
            head_bytes_max,
            header_count_max: limits.header_count_max.min(HEADER_COUNT_MAX),
            ..config::Limits::default()
        };
        Exchange {
            method,
            limits,
            lines,
            buffer: Vec::new(),
            close: None,
            stage: Stage::Head(ResponseReader::default()),
            fault: None,
            has_begun: false,
            interim_count: 0,
            keeps_connection: false,
            keeps_head: false,
            decoder: None,
            sent_bytes: 0,
            content_bytes: 0,
        }
    }

    /// Keeps the head as it comes, too, to be shown.
    pub fn keep_head(&mut self) {
        self.keeps_head = true;
    }

    /// Takes what the peer sent.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.has_begun |= !bytes.is_empty();
        if matches!(self.stage, Stage::End) {
            // Nobody asked for it. It is never taken for the next answer.
            self.keeps_connection &= bytes.is_empty();
        } else if self.fault.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Takes notice that the peer ended its side.
    pub fn receive_end(&mut self, close: Close) {
        self.close.get_or_insert(close);
        self.keeps_connection = false;
    }

    /// Bounds the content of an answer that was to be a stream, as soon as its head has come.
    pub fn limit_content(&mut self, bytes_max: usize) {
        self.limits.content_bytes_max = Some(bytes_max);
    }

    /// Whether a byte of an answer has come: from then on the peer has seen the request.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether the answer has ended, and the connection may carry another request.
    #[must_use]
    pub fn is_reusable(&self) -> bool {
        matches!(self.stage, Stage::End) && self.keeps_connection
    }

    /// What came next.
    ///
    /// # Errors
    ///
    /// The peer made a mistake; the same is said again whenever it is asked.
    #[expect(
        clippy::should_implement_trait,
        reason = "it never ends, and it may fail"
    )]
    pub fn next(&mut self) -> Result<Event, Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let event = loop {
            match self.step() {
                Ok(Some(event)) => break Ok(event),
                Ok(None) => {}
                Err(fault) => break Err(fault),
            }
        };
        if let Err(fault) = &event {
            self.fault = Some(fault.clone());
            self.buffer = Vec::new();
        }
        event
    }

    // An event, or nothing where the next step may have one.
    fn step(&mut self) -> Result<Option<Event>, Fault> {
        match &mut self.stage {
            Stage::Head(_) => self.read_head(),
            Stage::Body(_) => match self.unpack()? {
                Some(content) => Ok(Some(content)),
                None => self.read_body(),
            },
            Stage::BodyEnd => match self.unpack()? {
                Some(content) => Ok(Some(content)),
                None => self.end().map(Some),
            },
            Stage::End => Ok(Some(Event::More)),
        }
    }

    fn read_head(&mut self) -> Result<Option<Event>, Fault> {
        let Stage::Head(reader) = &mut self.stage else {
            return Ok(None);
        };
        let response = match has_beginning(&self.buffer)? {
            true => reader.read(&self.buffer, &self.lines),
            false => Ok(None),
        };
        let response = response.map_err(|r| Fault::of_head(r, &self.buffer, &self.limits))?;
        let Some(response) = response else {
            return match self.close {
                None => Ok(Some(Event::More)),
                Some(_) => Err(cut_off(&self.buffer)),
            };
        };
        let length = response.length();
        match response.status() {
            101 => Err(Fault::head(
                "the answer has status 101, expected none that switches protocols",
            )),
            100..=199 => {
                self.buffer.drain(..length);
                self.stage = Stage::Head(ResponseReader::default());
                self.count_interim()
            }
            200..=599 => {
                let mut head = Head::of(&response, find_decoder(&response, self.method).is_some());
                if self.keeps_head {
                    let received = ReceivedHead::of(&response, &self.buffer[..length]);
                    head.received = Some(Box::new(received));
                }
                let begun = begin(&response, self.method, &self.limits)?;
                self.keeps_connection = begun.keeps_connection && self.close.is_none();
                self.decoder = begun.decoder;
                self.stage = Stage::Body(begun.body);
                self.buffer.drain(..length);
                Ok(Some(Event::Head(head)))
            }
            status => Err(Fault::head(format!(
                "the answer has status {status:03}, expected 100 to 599"
            ))),
        }
    }

    fn count_interim(&mut self) -> Result<Option<Event>, Fault> {
        self.interim_count += 1;
        match self.interim_count {
            0..=INTERIM_MAX => Ok(None),
            _ => Err(Fault::head(format!(
                "more than {INTERIM_MAX} answers with a status of 1xx came before the real one"
            ))),
        }
    }

    fn read_body(&mut self) -> Result<Option<Event>, Fault> {
        let room = self.room();
        let Stage::Body(body) = &mut self.stage else {
            return Ok(None);
        };
        let part = body.take(
            &mut self.buffer,
            room,
            self.close,
            &self.limits,
            &self.lines,
        )?;
        if room.is_some_and(|room| part.bytes.len() > room) {
            return Err(Fault::too_long(
                self.limits.content_bytes_max.unwrap_or_default(),
            ));
        }
        self.sent_bytes = self.sent_bytes.saturating_add(part.bytes.len());
        if part.is_last {
            self.stage = Stage::BodyEnd;
        }
        match &mut self.decoder {
            Some(decoder) => {
                decoder.receive(&part.bytes);
                let is_over = part.bytes.is_empty() && !part.is_last;
                Ok(is_over.then_some(Event::More))
            }
            None if !part.bytes.is_empty() => Ok(Some(Event::Content(part.bytes))),
            None if part.is_last => Ok(None),
            None => Ok(Some(Event::More)),
        }
    }

    // How many more bytes of the body may be sent. What is packed is rarely longer than its
    // content, and never much.
    fn room(&self) -> Option<usize> {
        let max = self.limits.content_bytes_max?;
        let max = match self.decoder {
            Some(_) => max.saturating_add(max / 64).saturating_add(PIECE_BYTES_MAX),
            None => max,
        };
        Some(max.saturating_sub(self.sent_bytes))
    }

    fn unpack(&mut self) -> Result<Option<Event>, Fault> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(None);
        };
        let max = self.limits.content_bytes_max;
        // One byte beyond the limit tells that there are more.
        let room = max.map_or(usize::MAX, |max| max - self.content_bytes);
        let content = decoder.unpack(PIECE_BYTES_MAX.min(room.saturating_add(1)));
        let content = content.map_err(damaged)?;
        if content.len() > room {
            return Err(Fault::too_long(max.unwrap_or_default()));
        }
        if max.is_some() {
            self.content_bytes += content.len();
        }
        Ok((!content.is_empty()).then_some(Event::Content(content)))
    }

    fn end(&mut self) -> Result<Event, Fault> {
        if let Some(decoder) = &self.decoder {
            decoder.check_end().map_err(damaged)?;
        }
        self.keeps_connection &= self.buffer.is_empty();
        self.buffer = Vec::new();
        self.decoder = None;
        self.stage = Stage::End;
        Ok(Event::End {
            is_reusable: self.keeps_connection,
        })
    }
}

// What a head decides.
struct Begun {
    body: Body,
    decoder: Option<Decoder>,
    keeps_connection: bool,
}

fn begin(response: &Response<'_>, method: Method, limits: &Limits) -> Result<Begun, Fault> {
    let framing = response.framing(method);
    let framing = framing.map_err(|reject| unframed(reject, response))?;
    let decoder = find_decoder(response, method);
    if let (ResponseFraming::Length(length), Some(max), None) =
        (framing, limits.content_bytes_max, &decoder)
        && length > max as u64
    {
        return Err(Fault::body(format!(
            "the answer announces a body of {length} bytes, longer than {max} bytes"
        )));
    }
    let body = Body::new(framing);
    Ok(Begun {
        keeps_connection: response.keeps_connection() && body.has_end(),
        body,
        decoder,
    })
}

// A part of a coded whole (206) cannot be decoded, and nothing need not be.
fn find_decoder(response: &Response<'_>, method: Method) -> Option<Decoder> {
    let has_content = method != Method::Head && !matches!(response.status(), 204 | 206 | 304);
    let mut codings = response.values("content-encoding");
    match (codings.next(), codings.next()) {
        (Some(coding), None) if has_content => Decoder::find(coding),
        _ => None,
    }
}

// Says early that this is another protocol, whose lines may never end.
fn has_beginning(bytes: &[u8]) -> Result<bool, Fault> {
    let expected = b"HTTP/";
    match bytes.get(..expected.len()) {
        None => Ok(false),
        Some(begin) if begin == expected => Ok(true),
        Some(begin) => Err(Fault::head(format!(
            "the answer begins with {}, expected `HTTP/1.1` and a status",
            quote(begin)
        ))),
    }
}

fn cut_off(bytes: &[u8]) -> Fault {
    Fault::head(match bytes.len() {
        0 => "the peer closed the connection without an answer".to_owned(),
        count => format!("the peer closed the connection after {count} bytes of the head"),
    })
}

fn unframed(reject: Reject, response: &Response<'_>) -> Fault {
    let value = |name| quote(response.values(name).next().unwrap_or_default());
    Fault::head(match reject {
        Reject::ContentLength => format!(
            "the answer has Content-Length {}, expected a decimal number",
            value("content-length")
        ),
        Reject::ContentLengthRepeated => format!(
            "the answer has Content-Length {} times, expected once",
            response.values("content-length").count()
        ),
        Reject::TwoFramings => {
            "the answer has both Content-Length and Transfer-Encoding, expected one of them"
                .to_owned()
        }
        Reject::TransferEncodingVersion => {
            "the answer is HTTP/1.0 and has Transfer-Encoding, expected HTTP/1.1".to_owned()
        }
        _ => format!(
            "the answer has Transfer-Encoding {}, expected `chunked`",
            value("transfer-encoding")
        ),
    })
}

fn damaged(what: &str) -> Fault {
    Fault::body(format!(
        "the content of the answer cannot be unpacked: {what}"
    ))
}
