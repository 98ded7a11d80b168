//! The loop: every socket and the clock of a service, on one thread.
//!
//! [`Server::open`] makes a service ready, [`Server::run`] serves it until it is told to end.

mod access;
mod application;
mod clock;
mod door;
mod error;
mod helpers;
mod runtime;
mod session;
mod signals;
mod tasks;
mod tools;
mod wake;
mod wheel;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use micro_api::Config;
use micro_api::host::{self, Entered, Function, Turn};
use mio::{Events, Poll as Poller, Token};
use slab::Slab;

pub use self::error::ServeError;
pub use self::wake::Stopper;

use self::application::{Site, function, mismatch, references};
use self::door::{Door, Knock};
use self::runtime::{Due, LoopRuntime};
use self::session::{After, Session};
use self::signals::{Signal, Signals};
use self::tasks::{Done, Work, discard, guard};
use self::tools::Tools;
use self::wake::{Alarm, Sleeper};
use crate::config::{Reference, Service};
use crate::registry::{Opened, Registry};

const BELL: Token = Token(0);
const SIGNALS: Token = Token(1);
const DOOR_TOKENS: usize = 2;
/// Tokens of sessions start here, far above those of doors.
const SESSION_TOKENS: usize = 1 << 16;

/// How many events are taken from the system at once.
const EVENTS: usize = 1024;
/// How soon accepting is tried again after the system had no room.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// How long the loop sleeps at most when functions are to be called once a turn.
const TURN: Duration = Duration::from_millis(100);

/// How a server is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long answers in the making may take once the server is told to end.
    pub grace: Duration,
    /// Whether SIGTERM and SIGINT end the server, and SIGUSR1 switches debug messages.
    pub has_signals: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            grace: Duration::from_secs(30),
            has_signals: false,
        }
    }
}

/// A service that listens.
pub struct Server {
    poller: Poller,
    events: Events,
    tools: Tools,
    names: Vec<String>,
    doors: Vec<Door>,
    sessions: Slab<Session>,
    signals: Option<Signals>,
    config: Config,
    turns: Vec<Turn>,
    teardowns: Vec<(Reference, host::Job)>,
    grace: Duration,
    /// When what is left will be cut, once the server has been told to end.
    ending: Option<Instant>,
    is_over: bool,
    woken: Vec<Sleeper>,
    due: Vec<Due>,
}

impl Server {
    /// Opens the modules that a service uses, calls its SETUP functions, listens, and starts its
    /// tasks.
    ///
    /// # Errors
    ///
    /// If a module or SETUP function fails, or a listener cannot have its address.
    pub fn open(
        service: &Service,
        registry: &Registry,
        options: &Options,
    ) -> Result<Server, ServeError> {
        let poller = Poller::new()?;
        let alarm = Alarm::new(poller.registry(), BELL)?;
        let runtime = Rc::new(LoopRuntime::new(Instant::now()));
        let signals = match options.has_signals {
            true => Some(Signals::register(poller.registry(), SIGNALS)?),
            false => None,
        };
        let context = host::Context {
            config: service.config.clone(),
        };
        let mut server = Server {
            tools: Tools::new(poller.registry().try_clone()?, alarm, runtime, context),
            poller,
            events: Events::with_capacity(EVENTS),
            names: Vec::new(),
            doors: Vec::new(),
            sessions: Slab::new(),
            signals,
            config: service.config.clone(),
            turns: Vec::new(),
            teardowns: Vec::new(),
            grace: options.grace,
            ending: None,
            is_over: false,
            woken: Vec::new(),
            due: Vec::new(),
        };
        server.set_up(service, registry)?;
        Ok(server)
    }

    /// The names of the listeners and where they listen.
    pub fn addresses(&self) -> impl Iterator<Item = (&str, SocketAddr)> {
        let names = self.names.iter().map(String::as_str);
        names
            .zip(&self.doors)
            .filter_map(|(name, door)| Some((name, door.local_addr().ok()?)))
    }

    /// A handle that ends the server gracefully, from any thread.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.tools.alarm.stopper()
    }

    /// Serves until the server is told to end, then finishes what is at work within the grace
    /// time and calls the TEARDOWN functions.
    ///
    /// # Errors
    ///
    /// If the system's poll fails, or a TEARDOWN function does.
    pub fn run(mut self) -> Result<(), ServeError> {
        let _entered = self.enter();
        while !self.is_over {
            self.turn()?;
        }
        for (reference, job) in std::mem::take(&mut self.teardowns) {
            let result = self.wait(job(self.config.clone()))?;
            result.map_err(|error| ServeError::Job {
                name: reference.to_string(),
                error,
            })?;
        }
        Ok(())
    }

    /// Serves until a future is done, and gives its result.
    ///
    /// # Errors
    ///
    /// If the system's poll fails.
    pub fn wait<T>(&mut self, future: impl Future<Output = T>) -> Result<T, ServeError> {
        let _entered = self.enter();
        let mut future = pin!(future);
        let waker = self.tools.alarm.waker(Sleeper::Waiter);
        loop {
            if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Ok(result);
            }
            self.turn()?;
        }
    }

    /// Makes this loop the one that futures on this thread turn to.
    fn enter(&self) -> Entered {
        host::enter(Rc::clone(&self.tools.runtime) as Rc<dyn host::Runtime>)
    }

    fn set_up(&mut self, service: &Service, registry: &Registry) -> Result<(), ServeError> {
        let _entered = self.enter();
        let opened = registry.open(&references(service), &service.config)?;
        for reference in &service.setups {
            let setup = job(&opened, reference)?;
            let result = self.wait(setup(self.config.clone()))?;
            result.map_err(|error| ServeError::Job {
                name: reference.to_string(),
                error,
            })?;
        }
        for reference in &service.teardowns {
            self.teardowns
                .push((reference.clone(), job(&opened, reference)?));
        }
        for reference in &service.turns {
            let Function::Turn(turn) = function(&opened, reference)? else {
                return Err(mismatch(reference).into());
            };
            self.turns.push(turn);
        }
        self.listen(service, &opened)?;
        for task in &service.tasks {
            let (name, job) = (task.name.clone(), job(&opened, &task.function)?);
            let future = job(self.config.clone());
            micro_api::spawn(async move {
                match future.await {
                    Ok(()) => log::info!("task {name} has ended"),
                    Err(error) => log::error!("task {name}: {error}"),
                }
            });
        }
        // Tasks begin before the first request is let in.
        self.go_on();
        Ok(())
    }

    fn listen(&mut self, service: &Service, opened: &Opened) -> Result<(), ServeError> {
        for listener in &service.listeners {
            let site = Site::new(listener, opened)?;
            let failed = |error: io::Error| ServeError::Listen {
                name: listener.name.clone(),
                address: format!("{}:{}", listener.host, listener.port),
                error,
            };
            let mut door = Door::open(listener).map_err(failed)?;
            let token = Token(DOOR_TOKENS + self.doors.len());
            door.register(&self.tools.registry, token).map_err(failed)?;
            let address = door.local_addr().map_err(failed)?;
            log::info!(
                "listening on {} port {} ({address})",
                listener.name,
                address.port()
            );
            self.tools.sites.push((site, listener.limits.clone()));
            self.names.push(listener.name.clone());
            self.doors.push(door);
        }
        Ok(())
    }

    /// One turn of the loop: poll, find the owner of each event, carry out the answers.
    fn turn(&mut self) -> io::Result<()> {
        self.poll()?;
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            match event.token() {
                BELL => {}
                SIGNALS => self.obey_signals(),
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
        self.call_turns();
        self.end_if_done();
        Ok(())
    }

    fn poll(&mut self) -> io::Result<()> {
        let is_idle = self.tools.alarm.begin_polling();
        let timeout =
            match is_idle && self.tools.again.is_empty() && !self.tools.runtime.has_spawned() {
                false => Some(Duration::ZERO),
                true => self.timeout(),
            };
        let polled = self.poller.poll(&mut self.events, timeout);
        self.tools.alarm.end_polling();
        self.tools.clock.tick();
        self.tools.runtime.set_now(self.tools.clock.now());
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
        let turn = (!self.turns.is_empty()).then_some(TURN);
        timer.into_iter().chain(turn).min()
    }

    /// Has a session do something, and lets go of it if that was its end.
    fn visit(&mut self, key: usize, act: impl FnOnce(&mut Session, usize, &mut Tools) -> After) {
        let Some(session) = self.sessions.get_mut(key) else {
            return;
        };
        if act(session, key, &mut self.tools) == After::Close {
            let mut session = self.sessions.remove(key);
            session.close(&mut self.tools);
            if let Some(door) = self.doors.get_mut(session.site) {
                door.guests -= 1;
                door.wake();
            }
        }
    }

    /// Lets in whoever waits at a door, as far as there is room.
    fn admit(&mut self) {
        for site in 0..self.doors.len() {
            while self.doors[site].may_admit() {
                match self.doors[site].admit() {
                    Knock::Nobody | Knock::Full => break,
                    Knock::Guest(stream, peer) => {
                        let session = Session::new(stream, peer, site, &mut self.tools);
                        let key = self.sessions.insert(session);
                        self.visit(key, Session::drive);
                    }
                    Knock::Exhausted(error) => {
                        if self.doors[site].rest() {
                            log::warn!("cannot accept on {}: {error}", self.names[site]);
                        }
                        let again = self.tools.clock.now() + ACCEPT_AGAIN;
                        self.tools.runtime.set_timer(again, Due::Accept);
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
                Due::Waker(waker) => waker.wake(),
                Due::Session(key) => self.visit(key, Session::expire),
                Due::Accept => self.doors.iter_mut().for_each(Door::wake),
                Due::Grace => self.cut(),
            }
        }
        self.due = due;
        self.admit();
    }

    /// Polls what was woken, what was spawned, and who had more to do than one turn allows.
    fn go_on(&mut self) {
        let mut woken = std::mem::take(&mut self.woken);
        self.tools.alarm.take(&mut woken);
        for sleeper in woken.drain(..) {
            match sleeper {
                Sleeper::Waiter => {}
                Sleeper::Stop => self.end(),
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
            self.tools.tasks.start(Work::Background(future));
        }
        for key in std::mem::take(&mut self.tools.again) {
            self.visit(key, Session::drive);
        }
    }

    fn call_turns(&self) {
        for turn in &self.turns {
            if let Err(error) = guard(|| turn()) {
                log::error!("a function for every turn failed: {error}");
            }
        }
    }

    fn obey_signals(&mut self) {
        let signals: Vec<Signal> = self.signals.iter_mut().flat_map(Signals::pending).collect();
        for signal in signals {
            match signal {
                Signal::End => self.end(),
                Signal::SwitchDebug => self.signals.iter().for_each(Signals::switch_debug),
            }
        }
    }

    /// Begins to end; told so a second time, ends at once.
    fn end(&mut self) {
        if self.ending.is_some() {
            self.cut();
            return;
        }
        log::info!("ending: {} connections are open", self.sessions.len());
        let cut = self.tools.clock.now() + self.grace;
        self.ending = Some(cut);
        self.tools.runtime.set_timer(cut, Due::Grace);
        self.doors.clear();
        let keys: Vec<usize> = self.sessions.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.visit(key, Session::end_soon);
        }
    }

    fn cut(&mut self) {
        if !self.sessions.is_empty() {
            log::warn!(
                "cut {} connections that had not ended in time",
                self.sessions.len()
            );
        }
        let keys: Vec<usize> = self.sessions.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.visit(key, |_, _, _| After::Close);
        }
        self.end_if_done();
    }

    fn end_if_done(&mut self) {
        if self.ending.is_some() && self.sessions.is_empty() && !self.is_over {
            self.is_over = true;
            log::info!("ended");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for mut session in std::mem::take(&mut self.sessions)
            .into_iter()
            .map(|(_, session)| session)
        {
            session.close(&mut self.tools);
        }
        // A future may hold on to the runtime that holds it.
        discard(self.tools.runtime.take_spawned());
        self.tools.tasks.clear();
    }
}

fn job(opened: &Opened, reference: &Reference) -> Result<host::Job, ServeError> {
    match function(opened, reference)? {
        Function::Job(job) => Ok(job),
        _ => Err(mismatch(reference).into()),
    }
}
