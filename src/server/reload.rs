//! Reloading: a running server is woken, asks for another service, and has it take over.

use std::task::{Context, Poll, Waker};

use super::coming::Coming;
use super::tasks::discard;
use super::wake::Sleeper;
use super::{ServeError, Server};
use crate::config::Service;
use crate::registry::Registry;

/// Where a running server gets another service from.
pub trait Reload {
    /// Another service, and the modules that it is made of; `None` if nothing is to change.
    ///
    /// The loop waits for it.
    fn next(&mut self) -> Option<(Service, &Registry)>;

    /// Learns what came of a service that [`next`](Reload::next) gave: it serves, or it could not
    /// take over and the one before goes on. Each is reported once, in the order of giving.
    fn report(&mut self, result: Result<(), ServeError>);
}

/// Has a server ask its [`Reload`] for another service, from any thread.
#[derive(Clone, Debug)]
pub struct Reloader {
    waker: Waker,
}

impl Reloader {
    /// Has the server ask, soon. A newer service gives up one that is still made ready.
    pub fn reload(&self) {
        self.waker.wake_by_ref();
    }
}

/// What a server knows of reloading.
#[derive(Default)]
pub(super) struct Reloading {
    source: Option<Box<dyn Reload>>,
    /// Whether the source is to be asked.
    pub(super) is_due: bool,
    /// The service that is made ready.
    coming: Option<Coming>,
}

impl Reloading {
    /// Forgets the source, and drops a service that is made ready.
    pub(super) fn clear(&mut self) {
        discard(self.coming.take());
        self.source = None;
    }
}

impl Server {
    /// Has this server get other services from `source`, whenever the handle says so.
    pub fn reload_from(&mut self, source: Box<dyn Reload>) -> Reloader {
        self.reloading.source = Some(source);
        Reloader {
            waker: self.tools.alarm.waker(Sleeper::Reload),
        }
    }

    /// Goes on with services that come and go, if there are any.
    pub(super) fn change(&mut self) {
        if self.reloading.is_due {
            self.reloading.is_due = false;
            self.ask();
        }
        if self.reloading.coming.is_some() {
            self.make_ready();
        }
        if !self.leaving.is_empty() {
            self.see_off();
        }
    }

    /// Gives up a service that is made ready.
    pub(super) fn give_up_coming(&mut self, why: &'static str) {
        if let Some(coming) = self.reloading.coming.take() {
            self.report(Err(coming.give_up(why)));
        }
    }

    fn ask(&mut self) {
        if self.is_ending {
            return;
        }
        let Some(source) = &mut self.reloading.source else {
            return;
        };
        let next = source.next();
        let runtime = &self.tools.runtime;
        let next = next.map(|(service, registry)| Coming::new(&service, registry, runtime));
        let Some(next) = next else { return };
        // Reports come in the order of what they are about.
        self.give_up_coming("there is a newer one");
        match next {
            Ok(coming) => self.reloading.coming = Some(coming),
            Err(error) => self.report(Err(error)),
        }
    }

    fn make_ready(&mut self) {
        let Some(mut coming) = self.reloading.coming.take() else {
            return;
        };
        let waker = self.tools.alarm.waker(Sleeper::Waiter);
        match coming.poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => self.reloading.coming = Some(coming),
            Poll::Ready(Ok(())) => {
                let result = self.take_over(coming);
                self.report(result);
            }
            Poll::Ready(Err(error)) => {
                discard(coming);
                self.report(Err(error));
            }
        }
    }

    fn report(&mut self, result: Result<(), ServeError>) {
        if let Some(source) = &mut self.reloading.source {
            source.report(result);
        }
    }
}
