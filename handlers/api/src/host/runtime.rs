//! The loop that serves a thread, and what it does for the futures on it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::opened::InUse;
use crate::abi;
use crate::border::{contain_or, task, waker, work};
use crate::handler::BoxFuture;

/// What a loop does for the futures that it runs. Implemented by the server and by
/// [`testing`](crate::testing); handlers use [`sleep`](crate::sleep), [`spawn`](crate::spawn) and
/// [`blocking`](crate::blocking).
pub trait Runtime {
    /// The time.
    fn now(&self) -> Instant;

    /// Wakes `waker` at the first turn at or after `deadline`.
    fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey;

    /// Forgets a timer; one that has fired already is gone anyway.
    fn cancel(&self, timer: TimerKey);

    /// Runs a future to its end, beside everything else.
    fn spawn(&self, future: BoxFuture<()>);

    /// Runs work that blocks on a helper thread.
    fn block(&self, work: Box<dyn FnOnce() + Send>);

    /// A number that no other runtime of this process has, see [`next_number`].
    fn number(&self) -> u64;
}

/// A timer of a [`Runtime`]. A runtime gives each key once: a future may cancel a timer long after
/// it has fired, and must not meet another one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerKey(pub u64);

/// A number for a new runtime.
#[must_use]
pub fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<dyn Runtime>>> = const { RefCell::new(None) };
}

/// Makes `runtime` the one that serves this thread, until the guard is dropped.
#[must_use]
pub fn enter(runtime: Rc<dyn Runtime>) -> Entered {
    EPOCH.get_or_init(|| runtime.now());
    Entered {
        previous: CURRENT.replace(Some(runtime)),
    }
}

/// The span of time for which a [`Runtime`] serves this thread. See [`enter`].
pub struct Entered {
    previous: Option<Rc<dyn Runtime>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        // Futures may be dropped with the runtime, and look at what is current.
        let left = CURRENT.replace(self.previous.take());
        drop(left);
    }
}

fn current() -> Option<Rc<dyn Runtime>> {
    // What a thread leaves may outlive what served it.
    let current = CURRENT.try_with(|current| current.borrow().clone());
    current.ok().flatten()
}

/// Whether a loop of this copy of the crate serves this thread.
pub(crate) fn is_served() -> bool {
    CURRENT.try_with(|current| current.borrow().is_some()) == Ok(true)
}

/// Asks the loop of this thread. A panic of it ends here.
fn served<T: Copy>(fallback: T, ask: impl FnOnce(&Rc<dyn Runtime>) -> T) -> T {
    let asked = || current().map_or(fallback, |runtime| ask(&runtime));
    contain_or(fallback, "in the loop", asked)
}

/// Where times on the border count from, see `ORIGIN`.
static EPOCH: OnceLock<Instant> = OnceLock::new();
/// The number of `EPOCH`: a loop may have begun before it.
const ORIGIN: u64 = 1 << 62;

fn number_of(time: Instant) -> u64 {
    let epoch = *EPOCH.get_or_init(Instant::now);
    let narrow = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    match time.checked_duration_since(epoch) {
        Some(since) => ORIGIN.saturating_add(narrow(since)),
        None => ORIGIN.saturating_sub(narrow(epoch.saturating_duration_since(time))),
    }
}

// An `Instant` ends somewhere; what lies beyond is as good as never.
fn time_of(number: u64) -> Instant {
    const NEVER: Duration = Duration::from_secs(30 * 365 * 86_400);
    let epoch = *EPOCH.get_or_init(Instant::now);
    let before = || epoch.checked_sub(Duration::from_nanos(ORIGIN.saturating_sub(number)));
    match number.checked_sub(ORIGIN).map(Duration::from_nanos) {
        Some(since) => {
            let time = epoch.checked_add(since);
            time.or_else(|| epoch.checked_add(NEVER)).unwrap_or(epoch)
        }
        None => before().unwrap_or(epoch),
    }
}

pub(super) unsafe extern "C" fn now(nanoseconds: *mut u64) -> u32 {
    let now = served(None, |runtime| Some(number_of(runtime.now())));
    let Some(now) = now else { return 0 };
    // SAFETY: the place for the number is valid.
    unsafe { nanoseconds.write(now) };
    1
}

// A future may outlive the loop that its timer belongs to, and must not hit another one's.
fn salt(runtime: &Rc<dyn Runtime>) -> u64 {
    let number = runtime.number().wrapping_add(1);
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

pub(super) unsafe extern "C" fn timer_set(nanoseconds: u64, waker: *const abi::Waker) -> u64 {
    served(0, |runtime| {
        // SAFETY: the waker is valid during the call.
        let waker = unsafe { waker::keep(waker) };
        match runtime.wake_at(time_of(nanoseconds), waker).0 ^ salt(runtime) {
            // It would say that there is no loop; a timer that nobody can forget is as good.
            0 => u64::MAX,
            timer => timer,
        }
    })
}

pub(super) unsafe extern "C" fn timer_cancel(timer: u64) {
    served((), |runtime| {
        runtime.cancel(TimerKey(timer ^ salt(runtime)));
    });
}

pub(super) unsafe extern "C" fn spawn(raw: *const abi::Task) -> u32 {
    // SAFETY: the task is valid, and changes hands.
    let task = unsafe { task::Imported::new(raw.read()) };
    // The module's state is there as long as its task is.
    let task = InUse::current().poll(task);
    served(0, |runtime| {
        runtime.spawn(Box::pin(async move {
            if let Err(error) = task.await {
                let detail = error.detail().unwrap_or(error.message());
                log::error!("a background task has failed: {detail}");
            }
        }));
        1
    })
}

pub(super) unsafe extern "C" fn block(raw: *const abi::Work) -> u32 {
    // SAFETY: the work is valid, and changes hands.
    let work = unsafe { work::Imported::new(raw.read()) };
    served(0, |runtime| {
        runtime.block(Box::new(move || work.run()));
        1
    })
}
