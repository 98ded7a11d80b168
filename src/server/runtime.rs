//! What the loop does for the futures on it: the other end of `sleep`, `spawn` and `blocking`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Instant;

use micro_api::BoxFuture;
use micro_api::host::{Runtime, TimerKey, next_number};

use super::calls::Sockets;
use super::helpers::Helpers;
use super::wheel::{TimerId, Wheel};

/// Something whose time has come.
pub(super) enum Due {
    /// A future waits for it.
    Waker(Waker),
    /// The deadline of the session with this key.
    Session(usize),
    /// Time to accept again.
    Accept,
    /// The end of the time for a graceful end.
    Grace,
}

/// The part of the loop that futures reach.
pub(super) struct LoopRuntime {
    number: u64,
    now: Cell<Instant>,
    wheel: RefCell<Wheel<Due>>,
    spawned: RefCell<Vec<BoxFuture<()>>>,
    helpers: Helpers,
    sockets: Rc<Sockets>,
}

impl LoopRuntime {
    pub(super) fn new(now: Instant, sockets: Sockets) -> LoopRuntime {
        LoopRuntime {
            number: next_number(),
            now: Cell::new(now),
            wheel: RefCell::new(Wheel::new(now)),
            spawned: RefCell::default(),
            helpers: Helpers::default(),
            sockets: Rc::new(sockets),
        }
    }

    /// The sockets that calls are made through.
    pub(super) fn sockets(&self) -> &Rc<Sockets> {
        &self.sockets
    }

    /// Begins a turn.
    pub(super) fn set_now(&self, now: Instant) {
        self.now.set(now);
    }

    /// Sets a timer of the loop's own.
    pub(super) fn set_timer(&self, deadline: Instant, due: Due) -> TimerId {
        self.wheel.borrow_mut().set(deadline, due)
    }

    /// Forgets a timer of the loop's own.
    pub(super) fn cancel_timer(&self, timer: TimerId) {
        // The `drop` of a waker may be a module's, and set or forget timers itself.
        let forgotten = self.wheel.borrow_mut().cancel(timer);
        drop(forgotten);
    }

    /// When the first timer is due.
    pub(super) fn next_timer(&self) -> Option<Instant> {
        self.wheel.borrow().next()
    }

    /// Takes what is due now.
    pub(super) fn take_due(&self, due: &mut Vec<Due>) {
        self.wheel.borrow_mut().expire(self.now.get(), due);
    }

    /// Takes the futures that were spawned since the last call.
    pub(super) fn take_spawned(&self) -> Vec<BoxFuture<()>> {
        self.spawned.take()
    }

    /// Whether there are futures to take.
    pub(super) fn has_spawned(&self) -> bool {
        !self.spawned.borrow().is_empty()
    }
}

impl Runtime for LoopRuntime {
    fn number(&self) -> u64 {
        self.number
    }

    // Not that of the turn: what comes late in a turn would not sleep as long as it means to.
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey {
        TimerKey(self.set_timer(deadline, Due::Waker(waker)).to_u64())
    }

    fn cancel(&self, timer: TimerKey) {
        self.cancel_timer(TimerId::from_u64(timer.0));
    }

    fn spawn(&self, future: BoxFuture<()>) {
        self.spawned.borrow_mut().push(future);
    }

    fn block(&self, work: Box<dyn FnOnce() + Send>) {
        self.helpers.run(work);
    }
}
