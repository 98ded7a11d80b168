//! Answering later, from any thread.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::{Error, IntoReply, Reply};

/// Answers a request once, now or later, from any thread. See
/// [`Request::delay`](crate::Request::delay).
#[derive(Debug)]
pub struct Responder {
    promise: Arc<Mutex<Promise>>,
}

impl Responder {
    /// Answers the request. If the peer has gone in the meantime, nothing happens.
    pub fn answer(self, reply: impl IntoReply) {
        lock(&self.promise).keep(reply.into_reply());
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        lock(&self.promise)
            .keep(Error::internal("the responder was dropped without an answer").into_reply());
    }
}

/// The other end of a [`Responder`]: the answer, once it is there.
#[derive(Debug)]
pub(crate) struct Pending {
    promise: Arc<Mutex<Promise>>,
}

impl Future for Pending {
    type Output = Reply;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        let mut promise = lock(&self.promise);
        match promise.reply.take() {
            Some(reply) => Poll::Ready(reply),
            None => {
                promise.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[derive(Debug, Default)]
struct Promise {
    is_kept: bool,
    reply: Option<Reply>,
    waker: Option<Waker>,
}

impl Promise {
    fn keep(&mut self, reply: Reply) {
        if self.is_kept {
            return;
        }
        self.is_kept = true;
        self.reply = Some(reply);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

pub(crate) fn promise() -> (Responder, Pending) {
    let promise = Arc::new(Mutex::new(Promise::default()));
    (Responder { promise: Arc::clone(&promise) }, Pending { promise })
}

// Nothing that can panic runs under this lock, so a poisoned one is still whole.
fn lock(promise: &Mutex<Promise>) -> MutexGuard<'_, Promise> {
    promise.lock().unwrap_or_else(PoisonError::into_inner)
}
