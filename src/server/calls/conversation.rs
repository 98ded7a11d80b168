//! A request on its way out and its answer on its way in, over one link.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Instant;

use micro_api::{CallErrorKind, Method};

use super::failure::Failure;
use super::line::Line;
use super::link::{Link, LinkError, Received};
use super::links::Slot;
use super::time::Silence;
use crate::client::{Close, Event, Exchange, Limits};

/// What is said, and what may be answered.
pub(super) struct Manner {
    pub(super) method: Method,
    /// The request, whole.
    pub(super) message: Vec<u8>,
    pub(super) limits: Limits,
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
    message: Vec<u8>,
    sent: usize,
    /// Why the rest of the request was not sent, or nothing more was received.
    error: Option<io::Error>,
    silence: Silence,
    input: Vec<u8>,
}

impl Conversation {
    pub(super) fn new(slot: Slot, link: Link, line: Line, manner: Manner) -> Conversation {
        Conversation {
            link,
            slot,
            line,
            exchange: Exchange::new(manner.method, manner.limits),
            message: manner.message,
            sent: 0,
            error: None,
            silence: manner.silence,
            input: Vec::new(),
        }
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

    /// The answer has come to its end. The link is kept if it can serve another call.
    pub(super) fn finish(self) {
        let is_sound =
            self.exchange.is_reusable() && self.sent == self.message.len() && self.error.is_none();
        let Conversation {
            mut link,
            slot,
            mut line,
            ..
        } = self;
        line.close(&mut link, "transaction complete");
        if is_sound {
            slot.give_back(link);
        }
    }

    /// The call has failed.
    pub(super) fn fail(mut self, failure: Failure) -> Failure {
        self.line.close(&mut self.link, &failure.to_string());
        failure
    }

    /// Nobody waits for the rest of the answer.
    pub(super) fn let_go(mut self) {
        self.line.close(&mut self.link, "let go");
    }

    /// Closes the link, so that another one can take its place.
    pub(super) fn give_up_link(self) -> (Slot, Line) {
        (self.slot, self.line)
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Result<Event, Failure>> {
        loop {
            match self.exchange.next() {
                Ok(Event::More) => {}
                Ok(event) => return Poll::Ready(Ok(event)),
                Err(fault) => return Poll::Ready(Err(self.explain(fault.into()))),
            }
            if let Err(failure) = self.send(context) {
                return Poll::Ready(Err(failure));
            }
            self.input.clear();
            match self.link.poll_receive(context, &mut self.input) {
                Poll::Pending => {
                    let over = self.silence.poll_over(context);
                    return over.map(|()| Err(self.silent()));
                }
                Poll::Ready(received) => self.take(received)?,
            }
        }
    }

    fn take(&mut self, received: Result<Received, LinkError>) -> Result<(), Failure> {
        match received {
            Ok(Received::Bytes) => {
                self.silence.is_broken();
                self.line.times.data.get_or_insert_with(Instant::now);
                self.exchange.receive(&self.input);
            }
            Ok(Received::End { is_clean: true }) => self.exchange.receive_end(Close::Clean),
            Ok(Received::End { is_clean: false }) => self.exchange.receive_end(Close::Abrupt),
            // What has come may be the whole answer; the exchange knows.
            Err(LinkError::Socket(error)) => {
                self.error.get_or_insert(error);
                self.exchange.receive_end(Close::Abrupt);
            }
            Err(LinkError::Tls(error)) => {
                return Err(Failure::new(CallErrorKind::Tls, error.to_string()));
            }
        }
        Ok(())
    }

    /// Sends what can be sent. A failure to send is none yet: the answer may have come before it.
    fn send(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        while self.error.is_none() && self.sent < self.message.len() {
            let rest = &self.message[self.sent..];
            match self.link.poll_send(context, rest) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(count)) => {
                    self.sent += count;
                    self.silence.is_broken();
                }
                Poll::Ready(Err(error)) => return self.note(error),
            }
        }
        match self.link.poll_flush(context) {
            Poll::Ready(Err(error)) => self.note(error),
            _ => Ok(()),
        }
    }

    fn note(&mut self, error: LinkError) -> Result<(), Failure> {
        match error {
            LinkError::Socket(error) => {
                self.error.get_or_insert(error);
                Ok(())
            }
            LinkError::Tls(error) => Err(Failure::new(CallErrorKind::Tls, error.to_string())),
        }
    }

    /// The same failure, but if the request did not get through, that is what is said.
    fn explain(&self, failure: Failure) -> Failure {
        if self.has_begun() {
            return failure;
        }
        let (sent, length) = (self.sent, self.message.len());
        match &self.error {
            Some(error) if sent < length => Failure::new(
                CallErrorKind::Send,
                format!("{sent} of {length} bytes of the request were sent: {error}"),
            ),
            Some(error) => Failure::new(failure.kind, format!("{}: {error}", failure.sentence)),
            None => failure,
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
