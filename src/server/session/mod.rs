//! One connection of a client: a socket, the state of its protocol, and its deadline.

mod deadline;
mod socket;

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use micro_api::host::{Outcome, Parts, RequestId};
use micro_api::{IntoReply, Reply};
use mio::Interest;
use mio::event::Event;
use mio::net::TcpStream;

use self::socket::Flushed;
use super::access;
use super::application::{Answering, Endpoint};
use super::tasks::{Started, TaskId, discard, guard};
use super::tools::Tools;
use super::wake::Sleeper;
use super::wheel::TimerId;
use crate::http::{Connection, Phase, Reject, Stamp, Step, Streamed, shape};

/// How often a session may read before others have their turn.
const READS_MAX: usize = 16;
/// How long, and how much, a peer may go on sending after the last answer (RFC 9112 section 9.6).
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES_MAX: usize = 1 << 20;

/// One connection of a client.
pub(super) struct Session {
    stream: TcpStream,
    http: Connection,
    pub(super) peer: SocketAddr,
    /// Which listener let it in.
    pub(super) site: usize,
    /// Tells it from earlier sessions under the same key.
    number: u64,
    pending: Option<Box<Pending>>,
    /// What makes an answer that is streamed.
    streaming: Option<Rc<Endpoint>>,
    /// The request that it answers.
    streamed: Option<RequestId>,
    /// The line of the log for it.
    line: Option<Box<access::Line>>,
    registered: Option<Interest>,
    /// Whether an edge said that there is something to read, and it was not read to its end.
    may_read: bool,
    /// Whether an edge said that the peer has ended: then only reading 0 bytes is the end.
    is_ended: bool,
    /// Whether the peer is gone for good.
    is_lost: bool,
    lingered: Option<usize>,
    phase: Phase,
    /// Whether something has happened that starts the time anew.
    is_renewed: bool,
    deadline: Option<Instant>,
    timer: Option<(TimerId, Instant)>,
}

/// A request on its way to an answer.
struct Exchange {
    parts: Rc<Parts>,
    since: Instant,
    endpoint: Option<Rc<Endpoint>>,
    is_silent: bool,
}

/// An answer that a task is making.
struct Pending {
    task: TaskId,
    exchange: Exchange,
}

/// What is to be done with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It waits for an event, a task or its deadline.
    Keep,
    /// It is over.
    Close,
}

/// How far answering went.
enum Served {
    /// There is no whole request left.
    Everything,
    /// There may be more once the output, the stream or the handler allows.
    UntilBusy,
}

impl Session {
    pub(super) fn new(
        stream: TcpStream,
        peer: SocketAddr,
        site: usize,
        tools: &mut Tools,
    ) -> Session {
        Session {
            stream,
            http: Connection::new(),
            peer,
            site,
            number: tools.next_session_number(),
            pending: None,
            streaming: None,
            streamed: None,
            line: None,
            registered: None,
            // The first request often arrives with the connection: trying costs less than polling.
            may_read: true,
            is_ended: false,
            is_lost: false,
            lingered: None,
            phase: Phase::Idle,
            is_renewed: true,
            deadline: None,
            timer: None,
        }
    }

    /// Takes note of what the system says of the socket.
    pub(super) fn note(&mut self, event: &Event) {
        self.may_read |= event.is_readable() || event.is_read_closed();
        if event.is_read_closed() {
            // A silent stream may wait for ever for its source, but not for a peer that has gone.
            (self.is_ended, self.is_renewed) = (true, true);
        }
        self.is_lost |= event.is_error() || event.is_write_closed();
    }

    /// Whether this is still the session that a waker was made for.
    pub(super) fn is_number(&self, number: u64) -> bool {
        self.number == number
    }

    /// Goes on as far as possible.
    pub(super) fn drive(&mut self, key: usize, tools: &mut Tools) -> After {
        match self.work(key, tools) {
            Ok(After::Keep) => {
                self.set_deadline(key, tools);
                self.register(key, tools)
            }
            Ok(After::Close) => After::Close,
            Err(error) => {
                log::debug!("{}: {error}", self.peer);
                After::Close
            }
        }
    }

    /// Sends the answer that a task has made.
    pub(super) fn finish(&mut self, reply: Reply, key: usize, tools: &mut Tools) -> After {
        let Some(pending) = self.pending.take() else {
            return After::Keep;
        };
        self.send(reply, pending.exchange, tools);
        tools.forget_stale_parts();
        self.drive(key, tools)
    }

    /// Takes no further request: ends at once if there is none at work.
    pub(super) fn end_soon(&mut self, key: usize, tools: &mut Tools) -> After {
        // What has arrived is answered, even if its event has not been looked at.
        self.may_read = true;
        if self.http.is_at_rest() && self.pending.is_none() && self.fill(tools).is_err() {
            return After::Close;
        }
        self.http.end_soon();
        self.drive(key, tools)
    }

    /// Lets go of everything that the loop holds for this session.
    pub(super) fn close(&mut self, tools: &mut Tools) {
        if let Some((timer, _)) = self.timer.take() {
            tools.runtime.cancel_timer(timer);
        }
        if let Some(pending) = self.pending.take() {
            tools.tasks.cancel(pending.task);
            discard(pending);
        }
        self.finish_stream(true);
        // A stream belongs to a handler; its drop may panic.
        discard(std::mem::take(&mut self.http));
    }

    fn work(&mut self, key: usize, tools: &mut Tools) -> io::Result<After> {
        if self.is_lost {
            return Ok(After::Close);
        }
        for _ in 0..READS_MAX {
            if self.lingered.is_some() {
                return self.linger(tools);
            }
            if self.http.is_at_rest() && self.may_read {
                self.fill(tools)?;
            }
            let served = self.serve(key, tools);
            if self.is_lost {
                return Ok(After::Close);
            }
            if let Flushed::Blocked = self.flush(tools)? {
                return Ok(After::Keep);
            }
            if self.http.is_over() {
                if !self.http.needs_linger() {
                    return Ok(After::Close);
                }
                self.stream.shutdown(Shutdown::Write)?;
                self.lingered = Some(0);
            } else if self.http.is_streaming() {
                if self.stream_on(key, tools)?.is_pending() {
                    return Ok(After::Keep);
                }
            } else if self.pending.is_some() {
                return Ok(After::Keep);
            } else if let Served::Everything = served {
                if !self.may_read {
                    return Ok(After::Keep);
                }
                if !self.http.is_at_rest() {
                    self.fill(tools)?;
                }
            }
        }
        tools.again.push(key);
        Ok(After::Keep)
    }

    /// Answers the requests that have come, in order.
    fn serve(&mut self, key: usize, tools: &mut Tools) -> Served {
        while self.pending.is_none() && !self.http.is_streaming() && !self.http.is_congested() {
            if self.http.is_at_rest() {
                return Served::Everything;
            }
            let mut parts = tools.take_parts();
            let unshared = Rc::get_mut(&mut parts).expect("nobody else holds the next request");
            match self.http.advance(unshared, &tools.sites[self.site].1) {
                Step::Request => self.answer(key, parts, tools),
                step => {
                    tools.give_parts(parts);
                    match step {
                        Step::Refuse(reject) => self.refuse(&reject, tools),
                        // Behind a large answer nothing is looked at before that is sent.
                        _ if self.http.has_output() => return Served::UntilBusy,
                        _ => return Served::Everything,
                    }
                }
            }
        }
        Served::UntilBusy
    }

    fn answer(&mut self, key: usize, mut parts: Rc<Parts>, tools: &mut Tools) {
        let id = tools.next_request_id();
        let unshared = Rc::get_mut(&mut parts).expect("nobody else holds the next request");
        (unshared.id, unshared.peer) = (id, self.peer);
        let since = access::begin(tools.clock.now());
        let Answering {
            outcome,
            endpoint,
            is_silent,
        } = tools.sites[self.site].0.answer(&mut parts);
        let exchange = Exchange {
            parts,
            since,
            endpoint,
            is_silent,
        };
        let reply = match outcome {
            Outcome::Ready(reply) => reply,
            Outcome::Pending(future) => match tools.tasks.start(key, future) {
                Started::Ready(reply) => reply,
                Started::Pending(task) => {
                    self.is_renewed = true;
                    self.pending = Some(Box::new(Pending { task, exchange }));
                    return;
                }
            },
        };
        self.send(reply, exchange, tools);
    }

    /// Puts an answer into the output, and makes the request's memory free again.
    fn send(&mut self, reply: Reply, exchange: Exchange, tools: &mut Tools) {
        self.is_renewed = true;
        let Exchange {
            mut parts,
            since,
            endpoint,
            is_silent,
        } = exchange;
        let response = endpoint
            .as_ref()
            .and_then(|endpoint| endpoint.response.as_ref());
        let reply = guard(|| shape(reply, response)).unwrap_or_else(IntoReply::into_reply);
        let stamp = Stamp {
            id: parts.id,
            date: tools.clock.date(),
        };
        // Streams, attachments and what they hold are a handler's: a panic in them is no end of ours.
        let answered = guard(|| self.http.answer(reply, &stamp, &mut tools.buffers));
        let Ok(sent) = answered.inspect_err(|error| log::error!("{} {error}", parts.id.as_str()))
        else {
            self.is_lost = true;
            return discard(parts);
        };
        if self.http.is_streaming() {
            self.line = access::Line::new(&parts, &sent, is_silent, since).map(Box::new);
            self.streaming = endpoint;
            self.streamed = Some(parts.id);
        } else {
            access::answered(&parts, &sent, is_silent, || since.elapsed());
        }
        match guard(|| self.http.reclaim(&mut parts, &mut tools.buffers)) {
            Ok(true) => tools.give_parts(parts),
            Ok(false) => discard(parts),
            Err(error) => {
                log::error!("{} {error}", parts.id.as_str());
                self.is_lost = true;
                discard(parts);
            }
        }
    }

    fn refuse(&mut self, reject: &Reject, tools: &mut Tools) {
        self.is_renewed = true;
        let id = tools.next_request_id();
        let line = access::asked(self.http.refused_line());
        let stamp = Stamp {
            id,
            date: tools.clock.date(),
        };
        match guard(|| self.http.refuse(reject, &stamp, &mut tools.buffers)) {
            Ok(sent) => access::refused(id, self.peer, &line, &sent, reject.sentence()),
            Err(error) => {
                log::error!("{} {error}", id.as_str());
                self.is_lost = true;
            }
        }
    }

    /// Asks a streamed answer for more; ready if there is something to write, or it has ended. An
    /// answer that fails is cut, so that the peer cannot take the part for the whole.
    fn stream_on(&mut self, key: usize, tools: &mut Tools) -> io::Result<Poll<()>> {
        let waker = tools.alarm.waker(Sleeper::Session {
            key,
            number: self.number,
        });
        let mut context = Context::from_waker(&waker);
        // A stream that was silent had no deadline; what it says now has one.
        self.is_renewed = true;
        let (level, why) = match guard(|| self.http.poll_stream(&mut context, &mut tools.buffers)) {
            Ok(Poll::Ready(Streamed::Full)) => return Ok(Poll::Ready(())),
            Ok(Poll::Ready(Streamed::Done)) => {
                self.finish_stream(false);
                return Ok(Poll::Ready(()));
            }
            Ok(Poll::Pending) if self.http.has_output() => return Ok(Poll::Ready(())),
            Ok(Poll::Pending) => return Ok(Poll::Pending),
            Ok(Poll::Ready(Streamed::Failed(failure))) => (log::Level::Error, failure),
            Ok(Poll::Ready(Streamed::Cut)) => (log::Level::Info, "no failure was told".to_owned()),
            Err(error) => (log::Level::Error, error.to_string()),
        };
        let id = self.streamed.as_ref().map_or("-", RequestId::as_str);
        log::log!(
            level,
            "{id} a streamed answer to {} was cut: {why}",
            self.peer
        );
        // Without a length or chunks, only a reset tells the peer that something is missing.
        self.reset_on_close();
        Err(io::Error::other("a streamed answer has failed"))
    }

    /// Logs a streamed answer at its end, and lets go of what made it.
    fn finish_stream(&mut self, is_cut: bool) {
        self.streaming = None;
        if let Some(line) = self.line.take() {
            line.finish(self.http.streamed_bytes(), is_cut);
        }
    }
}
