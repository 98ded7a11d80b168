//! Waiting: sleeping, helper threads, promises, and wrappers around all of them.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use micro_api::host::{Runtime, TimerKey, enter};
use micro_api::testing::{self, Answer};
use micro_api::{BoxFuture, Next, Reply, Request, Responder, blocking, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// A runtime that does nothing but take notes.
struct Notes {
    now: Cell<Instant>,
    timers: RefCell<Vec<(TimerKey, Instant, Waker)>>,
    cancelled: RefCell<Vec<u64>>,
    work: RefCell<Vec<Box<dyn FnOnce() + Send>>>,
}

impl Notes {
    fn new() -> Rc<Notes> {
        Rc::new(Notes {
            now: Cell::new(Instant::now()),
            timers: RefCell::default(),
            cancelled: RefCell::default(),
            work: RefCell::default(),
        })
    }

    fn timer_count(&self) -> usize {
        self.timers.borrow().len()
    }
}

impl Runtime for Notes {
    fn number(&self) -> u64 {
        0
    }

    fn now(&self) -> Instant {
        self.now.get()
    }

    fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey {
        let mut timers = self.timers.borrow_mut();
        let key = TimerKey(timers.len() as u64);
        timers.push((key, deadline, waker));
        key
    }

    fn cancel(&self, timer: TimerKey) {
        self.cancelled.borrow_mut().push(timer.0);
    }

    fn spawn(&self, _: BoxFuture<()>) {
        unreachable!("nothing is spawned here");
    }

    fn block(&self, work: Box<dyn FnOnce() + Send>) {
        self.work.borrow_mut().push(work);
    }
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counter() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

#[test]
fn a_sleep_sets_one_timer_and_cancels_it_when_it_is_dropped() {
    let runtime = Notes::new();
    let _entered = enter(runtime.clone());
    let (_, waker) = counter();
    {
        let mut sleep = pin!(sleep(SECOND));
        assert_eq!(runtime.timer_count(), 0, "it starts when it is polled");
        for _ in 0..3 {
            assert!(
                sleep
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        assert_eq!(runtime.timer_count(), 1);
        assert_eq!(runtime.timers.borrow()[0].1, runtime.now() + SECOND);
    }
    assert_eq!(*runtime.cancelled.borrow(), [0]);
}

#[test]
fn a_sleep_that_moves_to_another_task_wakes_that_one() {
    let runtime = Notes::new();
    let _entered = enter(runtime.clone());
    let ((first, waker_1), (second, waker_2)) = (counter(), counter());
    let mut sleep = pin!(sleep(SECOND));
    assert!(
        sleep
            .as_mut()
            .poll(&mut Context::from_waker(&waker_1))
            .is_pending()
    );
    runtime.now.set(runtime.now() + SECOND / 2);
    assert!(
        sleep
            .as_mut()
            .poll(&mut Context::from_waker(&waker_2))
            .is_pending()
    );
    assert_eq!(*runtime.cancelled.borrow(), [0]);
    let timers = runtime.timers.borrow();
    assert_eq!(timers[0].1, timers[1].1, "the deadline stays");
    timers[1].2.wake_by_ref();
    assert_eq!(
        (
            first.0.load(Ordering::SeqCst),
            second.0.load(Ordering::SeqCst)
        ),
        (0, 1)
    );
}

#[test]
fn a_sleep_is_over_at_its_deadline_and_not_before() {
    let runtime = Notes::new();
    let _entered = enter(runtime.clone());
    let (_, waker) = counter();
    let start = runtime.now();
    let mut sleep = pin!(sleep(SECOND));
    for (after, is_ready) in [(0, false), (999_999_999, false), (1_000_000_000, true)] {
        runtime.now.set(start + Duration::from_nanos(after));
        let polled = sleep.as_mut().poll(&mut Context::from_waker(&waker));
        assert_eq!(polled.is_ready(), is_ready, "after {after} ns");
    }
    assert_eq!(*runtime.cancelled.borrow(), [0]);
    let mut none = pin!(micro_api::sleep(Duration::ZERO));
    assert!(
        none.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
    );
    assert_eq!(runtime.timer_count(), 1, "no time needs no timer");
}

#[test]
fn a_sleep_beyond_the_end_of_time_sleeps() {
    let runtime = Notes::new();
    let _entered = enter(runtime);
    let (_, waker) = counter();
    assert!(
        pin!(sleep(Duration::MAX))
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
}

#[test]
fn a_runtime_is_in_force_until_its_guard_is_dropped() {
    let (outer, inner) = (Notes::new(), Notes::new());
    let (_, waker) = counter();
    let begin = || {
        let polled = pin!(blocking(|| ())).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    };
    let _outer = enter(outer.clone());
    {
        let _inner = enter(inner.clone());
        begin();
    }
    begin();
    assert_eq!(
        (outer.work.borrow().len(), inner.work.borrow().len()),
        (1, 1)
    );
}

#[test]
fn blocking_work_wakes_the_last_waker() {
    let runtime = Notes::new();
    let _entered = enter(runtime.clone());
    let ((first, waker_1), (second, waker_2)) = (counter(), counter());
    let mut result = pin!(blocking(|| 42));
    assert!(
        result
            .as_mut()
            .poll(&mut Context::from_waker(&waker_1))
            .is_pending()
    );
    assert!(
        result
            .as_mut()
            .poll(&mut Context::from_waker(&waker_2))
            .is_pending()
    );
    for work in runtime.work.take() {
        work();
    }
    assert_eq!(
        (
            first.0.load(Ordering::SeqCst),
            second.0.load(Ordering::SeqCst)
        ),
        (0, 1)
    );
    match result.as_mut().poll(&mut Context::from_waker(&waker_2)) {
        Poll::Ready(Ok(42)) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn blocking_work_that_nobody_awaits_any_more_is_not_begun() {
    static BEGUN: AtomicUsize = AtomicUsize::new(0);
    let runtime = Notes::new();
    let _entered = enter(runtime.clone());
    let (_, waker) = counter();
    for _ in 0..2 {
        let mut result = Box::pin(blocking(|| BEGUN.fetch_add(1, Ordering::SeqCst)));
        assert!(
            result
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    for work in runtime.work.take() {
        work();
    }
    assert_eq!(BEGUN.load(Ordering::SeqCst), 0);
}

#[test]
fn blocking_work_that_panics_is_our_failure() {
    let answer = testing::get("/").call(async |_: Request| {
        blocking(|| -> u8 { panic!("the disk is full") })
            .await
            .map(u16::from)
    });
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.failure(),
        Some("panic in blocking work: the disk is full")
    );
}

#[test]
fn blocking_work_that_is_never_begun_is_our_failure() {
    let runtime = Notes::new();
    let _entered = enter(runtime.clone());
    let (count, waker) = counter();
    let mut result = pin!(blocking(|| 42));
    assert!(
        result
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    drop(runtime.work.take());
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    match result.as_mut().poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(Err(error)) => {
            assert_eq!(error.detail(), Some("the blocking work was never done"));
        }
        other => panic!("{other:?}"),
    }
}

fn told(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.text())
}

#[test]
fn a_promise_takes_the_place_of_what_was_returned() {
    let answer = testing::get("/").call(|request: Request| {
        request.delay().answer((202, "promised"));
        (200, "returned")
    });
    assert_eq!(told(&answer), (202, "promised"));

    let answer = testing::get("/").call(async |request: Request| {
        let responder = request.delay();
        micro_api::spawn(async move {
            sleep(SECOND).await;
            responder.answer((202, "promised"));
        });
        (200, "returned")
    });
    assert_eq!(told(&answer), (202, "promised"));
    assert_eq!(answer.elapsed(), SECOND);
}

#[test]
fn a_promise_that_is_broken_is_our_failure() {
    let answer = testing::get("/").call(|request: Request| {
        drop(request.delay());
        "returned"
    });
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.failure(),
        Some("the responder was dropped without an answer")
    );
}

#[test]
fn of_two_promises_the_later_one_counts() {
    let answer = testing::get("/").call(|request: Request| {
        let first = request.delay();
        request.delay().answer("second");
        first.answer("first");
    });
    assert_eq!(told(&answer), (200, "second"));
}

#[test]
fn a_responder_goes_to_any_thread() {
    fn is_send<T: Send>() {}
    is_send::<Responder>();
    is_send::<Reply>();
}

#[test]
fn wrappers_see_the_promised_answer() {
    let answer = testing::get("/")
        .wrap(async |request: Request, next: Next| {
            let reply = next.run(request).await;
            let code = reply.code().to_string();
            reply.with_header("x-code", code)
        })
        .call(|request: Request| request.delay().answer((202, "promised")));
    assert_eq!(told(&answer), (202, "promised"));
    assert_eq!(answer.header("x-code"), Some("202"));
}

#[test]
fn wrappers_stand_around_each_other() {
    async fn add(mark: &'static str, request: Request, next: Next) -> Reply {
        next.run(request).await.with_header("x-mark", mark)
    }
    let answer = testing::get("/")
        .wrap(async |request: Request, next: Next| add("inner", request, next).await)
        .wrap(async |request: Request, next: Next| add("outer", request, next).await)
        .call(|_: Request| "text");
    let marks: Vec<_> = answer
        .headers()
        .filter(|(name, _)| *name == "x-mark")
        .collect();
    assert_eq!(marks, [("x-mark", "inner"), ("x-mark", "outer")]);
}

#[test]
fn a_wrapper_may_answer_by_itself() {
    let answer = testing::get("/")
        .wrap(async |_: Request, _: Next| 401)
        .call(|_: Request| -> Reply { unreachable!("the wrapper answers") });
    assert_eq!(answer.status, 401);
}

#[test]
fn the_promise_of_a_wrapper_is_not_that_of_its_handler() {
    let answer = testing::get("/")
        .wrap(async |request: Request, next: Next| {
            let responder = request.delay();
            let reply = next.run(request).await;
            responder.answer(reply.with_header("x-by", "wrapper"));
        })
        .call(|_: Request| "handler");
    assert_eq!(told(&answer), (200, "handler"));
    assert_eq!(answer.header("x-by"), Some("wrapper"));
}

/// Gives what `future` gives, unless `limit` has gone by first.
async fn within(limit: Duration, future: impl Future<Output = Reply>) -> Option<Reply> {
    let (mut future, mut limit) = (pin!(future), pin!(sleep(limit)));
    poll_fn(|context| {
        if let Poll::Ready(reply) = future.as_mut().poll(context) {
            return Poll::Ready(Some(reply));
        }
        limit.as_mut().poll(context).map(|()| None)
    })
    .await
}

#[test]
fn a_handler_that_is_cancelled_takes_its_promise_along() {
    let kept: Rc<RefCell<Vec<Responder>>> = Rc::default();
    let keep = Rc::clone(&kept);
    let answer = testing::get("/")
        .wrap(async |request: Request, next: Next| {
            within(SECOND, next.run(request))
                .await
                .unwrap_or_else(|| Reply::status(504))
        })
        .call(move |request: Request| keep.borrow_mut().push(request.delay()));
    assert_eq!((answer.status, answer.elapsed()), (504, SECOND));
    let responder = kept.borrow_mut().pop().expect("the handler kept it");
    responder.answer("too late");
}

#[test]
fn a_handler_that_is_cancelled_while_it_runs_promises_nothing() {
    let kept: Rc<RefCell<Vec<Responder>>> = Rc::default();
    let keep = Rc::clone(&kept);
    let dropped = Rc::new(());
    let held = Rc::clone(&dropped);
    let answer = testing::get("/")
        .wrap(async |request: Request, next: Next| {
            within(SECOND, next.run(request))
                .await
                .unwrap_or_else(|| Reply::status(504))
        })
        .call(async move |request: Request| {
            let _held = Rc::clone(&held);
            keep.borrow_mut().push(request.delay());
            sleep(2 * SECOND).await;
        });
    assert_eq!((answer.status, answer.elapsed()), (504, SECOND));
    assert_eq!(Rc::strong_count(&dropped), 1);
}
