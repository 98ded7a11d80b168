//! Waiting without blocking: what handlers ask of the loop that runs them.

#![allow(unsafe_code, reason = "the loop is on the other side of the border")]

use std::future::{Future, IntoFuture, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::Error;
use crate::border::here::program;
use crate::border::{contain, task, waker, work};

/// Waits, without keeping anybody else waiting. The time runs from when it is first awaited.
///
/// It may be made anywhere, but awaited only where a loop polls it: in what a service runs
/// (handlers, wrappers, jobs, streams, and what they [`spawn`]) or in
/// [`testing::block_on`](crate::testing::block_on).
///
/// # Panics
///
/// When it is polled anywhere else, such as on a thread or in another runtime.
pub fn sleep(duration: Duration) -> impl Future<Output = ()> {
    Sleep {
        duration,
        state: SleepState::New,
    }
}

struct Sleep {
    duration: Duration,
    state: SleepState,
}

enum SleepState {
    New,
    Set {
        deadline: u64,
        /// When the timer is over; before the deadline if that is far away.
        until: u64,
        #[expect(dead_code, reason = "its drop forgets the timer")]
        timer: Timer,
        waker: Waker,
    },
    Over,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker();
        let now = now();
        let deadline = match &self.state {
            SleepState::Over => return Poll::Ready(()),
            SleepState::New => now.saturating_add(nanoseconds(self.duration)),
            SleepState::Set {
                deadline,
                until,
                waker: set,
                ..
            } => {
                if now < *until && set.will_wake(waker) {
                    return Poll::Pending;
                }
                *deadline
            }
        };
        if now >= deadline {
            self.state = SleepState::Over;
            return Poll::Ready(());
        }
        // What was set before is forgotten with the old state.
        let until = deadline.min(now.saturating_add(TIMER_MAX));
        self.state = SleepState::Set {
            deadline,
            until,
            timer: Timer::set(until, waker),
            waker: waker.clone(),
        };
        Poll::Pending
    }
}

/// No timer runs longer than a year: loops need not know of longer ones.
const TIMER_MAX: u64 = 365 * 86_400 * 1_000_000_000;

/// The time of the loop; it begins anywhere.
fn now() -> u64 {
    let mut now = 0;
    // SAFETY: the place lives through the call.
    let has_loop = unsafe { (program().now)(&raw mut now) };
    assert!(has_loop != 0, "{NO_LOOP}");
    now
}

const NO_LOOP: &str = "this is called from a handler, or a future it awaits";

// What lies beyond 64 bits is as good as never.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A timer, which is forgotten when it is dropped.
struct Timer(u64);

impl Timer {
    fn set(deadline: u64, waker: &Waker) -> Timer {
        let waker = waker::lend(waker);
        // SAFETY: the waker lives through the call.
        let timer = unsafe { (program().timer_set)(deadline, &raw const waker) };
        assert!(timer != 0, "{NO_LOOP}");
        Timer(timer)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: a timer may be forgotten at any time.
        unsafe { (program().timer_cancel)(self.0) };
    }
}

/// What a future gives, or nothing if that takes longer than this. Then the future is dropped, and
/// goes on no further.
///
/// ```
/// use std::future::{pending, ready};
/// use std::time::Duration;
/// use micro_api::{testing, within};
///
/// let limit = Duration::from_millis(20);
/// assert_eq!(testing::block_on(within(limit, ready(7))), Some(7));
/// assert_eq!(testing::block_on(within(limit, pending::<u32>())), None);
/// ```
///
/// # Panics
///
/// When it is polled where no loop polls, see [`sleep`].
pub async fn within<F: IntoFuture>(limit: Duration, future: F) -> Option<F::Output> {
    let (mut future, mut end) = (pin!(future.into_future()), pin!(sleep(limit)));
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        end.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// Runs a future to its end beside the request that started it; the answer does not wait for it.
/// It takes along what it needs, and borrows nothing, not even of the module's state:
///
/// ```compile_fail,E0521
/// use std::cell::Cell;
/// use micro_api::{Request, spawn};
///
/// fn count(state: &Cell<u32>, _: Request) {
///     spawn(async move { state.set(state.get() + 1) });
/// }
/// ```
///
/// # Panics
///
/// When it is called where no loop polls, see [`sleep`].
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    let task = task::export(async move {
        future.await;
        Ok(())
    });
    // SAFETY: the task changes hands.
    let has_loop = unsafe { (program().spawn)(&raw const task) };
    assert!(has_loop != 0, "{NO_LOOP}");
}

/// Runs what blocks (files, databases, computation) on a helper thread and gives its result.
///
/// As with every future, nothing happens before it is first awaited. Work that nobody awaits any
/// more when a thread has time for it is not begun; once begun it comes to its end, though nobody
/// may hear of it. It may be made anywhere, but awaited only where [`sleep`] may be.
///
/// # Errors
///
/// If the work panicked, or could not be done because the service ends, a 500.
///
/// # Panics
///
/// When it is polled where no loop polls, see [`sleep`].
pub fn blocking<T, F>(work: F) -> impl Future<Output = Result<T, Error>>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    Blocking {
        work: Some(work),
        shared: Arc::new(Mutex::new(Work::default())),
    }
}

struct Blocking<T, F> {
    work: Option<F>,
    shared: Arc<Mutex<Work<T>>>,
}

// Nothing in it is pinned.
impl<T, F> Unpin for Blocking<T, F> {}

impl<T, F> Future for Blocking<T, F>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(work) = self.work.take() {
            let worker = Worker {
                shared: Arc::clone(&self.shared),
                is_done: false,
            };
            let work = work::export(move || worker.run(work));
            // SAFETY: the work changes hands.
            let has_loop = unsafe { (program().block)(&raw const work) };
            assert!(has_loop != 0, "{NO_LOOP}");
        }
        // The clone and the `drop` of a waker are foreign code, so the lock is free meanwhile.
        let waker = context.waker().clone();
        let mut shared = lock(&self.shared);
        let replaced = match shared.result.take() {
            Some(result) => return Poll::Ready(result),
            None => shared.waker.replace(waker),
        };
        drop(shared);
        drop(replaced);
        Poll::Pending
    }
}

impl<T, F> Drop for Blocking<T, F> {
    fn drop(&mut self) {
        lock(&self.shared).is_abandoned = true;
    }
}

struct Work<T> {
    result: Option<Result<T, Error>>,
    waker: Option<Waker>,
    is_abandoned: bool,
}

impl<T> Default for Work<T> {
    fn default() -> Work<T> {
        Work {
            result: None,
            waker: None,
            is_abandoned: false,
        }
    }
}

/// The side of blocking work that has to come to an end, even if a runtime drops it unbegun.
struct Worker<T> {
    shared: Arc<Mutex<Work<T>>>,
    is_done: bool,
}

impl<T> Worker<T> {
    fn run(mut self, work: impl FnOnce() -> T) {
        if lock(&self.shared).is_abandoned {
            return;
        }
        let result = contain(work)
            .map_err(|panic| Error::internal(format!("panic in blocking work: {panic}")));
        lock(&self.shared).result = Some(result);
        self.is_done = true;
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        let waker = {
            let mut shared = lock(&self.shared);
            if !self.is_done {
                shared.result = Some(Err(Error::internal("the blocking work was never done")));
            }
            shared.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

fn lock<T>(work: &Mutex<Work<T>>) -> MutexGuard<'_, Work<T>> {
    work.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a panic said, if it said it in words.
#[must_use]
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
