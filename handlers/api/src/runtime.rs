//! Waiting without blocking: what handlers ask of the loop that runs them.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::Error;
use crate::handler::BoxFuture;

/// What a loop does for the futures that it runs. Implemented by the server and by
/// [`testing`](crate::testing); handlers use [`sleep`], [`spawn`] and [`blocking`].
pub trait Runtime {
    /// The time of this turn of the loop.
    fn now(&self) -> Instant;

    /// Wakes `waker` at the first turn at or after `deadline`.
    fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey;

    /// Forgets a timer; one that has fired already is gone anyway.
    fn cancel(&self, timer: TimerKey);

    /// Runs a future to its end, beside everything else.
    fn spawn(&self, future: BoxFuture<()>);

    /// Runs work that blocks on a helper thread.
    fn block(&self, work: Box<dyn FnOnce() + Send>);
}

/// A timer of a [`Runtime`]. A runtime gives each key once: a future may cancel a timer long after
/// it has fired, and must not meet another one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerKey(pub u64);

thread_local! {
    static CURRENT: RefCell<Option<Rc<dyn Runtime>>> = const { RefCell::new(None) };
}

/// Makes `runtime` the one that serves this thread, until the guard is dropped.
#[must_use]
pub fn enter(runtime: Rc<dyn Runtime>) -> Entered {
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
        CURRENT.set(self.previous.take());
    }
}

fn current() -> Rc<dyn Runtime> {
    CURRENT.with_borrow(|current| {
        Rc::clone(
            current
                .as_ref()
                .expect("this is called from a handler, or a future it awaits"),
        )
    })
}

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
        deadline: Instant,
        timer: TimerKey,
        waker: Waker,
        runtime: Rc<dyn Runtime>,
    },
    Over,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker();
        let deadline = match &self.state {
            SleepState::Over => return Poll::Ready(()),
            SleepState::New => deadline_of(self.duration),
            SleepState::Set {
                deadline,
                timer,
                waker: set,
                runtime,
            } => {
                if runtime.now() < *deadline && set.will_wake(waker) {
                    return Poll::Pending;
                }
                runtime.cancel(*timer);
                *deadline
            }
        };
        let runtime = current();
        if runtime.now() >= deadline {
            self.state = SleepState::Over;
            return Poll::Ready(());
        }
        let timer = runtime.wake_at(deadline, waker.clone());
        self.state = SleepState::Set {
            deadline,
            timer,
            waker: waker.clone(),
            runtime,
        };
        Poll::Pending
    }
}

// An `Instant` ends somewhere; what lies beyond is as good as never.
fn deadline_of(duration: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(30 * 365 * 86_400);
    let now = current().now();
    now.checked_add(duration).unwrap_or_else(|| now + NEVER)
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let SleepState::Set { timer, runtime, .. } = &self.state {
            runtime.cancel(*timer);
        }
    }
}

/// Runs a future to its end beside the request that started it; the answer does not wait for it.
///
/// # Panics
///
/// When it is called where no loop polls, see [`sleep`].
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    current().spawn(Box::pin(future));
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
            lock(&self.shared).waker = Some(context.waker().clone());
            current().block(Box::new(move || worker.run(work)));
        }
        let mut shared = lock(&self.shared);
        match shared.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                shared.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
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
        let result = catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
            Error::internal(format!("panic in blocking work: {}", panic_text(&*panic)))
        });
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
