//! Resolves names on helper threads, each once for all who ask at the same time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use micro_api::blocking;
use micro_api::host::Runtime;

use crate::client::{LookUp, Names, Resolved};
use crate::server::runtime::LoopRuntime;
use crate::server::tasks::wake;

/// How many names are remembered.
const NAMES_MAX: usize = 1024;

/// What resolves the names of a service's connections.
pub(super) struct Resolver {
    runtime: Rc<LoopRuntime>,
    names: RefCell<Names>,
    asked: RefCell<HashMap<String, Rc<Asked>>>,
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
        })
    }

    /// The addresses of a name, not older than `time_to_live`.
    ///
    /// # Errors
    ///
    /// Why there are none.
    pub(super) async fn resolve(
        self: &Rc<Resolver>,
        host: &str,
        time_to_live: Duration,
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
        asked.answer().await
    }

    /// Asks on a helper thread. Whoever wanted to know may be gone by the time of the answer, and
    /// others may wait for it, too: so it is nobody's.
    fn ask(self: &Rc<Resolver>, host: &str) -> Rc<Asked> {
        let asked = Rc::<Asked>::default();
        self.asked
            .borrow_mut()
            .insert(host.to_owned(), Rc::clone(&asked));
        let (resolver, host) = (Rc::clone(self), host.to_owned());
        self.runtime.spawn(Box::pin(async move {
            let name = host.clone();
            let found = blocking(move || look_up(&name)).await;
            let found = match found {
                Ok(found) => found.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            resolver.answer(&host, found);
        }));
        asked
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
