//! The links of one connection: kept ones, those in use, and the calls that wait for one.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use micro_api::host::Runtime;
use micro_api::{CallErrorKind, sleep};

use super::failure::Failure;
use super::link::Link;
use crate::client::{GivenBack, Pool, PoolLimits, Taken, Ticket};
use crate::server::runtime::LoopRuntime;
use crate::server::tasks::wake;

/// The links of one connection.
pub(super) struct Links {
    runtime: Rc<LoopRuntime>,
    limits: PoolLimits,
    pool: RefCell<Pool<Link>>,
    waiting: RefCell<HashMap<Ticket, Waiter>>,
    /// Wakes what looks after the kept links; there is none unless some are kept.
    keeper: RefCell<Option<Waker>>,
}

/// A call that waits for a link.
#[derive(Default)]
struct Waiter {
    waker: Option<Waker>,
    /// What it has got: a link, or the right to open one.
    got: Option<Option<Link>>,
}

/// The right to have a link to a destination open. Dropping it says that the link is closed.
pub(super) struct Slot {
    links: Rc<Links>,
    destination: String,
    is_kept: bool,
}

impl Links {
    pub(super) fn new(runtime: Rc<LoopRuntime>, limits: PoolLimits) -> Rc<Links> {
        Rc::new(Links {
            runtime,
            limits,
            pool: RefCell::new(Pool::new(limits)),
            waiting: RefCell::default(),
            keeper: RefCell::default(),
        })
    }

    /// A link that was kept and will do, or the right to open one; waits while there are too many.
    ///
    /// # Errors
    ///
    /// If too many calls wait already.
    pub(super) async fn take(
        self: &Rc<Links>,
        destination: &str,
        will_do: impl Fn(&Link) -> bool,
    ) -> Result<(Slot, Option<Link>), Failure> {
        let taken = self.pool.borrow_mut().take(destination, Instant::now());
        let got = match taken {
            Taken::Link(link) => Some(link),
            Taken::Open => None,
            Taken::Queued(ticket) => Place::new(self, destination, ticket).got().await,
            Taken::Busy => return Err(self.busy()),
        };
        let slot = Slot {
            links: Rc::clone(self),
            destination: destination.to_owned(),
            is_kept: false,
        };
        // The place in the pool is this call's, also if the link is of no use.
        let Some(mut link) = got.filter(will_do) else {
            return Ok((slot, None));
        };
        // The system may know more than the loop, which was busy with others: that the service has
        // ended the link, or has said what would be taken for the answer.
        link.doubt();
        let is_stale = poll_fn(|context| Poll::Ready(link.poll_stale(context))).await;
        Ok((slot, (!is_stale).then_some(link)))
    }

    /// Looks after the links that are kept, as long as there are any: closes those whose time is
    /// over, and those that the service has ended.
    async fn keep(links: Weak<Links>) {
        loop {
            let Some(next) = links.upgrade().map(|links| links.tidy()) else {
                return;
            };
            let Some(next) = next else { return };
            let pause = next.map(|next| sleep(next.saturating_duration_since(Instant::now())));
            let mut pause = pause.map(Box::pin);
            poll_fn(|context| {
                let Some(links) = links.upgrade() else {
                    return Poll::Ready(());
                };
                let is_over = pause
                    .as_mut()
                    .is_some_and(|pause| pause.as_mut().poll(context).is_ready());
                match is_over || links.watch(context) {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                }
            })
            .await;
        }
    }

    /// Closes the links whose time is over: when the next one's is; nothing if none is kept.
    fn tidy(&self) -> Option<Option<Instant>> {
        let mut pool = self.pool.borrow_mut();
        let expired = pool.expire(Instant::now());
        let next = pool.has_kept().then(|| pool.next_expiry());
        if next.is_none() {
            self.keeper.take();
        }
        drop(pool);
        drop(expired);
        next
    }

    /// Closes the links that their services have ended: whether there was any.
    fn watch(&self, context: &mut Context<'_>) -> bool {
        let replaced = self.keeper.replace(Some(context.waker().clone()));
        drop(replaced);
        let stale = self
            .pool
            .borrow_mut()
            .remove_stale(|link| link.poll_stale(context));
        !stale.is_empty()
    }

    fn give_back(self: &Rc<Links>, destination: &str, mut link: Link) {
        // Its end is heard by whoever looks after the kept ones.
        let keeper = self.keeper.borrow().clone();
        let waker = keeper.as_ref().unwrap_or(Waker::noop());
        if link.poll_stale(&mut Context::from_waker(waker)) {
            drop(link);
            return self.lost(destination);
        }
        let given = self
            .pool
            .borrow_mut()
            .give_back(destination, link, Instant::now());
        match given {
            GivenBack::Kept if keeper.is_some() => {}
            GivenBack::Kept => {
                self.keeper.replace(Some(Waker::noop().clone()));
                let keep = Links::keep(Rc::downgrade(self));
                self.runtime.spawn(Box::pin(keep));
            }
            GivenBack::Handed(ticket, link) => self.hand_to(ticket, Some(link)),
            GivenBack::Dropped(link) => drop(link),
        }
    }

    fn lost(self: &Rc<Links>, destination: &str) {
        let next = self.pool.borrow_mut().lost(destination);
        if let Some(ticket) = next {
            self.hand_to(ticket, None);
        }
    }

    fn hand_to(&self, ticket: Ticket, link: Option<Link>) {
        let waker = {
            let mut waiting = self.waiting.borrow_mut();
            let waiter = waiting.entry(ticket).or_default();
            waiter.got = Some(link);
            waiter.waker.take()
        };
        waker.into_iter().for_each(wake);
    }

    fn busy(&self) -> Failure {
        let PoolLimits {
            connections_max,
            waiting_max,
            ..
        } = self.limits;
        let sentence = format!(
            "{connections_max} connections are in use and {waiting_max} calls wait for one already"
        );
        Failure::new(CallErrorKind::Busy, sentence)
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        // It ends, as there is nothing left to look after.
        self.keeper.take().into_iter().for_each(Waker::wake);
    }
}

impl Slot {
    /// Gives a link back that can serve another call.
    pub(super) fn give_back(mut self, mut link: Link) {
        self.is_kept = true;
        link.rest();
        self.links.give_back(&self.destination, link);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.is_kept {
            self.links.lost(&self.destination);
        }
    }
}

/// The place of a call in the line; dropped before its turn, it is left.
struct Place<'l> {
    links: &'l Rc<Links>,
    destination: &'l str,
    ticket: Ticket,
}

impl<'l> Place<'l> {
    fn new(links: &'l Rc<Links>, destination: &'l str, ticket: Ticket) -> Place<'l> {
        links.waiting.borrow_mut().insert(ticket, Waiter::default());
        Place {
            links,
            destination,
            ticket,
        }
    }

    async fn got(self) -> Option<Link> {
        poll_fn(|context| {
            // The clone of a waker may be a module's own, as may its `drop`.
            let waker = context.waker().clone();
            let mut waiting = self.links.waiting.borrow_mut();
            let waiter = waiting.entry(self.ticket).or_default();
            if let Some(got) = waiter.got.take() {
                return Poll::Ready(got);
            }
            let replaced = waiter.waker.replace(waker);
            drop(waiting);
            drop(replaced);
            Poll::Pending
        })
        .await
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Links { pool, waiting, .. } = &**self.links;
        let waiter = waiting.borrow_mut().remove(&self.ticket);
        match waiter.and_then(|waiter| waiter.got) {
            // Its turn came, and it was gone.
            Some(Some(link)) => self.links.give_back(self.destination, link),
            Some(None) => self.links.lost(self.destination),
            None => {
                pool.borrow_mut().leave(self.destination, self.ticket);
            }
        }
    }
}
