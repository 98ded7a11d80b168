//! The loop itself: poll, find the owner of each event, carry out the answers.

use std::io;
use std::time::{Duration, Instant};

use mio::{Events, Token};

use super::door::{Door, Knock};
use super::generation::EveryTurn;
use super::runtime::Due;
use super::session::{After, Session};
use super::signals::{Signal, Signals};
use super::tasks::{Done, wake};
use super::tools::Tools;
use super::wake::Sleeper;
use super::{BELL, CALL_TOKENS, DOOR_TOKENS, SESSION_TOKENS, SIGNALS, Server};

/// How many connections are accepted at one door before others have their turn.
const ACCEPTED_MAX: usize = 64;
/// How soon accepting is tried again after the system had no room.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// How long the loop sleeps at most when functions are to be called once a turn.
const TURN: Duration = Duration::from_millis(100);

impl Server {
    /// One turn of the loop: poll, find the owner of each event, carry out the answers.
    pub(super) fn turn(&mut self) -> io::Result<()> {
        self.poll()?;
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            match event.token() {
                BELL => {}
                SIGNALS => self.obey_signals(),
                Token(token @ CALL_TOKENS..) => {
                    let sockets = self.tools.runtime.sockets();
                    sockets.note(token - CALL_TOKENS, event);
                }
                Token(token @ SESSION_TOKENS..) => {
                    let key = token - SESSION_TOKENS;
                    if let Some(session) = self.sessions.get_mut(key) {
                        session.note(event);
                        self.visit(key, Session::drive);
                    }
                }
                Token(token) => {
                    if let Some(door) = self.doors.get_mut(token - DOOR_TOKENS) {
                        door.knocked();
                    }
                }
            }
        }
        self.events = events;
        self.admit();
        self.expire();
        self.go_on();
        self.generation.turns.iter_mut().for_each(EveryTurn::call);
        self.change();
        self.end_if_done();
        Ok(())
    }

    fn poll(&mut self) -> io::Result<()> {
        let is_awaited = !self.tools.alarm.begin_polling()
            || !self.tools.again.is_empty()
            || self.tools.runtime.has_spawned()
            || self.doors.iter().any(Door::may_admit);
        let timeout = match is_awaited {
            true => Some(Duration::ZERO),
            false => self.timeout(),
        };
        let polled = self.poller.poll(&mut self.events, timeout);
        self.tools.alarm.end_polling();
        self.tick();
        match polled {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    fn timeout(&self) -> Option<Duration> {
        let now = Instant::now();
        let timer = self
            .tools
            .runtime
            .next_timer()
            .map(|at| at.saturating_duration_since(now));
        let turn = (!self.generation.turns.is_empty()).then_some(TURN);
        timer.into_iter().chain(turn).min()
    }

    /// Has a session do something, and lets go of it if that was its end.
    pub(super) fn visit(
        &mut self,
        key: usize,
        act: impl FnOnce(&mut Session, usize, &mut Tools) -> After,
    ) {
        let Some(session) = self.sessions.get_mut(key) else {
            return;
        };
        if act(session, key, &mut self.tools) == After::Close {
            let mut session = self.sessions.remove(key);
            log::debug!("{} is closed", session.peer);
            session.close(&mut self.tools);
            if let Some(door) = self.doors.get_mut(session.site) {
                door.sessions -= 1;
                door.wake();
            }
        }
    }

    /// Lets in whoever waits at a door, as far as there is room.
    pub(super) fn admit(&mut self) {
        for site in 0..self.doors.len() {
            for _ in 0..ACCEPTED_MAX {
                if !self.doors[site].may_admit() {
                    break;
                }
                match self.doors[site].admit() {
                    Knock::Nobody | Knock::Full => break,
                    Knock::Connection(stream, peer) => {
                        log::debug!("{peer} has connected to {}", self.doors[site].name());
                        let session = Session::new(stream, peer, site, &mut self.tools);
                        let key = self.sessions.insert(session);
                        self.visit(key, Session::drive);
                    }
                    Knock::Exhausted(error) => {
                        if self.doors[site].rest() {
                            let name = self.doors[site].name();
                            log::warn!("cannot accept on {name}: {error}");
                        }
                        if !std::mem::replace(&mut self.is_resting, true) {
                            let again = self.tools.clock.now() + ACCEPT_AGAIN;
                            self.tools.runtime.set_timer(again, Due::Accept);
                        }
                        break;
                    }
                }
            }
        }
    }

    fn expire(&mut self) {
        let mut due = std::mem::take(&mut self.due);
        self.tools.runtime.take_due(&mut due);
        for due in due.drain(..) {
            match due {
                Due::Waker(waker) => wake(waker),
                Due::Session(key) => self.visit(key, Session::expire),
                Due::Accept => {
                    self.is_resting = false;
                    self.doors.iter_mut().for_each(Door::wake);
                }
                Due::Grace => self.cut(),
            }
        }
        self.due = due;
    }

    /// Polls what was woken, what was spawned, and who had more to do than one turn allows.
    pub(super) fn go_on(&mut self) {
        let mut woken = std::mem::take(&mut self.woken);
        self.tools.alarm.take(&mut woken);
        for sleeper in woken.drain(..) {
            match sleeper {
                Sleeper::Waiter => {}
                Sleeper::Stop => self.end(),
                Sleeper::Reload => self.reloading.is_due = true,
                Sleeper::Session { key, number } => {
                    self.visit(key, |session, key, tools| match session.is_number(number) {
                        true => session.drive(key, tools),
                        false => After::Keep,
                    });
                }
                Sleeper::Task { key, number } => {
                    if let Some(Done::Answer(session, reply)) = self.tools.tasks.poll(key, number) {
                        self.visit(session, |session, key, tools| {
                            session.finish(reply, key, tools)
                        });
                    }
                }
            }
        }
        self.woken = woken;
        for future in self.tools.runtime.take_spawned() {
            self.tools.tasks.start_background(future);
        }
        for key in std::mem::take(&mut self.tools.again) {
            self.visit(key, Session::drive);
        }
    }

    fn obey_signals(&mut self) {
        let signals: Vec<Signal> = self.signals.iter_mut().flat_map(Signals::pending).collect();
        for signal in signals {
            match signal {
                Signal::End => self.end(),
                Signal::SwitchDebug => self.signals.iter_mut().for_each(Signals::switch_debug),
            }
        }
    }
}
