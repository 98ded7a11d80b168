//! Futures that are polled with a module's own waker, whose functions are foreign code.

#![allow(
    unsafe_code,
    reason = "only a raw waker can do something when it is cloned"
)]

use std::cell::RefCell;
use std::future::{IntoFuture, poll_fn};
use std::sync::Arc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};
use std::time::Duration;

use micro_api::{BoxFuture, CallError, Response, sleep};

use crate::caller::{caller_to, caller_with, connection};
use crate::scripted::{Scripted, answer};

type Call = BoxFuture<Result<Response, CallError>>;

fn poll(call: &mut Call, waker: &Waker) -> Poll<Result<Response, CallError>> {
    call.as_mut().poll(&mut Context::from_waker(waker))
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("such a waker")
    }
}

/// The loop goes on, and so do the calls of others.
#[test]
fn a_waker_that_panics() {
    let server = Scripted::answering(answer("200 OK", "1"));
    let mut caller = caller_to(server.port, "timeout=5");
    let mut call = caller.resource("get").call(()).into_future();
    let waker = Waker::from(Arc::new(Panics));
    let answered = caller.wait(async {
        loop {
            if let Poll::Ready(answered) = poll(&mut call, &waker) {
                return answered;
            }
            sleep(Duration::from_millis(1)).await;
        }
    });
    assert_eq!(answered.expect("it is answered").bytes(), b"1");
    caller.get().answers("1");
}

thread_local! {
    static DROPPED_BY_A_CLONE: RefCell<Option<Call>> = const { RefCell::new(None) };
}

static TABLE: RawWakerVTable = RawWakerVTable::new(clone, nothing, nothing, nothing);

unsafe fn clone(data: *const ()) -> RawWaker {
    drop(DROPPED_BY_A_CLONE.take());
    RawWaker::new(data, &TABLE)
}

unsafe fn nothing(_: *const ()) {}

/// A call that waits for a connection is dropped while another one begins to.
#[test]
fn a_waker_that_drops_a_call_when_it_is_cloned() {
    let server = Scripted::new(|peer| {
        while peer.request().is_some() {
            peer.hear("go");
            peer.send(answer("200 OK", "1"));
        }
    });
    let lines = connection(server.port, "timeout=5");
    let mut caller = caller_with(&lines, &[("CONNECTION_X_MAX_CONNECTIONS", "1")]);
    let get = caller.resource("get");
    let [mut first, mut second, mut third]: [Call; 3] =
        std::array::from_fn(|_| get.call(()).into_future());
    // SAFETY: the functions of the table do nothing with the data.
    let waker = unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &TABLE)) };
    let answered = caller.wait(poll_fn(|context| {
        assert!(poll(&mut first, context.waker()).is_pending());
        assert!(poll(&mut second, Waker::noop()).is_pending());
        let taken = std::mem::replace(&mut second, Box::pin(std::future::pending()));
        DROPPED_BY_A_CLONE.set(Some(taken));
        Poll::Ready(poll(&mut third, &waker))
    }));
    assert!(answered.is_pending(), "{answered:?}");
    assert!(DROPPED_BY_A_CLONE.take().is_none(), "it was cloned");
    server.say("go");
    assert!(caller.wait(first).is_ok());
    assert!(caller.wait(third).is_ok());
    assert_eq!(server.accepted(), 1);
}
