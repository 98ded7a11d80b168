//! One connection: what came in, what is to be answered, what goes out.

use std::rc::Rc;
use std::task::{Context, Poll};

use micro_api::host::Parts;
use micro_api::{Error, IntoReply, Reply};

use super::answer::{self, Manner};
use super::chunked::Chunked;
use super::lines::{Lines, Section};
use super::output::{HIGH_WATER, Output};
use super::stream::Stream;
use super::{Buffers, Reject, Sent, Stamp, Streamed};
use crate::config::Limits;

/// The server's side of one HTTP/1.x connection, without its socket.
///
/// Bytes go in through [`receive`](Connection::receive); [`advance`](Connection::advance) says
/// what they ask for; [`answer`](Connection::answer) or [`refuse`](Connection::refuse) puts the
/// answer into [`output`](Connection::output). One request is in hand at a time; further ones wait
/// in the buffer. An idle connection owns no memory beyond itself.
#[derive(Debug, Default)]
pub struct Connection {
    /// What came in. While a request is in hand, the buffer is in its parts, and this holds what
    /// came since.
    pub(super) input: Vec<u8>,
    /// The first byte of the buffer that belongs to no request answered or in hand.
    pub(super) start: usize,
    pub(super) stage: Stage,
    pub(super) manner: Manner,
    pub(super) deferred: Option<Reject>,
    /// Where the request began that is refused, if the next one is known to begin elsewhere.
    pub(super) refused_start: Option<u32>,
    pub(super) output: Output,
    stream: Option<Box<Stream>>,
    streamed_bytes: u64,
    pub(super) empty_lines: u8,
    pub(super) is_lent: bool,
    pub(super) is_ending: bool,
    pub(super) has_peer_ended: bool,
    pub(super) is_lingering: bool,
}

/// What [`Connection::advance`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing to do before more comes in, or before something goes out.
    Wait,
    /// A whole request is in the parts: answer it.
    Request,
    /// A request is to be refused: pass this to [`Connection::refuse`].
    Refuse(Reject),
    /// Nothing more will be read or answered; close once the output is sent.
    End,
}

/// What a connection waits for, and so which deadline it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The first byte of a request.
    Idle,
    /// The rest of a head.
    Head,
    /// The rest of a content.
    Body,
    /// The answer of a handler.
    Handler,
    /// That the peer takes an answer. A stream whose source has nothing to send is in this phase
    /// without output.
    Write,
    /// That the peer ends its side, after we ended ours.
    Linger,
}

/// What happens with the bytes at `start`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// They are a head.
    Head(Lines),
    /// They are a head and so many bytes of content.
    Sized { head_bytes: u32, bytes: u32 },
    /// They are a head and chunks.
    Chunked { head_bytes: u32, chunked: Chunked },
    /// Nothing, until the request in hand is answered.
    Answer,
    /// Nothing, until the answer was moved into the output.
    Stream,
    /// Nothing any more.
    Closing,
}

impl Default for Stage {
    fn default() -> Stage {
        Stage::Head(Lines::new(Section::Head))
    }
}

/// How much of a refused request line is told.
const LINE_SHOWN_MAX: usize = 200;

impl Connection {
    /// A connection on which nothing happened yet.
    #[must_use]
    pub fn new() -> Connection {
        Connection::default()
    }

    /// Takes bytes that the peer sent.
    pub fn receive(&mut self, bytes: &[u8], buffers: &mut Buffers) {
        if self.is_closing() {
            return;
        }
        if self.input.capacity() == 0 {
            self.input = buffers.take();
        } else if self.start > 0 && !self.is_lent {
            self.make_room(bytes.len());
        }
        self.input.extend_from_slice(bytes);
    }

    /// Learns that the peer will send nothing more. Requests already whole are still answered.
    pub fn receive_end(&mut self) {
        self.has_peer_ended = true;
    }

    /// Looks for the next request.
    ///
    /// At [`Step::Request`] the buffer has moved into `parts.bytes`, and everything that the
    /// request's bytes say is filled in; names, arguments, peer, identity and context are the
    /// caller's. The connection then waits for an answer and for [`Connection::reclaim`].
    pub fn advance(&mut self, parts: &mut Parts, limits: &Limits) -> Step {
        if self.is_closing() {
            return Step::End;
        }
        let is_reading = !matches!(self.stage, Stage::Answer | Stage::Stream);
        if !is_reading || self.is_lent || self.output.is_blocked() {
            return Step::Wait;
        }
        match self.read(parts, limits) {
            Ok(true) => Step::Request,
            Ok(false) if !self.has_peer_ended => Step::Wait,
            Ok(false) if self.is_between_requests() => {
                self.stage = Stage::Closing;
                Step::End
            }
            Ok(false) => self.refuse_step(Reject::Incomplete),
            Err(reject) => self.refuse_step(reject),
        }
    }

    /// Takes the buffer back from the parts of the last request.
    ///
    /// False if somebody else still holds the parts: then the bytes behind the request are copied
    /// out, and the caller needs new parts.
    pub fn reclaim(&mut self, parts: &mut Rc<Parts>, buffers: &mut Buffers) -> bool {
        let sole = Rc::get_mut(parts);
        let is_sole = sole.is_some();
        if !std::mem::take(&mut self.is_lent) {
            return is_sole;
        }
        let mut bytes = match sole {
            Some(sole) => {
                sole.clear();
                std::mem::take(&mut sole.bytes)
            }
            None => self.copy_rest(&parts.bytes, buffers),
        };
        if !self.input.is_empty() {
            bytes.extend_from_slice(&self.input);
            buffers.give(std::mem::take(&mut self.input));
        }
        self.input = bytes;
        self.release(buffers);
        is_sole
    }

    /// Answers the request in hand.
    pub fn answer(&mut self, reply: Reply, stamp: &Stamp<'_>, buffers: &mut Buffers) -> Sent {
        debug_assert!(
            matches!(self.stage, Stage::Answer),
            "there is a request to answer"
        );
        if self.is_ending && !self.manner.is_last {
            self.manner.is_last = true;
            self.is_lingering = true;
        }
        let (sent, stream) =
            answer::write(reply, &mut self.manner, stamp, &mut self.output, buffers);
        self.streamed_bytes = 0;
        self.stream = stream.map(Box::new);
        if self.stream.is_some() {
            self.stage = Stage::Stream;
        } else {
            self.finish();
        }
        sent
    }

    /// Answers with a refusal, and ends the connection unless it is known where the next request
    /// begins. Also for requests that came too slowly. While a streamed or large answer is on its
    /// way nothing can be said; then the connection only ends.
    pub fn refuse(&mut self, reject: &Reject, stamp: &Stamp<'_>, buffers: &mut Buffers) -> Sent {
        if self.is_streaming() || self.output.is_blocked() {
            return self.cut(reject);
        }
        self.stage = Stage::Answer;
        self.refused_start = None;
        if !reject.keeps_framing() {
            self.manner.is_last = true;
            self.is_lingering = true;
        }
        let reply = Error::new(reject.status(), reject.sentence()).into_reply();
        let sent = self.answer(reply, stamp, buffers);
        self.release(buffers);
        sent
    }

    /// The request line, or what there is of it, of the request that is to be refused: for the log.
    /// It is cut after 200 bytes.
    #[must_use]
    pub fn refused_line(&self) -> &[u8] {
        let start = self
            .refused_start
            .map_or(self.start, |start| start as usize);
        let bytes = self.input.get(start..).unwrap_or_default();
        let bytes = &bytes[..bytes.len().min(LINE_SHOWN_MAX)];
        let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        &bytes[..end.unwrap_or(bytes.len())]
    }

    /// Whether an answer is under way that comes piece by piece.
    #[must_use]
    pub fn is_streaming(&self) -> bool {
        self.stream.is_some()
    }

    /// How many bytes of content the answer had that came, or comes, piece by piece.
    #[must_use]
    pub fn streamed_bytes(&self) -> u64 {
        self.stream
            .as_ref()
            .map_or(self.streamed_bytes, |stream| stream.bytes())
    }

    /// Moves pieces of a streamed answer into the output while there is room.
    pub fn poll_stream(
        &mut self,
        context: &mut Context<'_>,
        buffers: &mut Buffers,
    ) -> Poll<Streamed> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(Streamed::Done);
        };
        let streamed = stream.poll(context, &mut self.output, buffers);
        match &streamed {
            Poll::Pending | Poll::Ready(Streamed::Full) => {}
            Poll::Ready(Streamed::Done) => {
                self.drop_stream();
                self.finish();
            }
            Poll::Ready(Streamed::Failed(_) | Streamed::Cut) => self.end_early(),
        }
        streamed
    }

    /// What to send next, in this order.
    #[must_use]
    pub fn output(&self) -> [&[u8]; 2] {
        self.output.slices()
    }

    /// Learns that this many bytes of the output were sent.
    pub fn sent(&mut self, count: usize, buffers: &mut Buffers) {
        self.output.sent(count, buffers);
    }

    /// Whether something is to be sent.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Whether everything was sent and the connection is to be closed.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_closing() && self.output.is_empty()
    }

    /// Whether the peer may still be sending when we close: then end our side, and discard what
    /// comes until it ends its own, or the last answer may be lost (RFC 9112 section 9.6).
    #[must_use]
    pub fn needs_linger(&self) -> bool {
        self.is_lingering && !self.has_peer_ended && self.is_closing()
    }

    /// Whether so much waits to be sent that no further request should be read.
    #[must_use]
    pub fn is_congested(&self) -> bool {
        self.output.len() > HIGH_WATER
    }

    /// Ends the connection with the next answer, or at once if no request is under way.
    pub fn end_soon(&mut self) {
        self.is_ending = true;
    }

    /// Whether there is nothing for [`Connection::advance`] to look at before more comes in.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.is_between_requests() && !self.is_ending && !self.has_peer_ended
    }

    /// What the connection waits for.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.stage {
            Stage::Answer => Phase::Handler,
            _ if self.has_output() => Phase::Write,
            Stage::Stream => Phase::Write,
            Stage::Closing => Phase::Linger,
            Stage::Sized { .. } | Stage::Chunked { .. } => Phase::Body,
            Stage::Head(_) if self.is_between_requests() => Phase::Idle,
            Stage::Head(_) => Phase::Head,
        }
    }
}

// What follows from it.
impl Connection {
    /// Whether no byte of a request is there.
    pub(super) fn is_between_requests(&self) -> bool {
        matches!(self.stage, Stage::Head(_)) && !self.is_lent && self.start >= self.input.len()
    }

    fn is_closing(&self) -> bool {
        matches!(self.stage, Stage::Closing) || (self.is_ending && self.is_between_requests())
    }

    fn refuse_step(&mut self, reject: Reject) -> Step {
        self.stage = Stage::Answer;
        Step::Refuse(reject)
    }

    fn finish(&mut self) {
        self.empty_lines = 0;
        if self.manner.is_last {
            self.stage = Stage::Closing;
        } else {
            self.manner = Manner::default();
            self.stage = Stage::default();
        }
    }

    fn cut(&mut self, reject: &Reject) -> Sent {
        self.end_early();
        let failure = Some(format!("the answer was cut: {}", reject.sentence()));
        Sent {
            status: reject.status(),
            content_bytes: 0,
            failure,
        }
    }

    fn end_early(&mut self) {
        self.drop_stream();
        self.stage = Stage::Closing;
        self.is_lingering = false;
    }

    fn drop_stream(&mut self) {
        self.streamed_bytes = self.streamed_bytes();
        self.stream = None;
    }

    // The bytes behind the request in hand, when its buffer stays with somebody else.
    fn copy_rest(&mut self, bytes: &[u8], buffers: &mut Buffers) -> Vec<u8> {
        let rest = &bytes[std::mem::take(&mut self.start)..];
        if rest.is_empty() {
            return Vec::new();
        }
        let mut copy = buffers.take();
        copy.extend_from_slice(rest);
        copy
    }

    // Gives the buffer back if nothing in it will be read.
    fn release(&mut self, buffers: &mut Buffers) {
        let is_done = self.start >= self.input.len() || matches!(self.stage, Stage::Closing);
        if is_done && !self.is_lent {
            self.start = 0;
            buffers.give(std::mem::take(&mut self.input));
        }
    }

    // Moves what is left of the buffer to its front rather than let it grow.
    fn make_room(&mut self, count: usize) {
        if self.input.len() + count > self.input.capacity() {
            self.input.copy_within(self.start.., 0);
            self.input.truncate(self.input.len() - self.start);
            self.start = 0;
        }
    }
}
