//! Waking the loop: who is to be looked at again, said from any thread.

use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// What a waker stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sleeper {
    /// A task, by its key and the number that tells it from earlier ones with that key.
    Task { key: usize, number: u64 },
    /// A session whose answer is a stream, likewise.
    Session { key: usize, number: u64 },
    /// Whatever is looked at in every turn while it is there, such as a future that the loop runs
    /// for.
    Waiter,
    /// Nobody: the loop is to ask for another service.
    Reload,
    /// Nobody: the loop is to end.
    Stop,
}

/// The sleepers that have been woken and not been looked at yet.
pub(super) struct Alarm {
    woken: Mutex<Vec<Sleeper>>,
    has_woken: AtomicBool,
    is_polling: AtomicBool,
    bell: mio::Waker,
}

impl Alarm {
    pub(super) fn new(registry: &mio::Registry, token: mio::Token) -> io::Result<Arc<Alarm>> {
        let bell = mio::Waker::new(registry, token)?;
        Ok(Arc::new(Alarm {
            woken: Mutex::default(),
            has_woken: AtomicBool::new(false),
            is_polling: AtomicBool::new(false),
            bell,
        }))
    }

    /// A waker for this sleeper.
    pub(super) fn waker(self: &Arc<Self>, sleeper: Sleeper) -> Waker {
        Waker::from(Arc::new(Caller {
            sleeper,
            alarm: Arc::clone(self),
        }))
    }

    /// A handle that ends the loop.
    pub(super) fn stopper(self: &Arc<Self>) -> Stopper {
        Stopper {
            waker: self.waker(Sleeper::Stop),
        }
    }

    /// Says that the loop is about to poll, and whether it may do so at leisure.
    ///
    /// `is_polling` is set before `has_woken` is looked at, and a [`Caller`] sets them in the other
    /// order: one of the two always sees the other.
    pub(super) fn begin_polling(&self) -> bool {
        self.is_polling.store(true, Ordering::SeqCst);
        !self.has_woken.load(Ordering::SeqCst)
    }

    /// Says that the loop is awake and will look at the list before it polls again.
    pub(super) fn end_polling(&self) {
        self.is_polling.store(false, Ordering::SeqCst);
    }

    /// Takes everybody who has been woken.
    pub(super) fn take(&self, into: &mut Vec<Sleeper>) {
        into.clear();
        if self.has_woken.swap(false, Ordering::SeqCst) {
            mem::swap(&mut *self.lock(), into);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Sleeper>> {
        // Nothing that can panic runs under this lock.
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a server gracefully, from any thread; used a second time, at once.
#[derive(Clone, Debug)]
pub struct Stopper {
    waker: Waker,
}

impl Stopper {
    /// Ends the server.
    pub fn stop(&self) {
        self.waker.wake_by_ref();
    }
}

struct Caller {
    sleeper: Sleeper,
    alarm: Arc<Alarm>,
}

impl Wake for Caller {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut woken = self.alarm.lock();
        // Waking somebody twice is as good as once; stopping twice means more than once.
        if self.sleeper == Sleeper::Stop || woken.last() != Some(&self.sleeper) {
            woken.push(self.sleeper);
        }
        drop(woken);
        self.alarm.has_woken.store(true, Ordering::SeqCst);
        if self.alarm.is_polling.swap(false, Ordering::SeqCst)
            && let Err(error) = self.alarm.bell.wake()
        {
            log::error!("cannot wake the loop: {error}");
        }
    }
}
