//! The loop: every socket and the clock of a service, on one thread.
//!
//! [`Server::open`] makes a service ready, [`Server::run`] serves it until it is told to end.

mod access;
mod application;
mod calls;
mod clock;
mod coming;
mod door;
mod end;
mod error;
mod file;
mod generation;
mod helpers;
mod jobs;
mod leaving;
mod references;
mod reload;
mod replace;
mod runtime;
mod session;
mod signals;
mod tasks;
mod tools;
mod turn;
mod wake;
mod wheel;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use micro_api::Config;
use micro_api::host::{self, Entered};
use mio::{Events, Poll as Poller, Token};
use slab::Slab;

pub use self::error::ServeError;
pub use self::reload::{Reload, Reloader};
pub use self::wake::Stopper;

use self::calls::Sockets;
use self::door::Door;
use self::generation::Generation;
use self::leaving::Leaving;
use self::reload::Reloading;
use self::runtime::{Due, LoopRuntime};
use self::session::Session;
use self::signals::Signals;
use self::tasks::discard;
use self::tools::Tools;
use self::wake::{Alarm, Sleeper};
use crate::config::Service;
use crate::registry::Registry;

const BELL: Token = Token(0);
const SIGNALS: Token = Token(1);
const DOOR_TOKENS: usize = 2;
/// Tokens of sessions start here, far above those of doors.
const SESSION_TOKENS: usize = 1 << 16;
/// Tokens of the sockets that calls are made through start here, far above those of sessions.
const CALL_TOKENS: usize = 1 << 32;

/// How many events are taken from the system at once.
const EVENTS: usize = 1024;

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
    doors: Vec<Door>,
    sessions: Slab<Session>,
    signals: Option<Signals>,
    /// What serves, its sites aside.
    generation: Generation,
    /// What has served and is still at work.
    leaving: Vec<Leaving>,
    reloading: Reloading,
    /// The first failure of a TEARDOWN function at the end.
    failure: Option<ServeError>,
    grace: Duration,
    /// Whether the server has been told to end.
    is_ending: bool,
    is_over: bool,
    /// Whether the time for a graceful end is over.
    is_cut: bool,
    /// Whether a timer is set for accepting again.
    is_resting: bool,
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
        let sockets = Sockets::new(poller.registry().try_clone()?);
        let runtime = Rc::new(LoopRuntime::new(Instant::now(), sockets));
        let signals = match options.has_signals {
            true => Some(Signals::register(poller.registry(), SIGNALS)?),
            false => None,
        };
        let generation = Generation::none();
        let context = Rc::clone(&generation.context);
        let mut server = Server {
            tools: Tools::new(poller.registry().try_clone()?, alarm, runtime, context),
            poller,
            events: Events::with_capacity(EVENTS),
            doors: Vec::new(),
            sessions: Slab::new(),
            signals,
            generation,
            leaving: Vec::new(),
            reloading: Reloading::default(),
            failure: None,
            grace: options.grace,
            is_ending: false,
            is_over: false,
            is_cut: false,
            is_resting: false,
            woken: Vec::new(),
            due: Vec::new(),
        };
        server.replace(service, registry)?;
        Ok(server)
    }

    /// The names of the listeners and where they listen.
    pub fn addresses(&self) -> impl Iterator<Item = (&str, SocketAddr)> {
        let doors = self.doors.iter();
        doors.filter_map(|door| Some((door.name(), door.address()?)))
    }

    /// The settings of the service, by which its connections are found.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.generation.context.config
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
        self.tear_down()
    }

    /// Serves until a future is done, and gives its result. Being told to end does not end it.
    ///
    /// # Errors
    ///
    /// If the system's poll fails.
    pub fn wait<T>(&mut self, future: impl Future<Output = T>) -> Result<T, ServeError> {
        let _entered = self.enter();
        let waker = self.tools.alarm.waker(Sleeper::Waiter);
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(result) = self.poll_waiter(future.as_mut(), &waker) {
                return Ok(result);
            }
            self.turn()?;
        }
    }

    /// Polls what the loop runs for, at the present time.
    fn poll_waiter<T>(
        &mut self,
        future: Pin<&mut impl Future<Output = T>>,
        waker: &Waker,
    ) -> Poll<T> {
        // The loop may have stood still since its last turn.
        self.tick();
        future.poll(&mut Context::from_waker(waker))
    }

    /// Reads the clock for this turn.
    fn tick(&mut self) {
        self.tools.clock.tick();
        self.tools.runtime.set_now(self.tools.clock.now());
    }

    /// Makes this loop the one that futures on this thread turn to.
    fn enter(&self) -> Entered {
        host::enter(Rc::clone(&self.tools.runtime) as Rc<dyn host::Runtime>)
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
        self.reloading.clear();
        self.leaving.drain(..).for_each(discard);
        // A future may hold on to the runtime that holds it.
        discard(self.tools.runtime.take_spawned());
        self.tools.tasks.clear();
    }
}
