//! Resolves names on helper threads, each once for all who ask at the same time.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use micro_api::blocking;
use micro_api::host::Runtime;

use super::time::within;
use crate::client::{LookUp, Names, Resolved};
use crate::server::helpers::THREADS_MAX;
use crate::server::runtime::LoopRuntime;
use crate::server::tasks::wake;

/// How many names are remembered.
const NAMES_MAX: usize = 1024;

/// How long a name is waited for whose old addresses may still do (RFC 8767 section 5).
const PATIENCE: Duration = Duration::from_millis(500);
/// How many are asked for at once. The helper threads have other work as well, such as files, and the
/// system may take half a minute to say that nobody tells it of a name.
const LOOK_UPS_MAX: usize = THREADS_MAX / 2;

/// What resolves the names of a service's connections.
pub(super) struct Resolver {
    runtime: Rc<LoopRuntime>,
    names: RefCell<Names>,
    asked: RefCell<HashMap<String, Rc<Asked>>>,
    /// Those among them whose turn has not come.
    line: RefCell<VecDeque<String>>,
    look_ups: Cell<usize>,
}

/// A name that is being asked for.
#[derive(Default)]
struct Asked {
    answer: RefCell<Option<Result<Vec<IpAddr>, String>>>,
    waiting: RefCell<Vec<Waker>>,
}

impl Resolver {
    pub(super) fn new(runtime: Rc<LoopRuntime>) -> Rc<Resolver> {
        Rc::new(Resolver {
            runtime,
            names: RefCell::new(Names::new(NAMES_MAX)),
            asked: RefCell::default(),
            line: RefCell::default(),
            look_ups: Cell::new(0),
        })
    }

    /// The addresses of a name, not older than `time_to_live` unless newer ones take too long.
    ///
    /// # Errors
    ///
    /// Why there are none.
    pub(super) async fn resolve(
        self: &Rc<Resolver>,
        host: &str,
        time_to_live: Duration,
        timeout: Duration,
    ) -> Result<Vec<IpAddr>, String> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let known = self
            .names
            .borrow_mut()
            .look_up(host, time_to_live, Instant::now());
        let asked = match known {
            LookUp::Found(addresses) => return Ok(addresses),
            // It may be asked for although too many other names have come since.
            LookUp::Asked | LookUp::Ask => self.asked.borrow().get(host).cloned(),
        };
        let asked = asked.unwrap_or_else(|| self.ask(host));
        let old = self.names.borrow().find_old(host, Instant::now());
        match old {
            None => asked.answer().await,
            Some(old) => {
                // Time is left to connect, too.
                let patience = match timeout.is_zero() {
                    true => PATIENCE,
                    false => PATIENCE.min(timeout / 2),
                };
                within(patience, pin!(asked.answer()), || Ok(old.clone())).await
            }
        }
    }

    fn ask(self: &Rc<Resolver>, host: &str) -> Rc<Asked> {
        let asked = Rc::<Asked>::default();
        self.asked
            .borrow_mut()
            .insert(host.to_owned(), Rc::clone(&asked));
        self.line.borrow_mut().push_back(host.to_owned());
        self.go_on();
        asked
    }

    /// Asks for the names whose turn has come.
    fn go_on(self: &Rc<Resolver>) {
        while self.look_ups.get() < LOOK_UPS_MAX {
            let next = self.line.borrow_mut().pop_front();
            let Some(host) = next else { return };
            match self.is_wanted(&host) {
                true => self.look_up(host),
                false => self.give_up(&host),
            }
        }
    }

    /// Whether whoever has asked for it still waits.
    fn is_wanted(&self, host: &str) -> bool {
        let asked = self.asked.borrow();
        asked
            .get(host)
            .is_some_and(|asked| Rc::strong_count(asked) > 1)
    }

    fn give_up(&self, host: &str) {
        self.names.borrow_mut().give_up(host);
        // It has the wakers of those who are gone, whose `drop` may be a module's own.
        let dropped = self.asked.borrow_mut().remove(host);
        drop(dropped);
    }

    /// Asks on a helper thread. Whoever wanted to know may be gone by the time of the answer, and
    /// others may wait for it, too: so it is nobody's.
    fn look_up(self: &Rc<Resolver>, host: String) {
        self.look_ups.update(|count| count + 1);
        let resolver = Rc::clone(self);
        self.runtime.spawn(Box::pin(async move {
            let name = host.clone();
            let found = blocking(move || look_up(&name)).await;
            let found = match found {
                Ok(found) => found.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            resolver.look_ups.update(|count| count - 1);
            resolver.answer(&host, found);
            resolver.go_on();
        }));
    }

    fn answer(&self, host: &str, found: Result<Vec<IpAddr>, String>) {
        let now = Instant::now();
        let resolved = self.names.borrow_mut().resolved(host, found, now);
        let answer = match resolved {
            Resolved::New(addresses) => Ok(addresses),
            Resolved::Old(addresses, why) => {
                log::warn!(target: "micro", "{why}");
                Ok(addresses)
            }
            Resolved::Failed(why) => Err(why),
        };
        let asked = self.asked.borrow_mut().remove(host);
        if let Some(asked) = asked {
            asked.answer.replace(Some(answer));
            asked.waiting.take().into_iter().for_each(wake);
        }
    }
}

impl Asked {
    async fn answer(self: Rc<Asked>) -> Result<Vec<IpAddr>, String> {
        std::future::poll_fn(|context| {
            if let Some(answer) = &*self.answer.borrow() {
                return Poll::Ready(answer.clone());
            }
            let waker = context.waker();
            let is_known = |known: &Waker| known.will_wake(waker);
            if !self.waiting.borrow().iter().any(is_known) {
                // The clone of a waker may be a module's own.
                let waker = waker.clone();
                self.waiting.borrow_mut().push(waker);
            }
            Poll::Pending
        })
        .await
    }
}

fn look_up(host: &str) -> io::Result<Vec<IpAddr>> {
    let found = (host, 0).to_socket_addrs()?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.map(|address| address.ip()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}
