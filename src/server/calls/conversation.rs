//! A request on its way out and its answer on its way in, over one link.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use micro_api::{CallErrorKind, Method};

use super::failure::Failure;
use super::line::Line;
use super::link::{Link, LinkError, Received};
use super::links::Slot;
use super::time::Silence;
use crate::client::{Close, Event, Exchange, Limits};

/// How often something is sent or received before others have their turn, should the peer never
/// pause.
const TURNS_MAX: u32 = 64;

/// What is said, and what may be answered.
pub(super) struct Manner {
    pub(super) method: Method,
    /// The request, whole.
    pub(super) message: Rc<Vec<u8>>,
    pub(super) limits: Limits,
    /// Whether the head of the answer is kept as it comes.
    pub(super) keeps_head: bool,
    pub(super) silence: Silence,
}

/// A request on its way out and its answer on its way in.
///
/// Both go on at the same time: a service may refuse a request before it has read all of it.
pub(super) struct Conversation {
    // Dropped before the slot, which says that the link is closed.
    link: Link,
    slot: Slot,
    line: Line,
    exchange: Exchange,
    message: Rc<Vec<u8>>,
    sent: usize,
    /// Why the rest of the request was not sent, or nothing more was received.
    error: Option<LinkError>,
    silence: Silence,
    input: Vec<u8>,
    /// How often something was sent or received without a pause.
    turns: u32,
}

impl Conversation {
    /// In a box: calls hold it in several places, one after another.
    pub(super) fn new(slot: Slot, link: Link, line: Line, manner: Manner) -> Box<Conversation> {
        let mut exchange = Exchange::new(manner.method, manner.limits);
        if manner.keeps_head {
            exchange.keep_head();
        }
        Box::new(Conversation {
            link,
            slot,
            line,
            exchange,
            message: manner.message,
            sent: 0,
            error: None,
            silence: manner.silence,
            input: Vec::new(),
            turns: 0,
        })
    }

    /// What comes next of the answer.
    ///
    /// # Errors
    ///
    /// If nothing more can come of it.
    pub(super) async fn event(&mut self) -> Result<Event, Failure> {
        poll_fn(|context| self.poll_event(context)).await
    }

    /// Whether a byte of the answer has come.
    pub(super) fn has_begun(&self) -> bool {
        self.exchange.has_begun()
    }

    /// The content may have so many bytes from now on, where it had no limit.
    pub(super) fn limit_content(&mut self, bytes_max: usize) {
        self.exchange.limit_content(bytes_max);
    }

    /// The answer has come to its end. The link is kept if it can serve another call.
    pub(super) fn finish(self: Box<Self>) {
        let is_sent = self.sent == self.message.len() && self.link.is_flushed();
        let is_sound = self.exchange.is_reusable() && is_sent && self.error.is_none();
        let Conversation {
            link,
            slot,
            mut line,
            ..
        } = *self;
        line.close("transaction complete");
        match is_sound {
            true => slot.give_back(link),
            // The slot says that the link is closed, so it goes last.
            false => drop(link),
        }
    }

    /// The call has failed.
    pub(super) fn fail(mut self: Box<Self>, failure: Failure) -> Failure {
        self.line.fail(failure)
    }

    /// Nobody waits for the rest of the answer.
    pub(super) fn let_go(mut self: Box<Self>) {
        self.line.close("let go");
    }

    /// Closes the link, so that another one can take its place.
    pub(super) fn give_up_link(self: Box<Self>) -> (Slot, Line) {
        (self.slot, self.line)
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Result<Event, Failure>> {
        loop {
            if self.turns == TURNS_MAX {
                self.turns = 0;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.turns += 1;
            match self.exchange.next() {
                Ok(Event::More) => {}
                Ok(event) => return Poll::Ready(Ok(event)),
                Err(fault) => return Poll::Ready(Err(self.explain(fault.into()))),
            }
            self.send(context);
            self.input.clear();
            let received = self.link.poll_receive(context, &mut self.input);
            self.line.count(&self.link);
            match received {
                // There is more to send, or was a moment ago.
                Poll::Pending if self.turns == TURNS_MAX => {}
                Poll::Pending => {
                    self.turns = 0;
                    let over = self.silence.poll_over(context);
                    return over.map(|()| Err(self.silent()));
                }
                Poll::Ready(received) => self.take(received),
            }
        }
    }

    fn take(&mut self, received: Result<Received, LinkError>) {
        // Also what came before a failure counts.
        if !self.input.is_empty() {
            self.silence.interrupt();
            self.line.times.data.get_or_insert_with(Instant::now);
            self.exchange.receive(&self.input);
        }
        match received {
            Ok(Received::Bytes) => {}
            Ok(Received::End { is_clean }) => {
                let close = match is_clean && !self.was_reset() {
                    true => Close::Clean,
                    false => Close::Abrupt,
                };
                self.exchange.receive_end(close);
            }
            // What has come may be the whole answer; the exchange knows.
            Err(error) => {
                self.error.get_or_insert(error);
                self.exchange.receive_end(Close::Abrupt);
            }
        }
    }

    /// Sends what can be sent. A failure to send is none yet: the answer may have come before it.
    fn send(&mut self, context: &mut Context<'_>) {
        while self.error.is_none() && self.sent < self.message.len() {
            if self.turns == TURNS_MAX {
                return;
            }
            let rest = &self.message[self.sent..];
            match self.link.poll_send(context, rest) {
                Poll::Pending => return,
                Poll::Ready(Ok(count)) => {
                    self.sent += count;
                    self.turns += 1;
                    self.silence.interrupt();
                }
                Poll::Ready(Err(error)) => self.error = Some(error),
            }
        }
        if self.error.is_none()
            && let Poll::Ready(Err(error)) = self.link.poll_flush(context)
        {
            self.error = Some(error);
        }
    }

    /// Whether the system has told already, when we sent, that the peer has cut the connection. It
    /// says so once, and what is read then looks like an end in good order.
    fn was_reset(&self) -> bool {
        matches!(&self.error, Some(LinkError::Socket(error)) if error.kind() == ErrorKind::ConnectionReset)
    }

    /// The same failure, but if the request did not get through, that is what is said.
    fn explain(&self, failure: Failure) -> Failure {
        if let Some(LinkError::Tls(error)) = &self.error {
            return Failure::new(CallErrorKind::Tls, error.to_string());
        }
        if self.has_begun() {
            return failure;
        }
        let (sent, length) = (self.sent, self.message.len());
        match &self.error {
            Some(LinkError::Socket(error)) if sent < length => Failure::new(
                CallErrorKind::Send,
                format!("{sent} of {length} bytes of the request were sent: {error}"),
            ),
            Some(LinkError::Socket(error)) => {
                Failure::new(failure.kind, format!("{}: {error}", failure.sentence))
            }
            _ => failure,
        }
    }

    fn silent(&self) -> Failure {
        let limit = self.silence.limit();
        let waited_for = match (self.sent < self.message.len(), self.has_begun()) {
            (true, _) => "it takes no more of the request",
            (false, false) => "no answer has begun",
            (false, true) => "the rest of the answer does not come",
        };
        let sentence = format!("it was silent for {limit:?}, and {waited_for}");
        Failure::new(CallErrorKind::Timeout, sentence)
    }
}
