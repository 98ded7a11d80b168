//! A promised answer, on the side of the program.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::HOST;
use crate::abi;
use crate::border::{contain_or, reply};
use crate::{Error, IntoReply, Reply};

/// What keeps a promise, as [`abi::Responder`] with what only this side sees behind it.
#[repr(C)]
struct Keeper {
    raw: abi::Responder,
    promise: Arc<Mutex<Promise>>,
}

// The waker runs foreign code, so it is called when the lock is free again.
fn keep(promise: &Mutex<Promise>, reply: Reply) {
    let waker = {
        let mut promise = lock(promise);
        promise.reply = Some(reply);
        promise.waker.take()
    };
    if let Some(waker) = waker {
        contain_or((), "while waking", || waker.wake());
    }
}

/// Keeps the promise: the other side's [`Host::responder_answer`](abi::Host::responder_answer).
pub(super) unsafe extern "C" fn answer(responder: *mut abi::Responder, raw: *mut abi::Reply) {
    // SAFETY: the reply is valid during the call.
    let reply = unsafe { reply::take_over(raw) };
    // SAFETY: `promise` made it, and it is given back once.
    let keeper = unsafe { Box::from_raw(responder.cast::<Keeper>()) };
    keep(&keeper.promise, reply);
}

/// Breaks the promise.
pub(super) unsafe extern "C" fn forget(responder: *mut abi::Responder) {
    // SAFETY: as above.
    let keeper = unsafe { Box::from_raw(responder.cast::<Keeper>()) };
    let failure = Error::internal("the responder was dropped without an answer");
    keep(&keeper.promise, failure.into_reply());
}

/// The answer, once it is there.
#[derive(Debug)]
pub(crate) struct Pending {
    promise: Arc<Mutex<Promise>>,
}

impl Future for Pending {
    type Output = Reply;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        // The clone and the `drop` of a waker are foreign code, too.
        let waker = context.waker().clone();
        let mut promise = lock(&self.promise);
        let replaced = match promise.reply.take() {
            Some(reply) => return Poll::Ready(reply),
            None => promise.waker.replace(waker),
        };
        drop(promise);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let waker = lock(&self.promise).waker.take();
        drop(waker);
    }
}

#[derive(Debug, Default)]
struct Promise {
    reply: Option<Reply>,
    waker: Option<Waker>,
}

// Any thread may keep the promise, or be the last to let go of it.
const _: () = {
    const fn assert_send<T: Send>() {}
    assert_send::<Promise>();
};

/// Makes a promise: what keeps it, which is to be given back once, and its other end.
pub(super) fn promise() -> (*mut abi::Responder, Pending) {
    let promise = Arc::new(Mutex::new(Promise::default()));
    let keeper = Keeper {
        raw: abi::Responder {
            host: &raw const HOST,
        },
        promise: Arc::clone(&promise),
    };
    (Box::into_raw(Box::new(keeper)).cast(), Pending { promise })
}

// Nothing that can panic runs under this lock, so a poisoned one is still whole.
fn lock(promise: &Mutex<Promise>) -> MutexGuard<'_, Promise> {
    promise.lock().unwrap_or_else(PoisonError::into_inner)
}
