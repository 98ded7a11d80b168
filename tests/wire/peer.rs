//! The other end of the wire: sends what a case says, and gathers what comes back.

use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use micro::config::Limits;
use micro::http::{Buffers, Connection, Phase, Stamp, Step, Streamed};
use micro_api::host::{self, Parts, RequestId};

use super::case::{Answers, Case};
use super::handler;

/// In what pieces bytes go in and out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Each sending at once, each answer at once.
    Whole,
    /// One byte at a time in, a few at a time out.
    Bytes,
}

/// A connection and everything that a loop keeps beside it.
pub(crate) struct Peer {
    connection: Connection,
    parts: Rc<Parts>,
    buffers: Buffers,
    limits: Limits,
    pace: Pace,
    output: Vec<u8>,
}

impl Peer {
    /// Connects.
    pub(crate) fn new(limits: Limits, pace: Pace) -> Peer {
        Peer {
            connection: Connection::new(),
            parts: new_parts(),
            buffers: Buffers::new(),
            limits,
            pace,
            output: Vec::new(),
        }
    }

    /// Holds the conversation.
    pub(crate) fn hold(mut self, case: &Case) -> Answers {
        let mut answers = Vec::new();
        for turn in &case.turns {
            let piece = if self.pace == Pace::Whole {
                turn.sent.len().max(1)
            } else {
                1
            };
            for bytes in turn.sent.chunks(piece) {
                self.connection.receive(bytes, &mut self.buffers);
                self.serve();
            }
            if turn.is_end {
                self.connection.receive_end();
                self.serve();
            }
            answers.push(std::mem::take(&mut self.output));
        }
        (answers, self.describe_end().to_owned())
    }

    fn describe_end(&self) -> &'static str {
        match (self.connection.is_over(), self.connection.phase()) {
            (true, _) if self.connection.needs_linger() => "linger",
            (true, _) => "close",
            (false, Phase::Idle) => "idle",
            (false, Phase::Head) => "waits for the head",
            (false, Phase::Body) => "waits for the content",
            (false, _) => "stuck",
        }
    }

    fn serve(&mut self) {
        loop {
            let parts = Rc::get_mut(&mut self.parts).expect("the handler let go of the request");
            match self.connection.advance(parts, &self.limits) {
                Step::Request => {
                    let reply = handler::answer(&host::request(&self.parts));
                    self.connection.answer(reply, &stamp(), &mut self.buffers);
                    if !self.connection.reclaim(&mut self.parts, &mut self.buffers) {
                        self.parts = new_parts();
                    }
                    self.stream();
                }
                Step::Refuse(reject) => {
                    self.connection.refuse(&reject, &stamp(), &mut self.buffers);
                }
                Step::Wait | Step::End => return self.flush(),
            }
            self.flush();
        }
    }

    fn stream(&mut self) {
        while self.connection.is_streaming() {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(Streamed::Full) =
                self.connection.poll_stream(&mut context, &mut self.buffers)
            {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        while self.connection.has_output() {
            let bytes = self.connection.output().concat();
            let count = if self.pace == Pace::Whole {
                bytes.len()
            } else {
                bytes.len().min(997)
            };
            self.output.extend_from_slice(&bytes[..count]);
            self.connection.sent(count, &mut self.buffers);
        }
    }
}

fn new_parts() -> Rc<Parts> {
    Rc::new(Parts::new(Rc::new(host::Context::default())))
}

fn stamp() -> Stamp<'static> {
    Stamp {
        id: RequestId::new(0x2a),
        date: "Sun, 06 Nov 1994 08:49:37 GMT",
    }
}
