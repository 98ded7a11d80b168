//! What others bring along may do as it likes: wakers that use the very thing that keeps them, wakers
//! and runtimes that panic.

#![allow(
    unsafe_code,
    reason = "only a raw waker does something when it is cloned"
)]

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use micro_api::host::{Body, Outcome, ReplyParts, Runtime, TimerKey, contain, enter};
use micro_api::{
    BodySender, BoxFuture, ChunkSource, Reply, Responder, blocking, host, sleep, spawn, testing,
};

const HOUR: Duration = Duration::from_secs(3600);

/// What is done to a waker.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Done {
    Clone,
    Drop,
}

type Act = Rc<dyn Fn(Done)>;

thread_local! {
    static ACT: RefCell<Option<Act>> = const { RefCell::new(None) };
}

fn act(done: Done) {
    let act = ACT.with_borrow(Clone::clone);
    if let Some(act) = act {
        act(done);
    }
}

static ACTING: RawWakerVTable = RawWakerVTable::new(
    |data| {
        act(Done::Clone);
        RawWaker::new(data, &ACTING)
    },
    |_| act(Done::Drop),
    |_| {},
    |_| act(Done::Drop),
);

/// A waker that does what this thread has been told by [`once`].
fn acting() -> Waker {
    // SAFETY: there is nothing behind it but variables of the thread that it is used on.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &ACTING)) }
}

/// Does something the next time when this is done to a waker; gives whether it has been.
fn once(when: Done, code: impl FnOnce() + 'static) -> Rc<Cell<bool>> {
    let is_done = Rc::new(Cell::new(false));
    let (code, done_here) = (Cell::new(Some(code)), Rc::clone(&is_done));
    ACT.set(Some(Rc::new(move |done| {
        if done == when
            && let Some(code) = code.take()
        {
            code();
            done_here.set(true);
        }
    })));
    is_done
}

/// Fails if this takes so long that it must have come to a halt.
#[track_caller]
fn comes_to_an_end(test: impl FnOnce() + Send + 'static) {
    let (tell, told) = mpsc::channel();
    let running = thread::spawn(move || {
        test();
        tell.send(()).expect("it is waited for");
    });
    match told.recv_timeout(Duration::from_secs(20)) {
        Ok(()) => running.join().expect("it has ended"),
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it waits for itself"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let panic = running.join().expect_err("it has told nothing");
            std::panic::resume_unwind(panic);
        }
    }
}

/// A runtime that runs work when it is told to, and panics where it is told to.
struct Odd {
    panics_in: Cell<&'static str>,
    work: RefCell<Vec<Box<dyn FnOnce() + Send>>>,
    kept: RefCell<Vec<Pin<Box<dyn Future<Output = ()>>>>>,
}

impl Odd {
    fn new(panics_in: &'static str) -> Rc<Odd> {
        Rc::new(Odd {
            panics_in: Cell::new(panics_in),
            work: RefCell::default(),
            kept: RefCell::default(),
        })
    }

    fn do_work(&self) {
        self.work.take().into_iter().for_each(|work| work());
    }

    fn pass(&self, place: &str) {
        assert!(self.panics_in.get() != place, "the runtime is broken");
    }
}

impl Runtime for Odd {
    fn now(&self) -> Instant {
        self.pass("now");
        Instant::now()
    }

    fn wake_at(&self, _: Instant, _: Waker) -> TimerKey {
        self.pass("wake_at");
        TimerKey(1)
    }

    fn cancel(&self, _: TimerKey) {
        self.pass("cancel");
    }

    fn spawn(&self, future: BoxFuture<()>) {
        self.pass("spawn");
        self.kept.borrow_mut().push(future);
    }

    fn block(&self, work: Box<dyn FnOnce() + Send>) {
        self.pass("block");
        self.work.borrow_mut().push(work);
    }

    fn number(&self) -> u64 {
        self.pass("number");
        1
    }
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

#[test]
fn the_waker_of_blocking_work_may_wait_for_that_work() {
    for when in [Done::Clone, Done::Drop] {
        comes_to_an_end(move || {
            let runtime = Odd::new("");
            let _entered = enter(runtime.clone());
            let mut working = pin!(blocking(|| 42));
            assert!(poll(working.as_mut(), &acting()).is_pending());
            let worker = Rc::clone(&runtime);
            let is_done = once(when, move || worker.do_work());
            let polled = poll(working.as_mut(), &acting());
            assert!(is_done.get(), "{when:?}");
            match polled {
                Poll::Ready(result) => assert_eq!(result.ok(), Some(42)),
                Poll::Pending => assert!(poll(working, Waker::noop()).is_ready()),
            }
        });
    }
}

/// A stream with as many pieces in it as it takes, and its two ends.
fn full() -> (BodySender, Box<dyn ChunkSource>) {
    let (mut sender, reply) = Reply::channel("text/plain");
    while poll(pin!(sender.send("piece")), Waker::noop()).is_ready() {}
    match ReplyParts::from(reply).body {
        Body::Stream(source) => (sender, source),
        _ => unreachable!("it is a stream"),
    }
}

#[test]
fn the_waker_of_a_sender_may_drop_what_receives() {
    for when in [Done::Clone, Done::Drop] {
        comes_to_an_end(move || {
            let (mut sender, source) = full();
            let mut sending = Box::pin(sender.send("one more"));
            assert!(poll(sending.as_mut(), &acting()).is_pending());
            let is_done = once(when, move || drop(source));
            let _ = poll(sending.as_mut(), &acting());
            assert!(is_done.get(), "{when:?}");
            drop(sending);
            let gone = poll(pin!(sender.send("one more")), Waker::noop());
            assert!(matches!(gone, Poll::Ready(Err(_))));
        });
    }
}

#[test]
fn the_waker_of_what_receives_may_use_the_sender() {
    for when in [Done::Clone, Done::Drop] {
        comes_to_an_end(move || {
            let (sender, mut source) = full();
            let mut next = |waker: &Waker| source.poll_chunk(&mut Context::from_waker(waker));
            while next(Waker::noop()).is_ready() {}
            assert!(next(&acting()).is_pending());
            let is_done = once(when, move || sender.finish());
            let _ = next(&acting());
            assert!(is_done.get(), "{when:?}");
            assert!(matches!(next(Waker::noop()), Poll::Ready(None)));
        });
    }
}

#[test]
fn the_waker_of_a_promise_may_keep_it() {
    for when in [Done::Clone, Done::Drop] {
        comes_to_an_end(move || {
            let (responder, mut answer) = promised();
            assert!(poll(answer.as_mut(), &acting()).is_pending());
            let is_done = once(when, move || responder.answer("kept"));
            let polled = poll(answer.as_mut(), &acting());
            assert!(is_done.get(), "{when:?}");
            match polled {
                Poll::Ready(reply) => assert_eq!(reply.code(), 200),
                Poll::Pending => assert!(poll(answer.as_mut(), Waker::noop()).is_ready()),
            }
        });
    }
}

/// A promise, and the answer that waits for it.
fn promised() -> (Responder, Pin<Box<host::Later>>) {
    let request = testing::get("/").build();
    let handler: host::Handler = Rc::new(|_| Outcome::Ready(Reply::status(204)));
    let responder = request.delay();
    match host::call(&handler, &request) {
        Outcome::Pending(later) => (responder, Box::pin(later)),
        Outcome::Ready(_) => unreachable!("an answer is promised"),
    }
}

#[test]
fn the_waker_of_a_timer_may_set_and_forget_timers_when_it_is_dropped() {
    comes_to_an_end(|| {
        let slept = testing::block_on(async {
            let mut outer = Box::pin(sleep(HOUR));
            let mut inner = Box::pin(sleep(2 * HOUR));
            assert!(poll(outer.as_mut(), &acting()).is_pending());
            assert!(poll(inner.as_mut(), Waker::noop()).is_pending());
            let set = Rc::new(RefCell::new(None));
            let keep = Rc::clone(&set);
            let is_done = once(Done::Drop, move || {
                drop(inner);
                let mut another = Box::pin(sleep(3 * HOUR));
                assert!(poll(another.as_mut(), Waker::noop()).is_pending());
                keep.replace(Some(another));
            });
            drop(outer);
            assert!(is_done.get());
            let another = set.take().expect("it was set");
            another.await;
            true
        });
        assert!(slept);
    });
}

#[test]
fn a_runtime_may_drop_a_sleep_that_was_polled_on_it() {
    let runtime = Odd::new("");
    let entered = enter(runtime.clone());
    let mut slept = Box::pin(sleep(HOUR));
    assert!(poll(slept.as_mut(), Waker::noop()).is_pending());
    runtime.kept.borrow_mut().push(slept);
    let left = Rc::downgrade(&runtime);
    drop(runtime);
    drop(entered);
    assert!(left.upgrade().is_none(), "it is gone with all it holds");
    assert!(contain(|| poll(pin!(sleep(HOUR)), Waker::noop())).is_err());
}

#[test]
fn a_runtime_that_panics_is_as_none() {
    const NO_LOOP: &str = "this is called from a handler, or a future it awaits";
    for place in ["now", "wake_at", "number", "spawn", "block"] {
        let runtime = Odd::new(place);
        let _entered = enter_quietly(&runtime);
        let said = contain(|| match place {
            "spawn" => spawn(async {}),
            "block" => assert!(poll(pin!(blocking(|| ())), Waker::noop()).is_ready()),
            _ => assert!(poll(pin!(sleep(HOUR)), Waker::noop()).is_ready()),
        });
        assert_eq!(said, Err(NO_LOOP.to_owned()), "{place}");
    }
    let runtime = Odd::new("cancel");
    let _entered = enter_quietly(&runtime);
    let mut slept = Box::pin(sleep(HOUR));
    assert!(poll(slept.as_mut(), Waker::noop()).is_pending());
    drop(slept);
}

/// Enters a runtime, which is asked for its time then.
fn enter_quietly(runtime: &Rc<Odd>) -> host::Entered {
    let place = runtime.panics_in.replace("");
    let entered = enter(runtime.clone());
    runtime.panics_in.set(place);
    entered
}

/// Panics when it wakes.
#[derive(Default)]
struct Loud(AtomicUsize);

impl Wake for Loud {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("nobody wakes me");
    }
}

#[test]
fn a_promise_is_kept_though_its_waker_panics() {
    let loud = Arc::new(Loud::default());
    for breaks in [false, true] {
        let (responder, mut answer) = promised();
        let waker = Waker::from(Arc::clone(&loud));
        assert!(poll(answer.as_mut(), &waker).is_pending());
        match breaks {
            false => responder.answer((202, "kept")),
            true => drop(responder),
        }
        let Poll::Ready(reply) = poll(answer.as_mut(), Waker::noop()) else {
            panic!("it is answered");
        };
        assert_eq!(reply.code(), if breaks { 500 } else { 202 });
    }
    assert_eq!(loud.0.load(Ordering::SeqCst), 2);
}
