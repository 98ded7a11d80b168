//! The thread that wakes those who await an answer when it has taken too long. It goes by the clock on
//! the wall, as databases do: that of a test (`micro_api::testing`) runs ahead of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::Instant;

use crate::{Error, ErrorKind};

/// Alarms of those who await answers of one database. Its thread ends with it.
pub(crate) struct Alarms(Arc<Shared>);

#[derive(Default)]
struct Shared {
    alarms: Mutex<Set>,
    changed: Condvar,
}

#[derive(Default)]
struct Set {
    wakers: BTreeMap<Key, Waker>,
    count: u64,
    /// When the thread looks next; it sleeps until then even if nobody waits any more.
    next_look: Option<Instant>,
    is_over: bool,
}

/// When, and a number of its own.
type Key = (Instant, u64);

impl Alarms {
    /// Starts the thread, for the database with this name.
    pub(crate) fn start(name: &str) -> Result<Arc<Alarms>, Error> {
        let shared = Arc::<Shared>::default();
        let alarms = Alarms(Arc::clone(&shared));
        let thread = thread::Builder::new().name(format!("{name}-alarms"));
        match thread.spawn(move || shared.run()) {
            Ok(_) => Ok(Arc::new(alarms)),
            Err(error) => {
                let why = format!("no thread for the database `{name}` can be started: {error}");
                Err(Error::new(ErrorKind::Busy, why))
            }
        }
    }

    /// Has somebody woken at this time, unless the alarm is dropped before.
    pub(crate) fn set(self: &Arc<Alarms>, when: Instant, waker: &Waker) -> Alarm {
        let waker = waker.clone();
        let mut set = self.0.lock();
        set.count += 1;
        let key = (when, set.count);
        set.wakers.insert(key, waker);
        if set.next_look.is_none_or(|next| when < next) {
            set.next_look = Some(when);
            self.0.changed.notify_one();
        }
        let alarms = Arc::clone(self);
        Alarm { alarms, key }
    }
}

impl Drop for Alarms {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_one();
    }
}

/// An alarm, as long as it is kept.
pub(crate) struct Alarm {
    alarms: Arc<Alarms>,
    key: Key,
}

impl Alarm {
    /// Whether it is time.
    pub(crate) fn is_due(&self) -> bool {
        Instant::now() >= self.key.0
    }

    /// Has another woken in the place of the first.
    pub(crate) fn wake(&self, waker: &Waker) {
        let set = self.alarms.0.lock();
        let is_same = set
            .wakers
            .get(&self.key)
            .is_some_and(|set| set.will_wake(waker));
        drop(set);
        if !is_same {
            let waker = waker.clone();
            let replaced = self.alarms.0.lock().wakers.insert(self.key, waker);
            drop(replaced);
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // The `drop` of a waker is foreign code, so the lock is free meanwhile.
        let forgotten = self.alarms.0.lock().wakers.remove(&self.key);
        drop(forgotten);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Set> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut set = self.lock();
        while !set.is_over {
            set = match set.take_due() {
                Some(waker) => {
                    drop(set);
                    waker.wake();
                    self.lock()
                }
                None => self.wait(set),
            };
        }
    }

    fn wait<'a>(&self, mut set: MutexGuard<'a, Set>) -> MutexGuard<'a, Set> {
        set.next_look = set.wakers.first_key_value().map(|((when, _), _)| *when);
        match set.next_look {
            None => self
                .changed
                .wait(set)
                .unwrap_or_else(PoisonError::into_inner),
            Some(when) => {
                let time = when.saturating_duration_since(Instant::now());
                let waited = self.changed.wait_timeout(set, time);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }
}

impl Set {
    fn take_due(&mut self) -> Option<Waker> {
        let first = self.wakers.first_entry()?;
        (first.key().0 <= Instant::now()).then(|| first.remove())
    }
}
