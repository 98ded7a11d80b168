//! Connections that are kept between calls, and calls that wait for one: who gets what, and when
//! a connection is let go (RFC 9112 section 9). A policy only, over whatever a link is.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// What each destination may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Connections, in use or kept; at least one.
    pub connections_max: usize,
    /// Calls that wait for a connection.
    pub waiting_max: usize,
    /// Connections that are kept while nobody uses them.
    pub kept_max: usize,
    /// How long a connection is kept; 0 for as long as the peer likes.
    pub idle_timeout: Duration,
}

/// The place of a call in the queue of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What a call gets.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<L> {
    /// The connection that was kept last.
    Link(L),
    /// Permission to open a connection: [`Pool::lost`] if that fails.
    Open,
    /// A place in the queue: [`Pool::give_back`] or [`Pool::lost`] names it when its turn comes.
    Queued(Ticket),
    /// Nothing: the queue is full.
    Busy,
}

/// What becomes of a connection that is given back.
#[derive(Debug, PartialEq, Eq)]
pub enum GivenBack<L> {
    /// It is kept.
    Kept,
    /// It belongs to this call, which has waited longest.
    Handed(Ticket, L),
    /// It is to be closed: enough are kept.
    Dropped(L),
}

/// Kept connections and waiting calls, destination by destination.
///
/// Nobody waits while there is a connection or room for one: each link that comes back, and each
/// that is lost, is somebody's at once, and the longest waiter's first.
#[derive(Debug)]
pub struct Pool<L> {
    limits: PoolLimits,
    destinations: BTreeMap<String, Destination<L>>,
    /// Links whose time is over, until [`Pool::expire`] takes them; they count no more.
    over: Vec<Over<L>>,
    tickets: u64,
}

#[derive(Debug)]
struct Destination<L> {
    /// Connections, in use or kept, and permissions to open one.
    open: usize,
    /// The one that was kept last stands last.
    kept: VecDeque<(Instant, L)>,
    waiting: VecDeque<Ticket>,
}

#[derive(Debug)]
struct Over<L> {
    key: String,
    kept: Instant,
    link: L,
}

impl<L> Pool<L> {
    /// A pool without connections.
    #[must_use]
    pub fn new(limits: PoolLimits) -> Pool<L> {
        let connections_max = limits.connections_max.max(1);
        Pool {
            limits: PoolLimits {
                connections_max,
                ..limits
            },
            destinations: BTreeMap::new(),
            over: Vec::new(),
            tickets: 0,
        }
    }

    /// A connection to this destination, or what there is instead.
    pub fn take(&mut self, key: &str, now: Instant) -> Taken<L> {
        self.retire(key, now);
        let limits = self.limits;
        let destination = self.destinations.entry(key.to_owned());
        let destination = destination.or_insert_with(Destination::new);
        if let Some((_, link)) = destination.kept.pop_back() {
            return Taken::Link(link);
        }
        if destination.open < limits.connections_max {
            destination.open += 1;
            return Taken::Open;
        }
        if destination.waiting.len() >= limits.waiting_max {
            return Taken::Busy;
        }
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        destination.waiting.push_back(ticket);
        Taken::Queued(ticket)
    }

    /// Gives a connection back, fit for another call.
    pub fn give_back(&mut self, key: &str, link: L, now: Instant) -> GivenBack<L> {
        let Some(destination) = self.destinations.get_mut(key) else {
            return GivenBack::Dropped(link);
        };
        if let Some(ticket) = destination.waiting.pop_front() {
            return GivenBack::Handed(ticket, link);
        }
        if destination.kept.len() >= self.limits.kept_max {
            destination.open = destination.open.saturating_sub(1);
            self.forget(key);
            return GivenBack::Dropped(link);
        }
        destination.kept.push_back((now, link));
        GivenBack::Kept
    }

    /// Takes notice that a connection in use is gone, or could not be opened: the call that has
    /// waited longest, if any, may open one now.
    #[must_use = "the call that is named may open a connection"]
    pub fn lost(&mut self, key: &str) -> Option<Ticket> {
        let destination = self.destinations.get_mut(key)?;
        if let Some(ticket) = destination.waiting.pop_front() {
            return Some(ticket);
        }
        destination.open = destination.open.saturating_sub(1);
        self.forget(key);
        None
    }

    /// Whether any connection is kept.
    #[must_use]
    pub fn has_kept(&self) -> bool {
        let mut destinations = self.destinations.values();
        !self.over.is_empty() || destinations.any(|destination| !destination.kept.is_empty())
    }

    /// Takes out the kept connections that are of no use any more: peers may close them.
    pub fn remove_stale(&mut self, mut is_stale: impl FnMut(&mut L) -> bool) -> Vec<L> {
        let mut stale = Vec::new();
        for destination in self.destinations.values_mut() {
            let mut kept = std::mem::take(&mut destination.kept);
            while let Some((since, mut link)) = kept.pop_front() {
                if is_stale(&mut link) {
                    destination.open = destination.open.saturating_sub(1);
                    stale.push(link);
                } else {
                    destination.kept.push_back((since, link));
                }
            }
        }
        let is_used = |destination: &Destination<L>| destination.open > 0;
        self.destinations
            .retain(|_, destination| is_used(destination));
        stale
    }

    /// A call gives up waiting: whether it was still in the queue. If not, it was given something
    /// already, which is to be given back.
    pub fn leave(&mut self, key: &str, ticket: Ticket) -> bool {
        let Some(destination) = self.destinations.get_mut(key) else {
            return false;
        };
        let place = destination
            .waiting
            .iter()
            .position(|known| *known == ticket);
        place
            .and_then(|at| destination.waiting.remove(at))
            .is_some()
    }

    /// The connections, and their destinations, that were kept for long enough: to be closed.
    pub fn expire(&mut self, now: Instant) -> Vec<(String, L)> {
        let keys: Vec<String> = self.destinations.keys().cloned().collect();
        for key in keys {
            self.retire(&key, now);
            self.forget(&key);
        }
        self.take_over()
    }

    /// When the next kept connection has been kept for long enough; it may have passed.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Instant> {
        let timeout = self.limits.idle_timeout;
        let destinations = self.destinations.values();
        let oldest = destinations.filter_map(|destination| destination.kept.front());
        let over = self.over.iter().map(|over| over.kept);
        let oldest = oldest.map(|(kept, _)| *kept).chain(over).min();
        oldest
            .filter(|_| !timeout.is_zero())
            .map(|kept| kept + timeout)
    }

    // Moves what was kept for long enough aside; there is room for new ones then.
    fn retire(&mut self, key: &str, now: Instant) {
        let timeout = self.limits.idle_timeout;
        let Some(destination) = self.destinations.get_mut(key) else {
            return;
        };
        let is_over = |kept: Instant| now.saturating_duration_since(kept) >= timeout;
        while !timeout.is_zero()
            && let Some((kept, _)) = destination.kept.front()
            && is_over(*kept)
        {
            destination.open = destination.open.saturating_sub(1);
            let first = destination.kept.pop_front();
            self.over.extend(first.map(|(kept, link)| Over {
                key: key.to_owned(),
                kept,
                link,
            }));
        }
    }

    fn take_over(&mut self) -> Vec<(String, L)> {
        let over = self.over.drain(..);
        over.map(|over| (over.key, over.link)).collect()
    }

    // A destination without connections is not remembered: it has no waiters either.
    fn forget(&mut self, key: &str) {
        if self
            .destinations
            .get(key)
            .is_some_and(|known| known.open == 0)
        {
            self.destinations.remove(key);
        }
    }
}

impl<L> Destination<L> {
    fn new() -> Destination<L> {
        Destination {
            open: 0,
            kept: VecDeque::new(),
            waiting: VecDeque::new(),
        }
    }
}

#[cfg(test)]
mod tests;
