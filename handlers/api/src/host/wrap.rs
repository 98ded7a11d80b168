//! Calling a handler, and the wrappers around it.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::promise::Pending;
use super::{HOST, Handler, Later, Outcome, Wrapper, is_ours, parts_of};
use crate::abi;
use crate::border::future::Exported;
use crate::{Error, IntoReply, Next, Reply, Request};

/// Calls a handler. A promise made with [`Request::delay`] takes the place of what it returned.
#[must_use]
pub fn call(handler: &Handler, request: &Request) -> Outcome {
    match handler(request) {
        Outcome::Ready(reply) => match parts_of(request).delayed.take() {
            Some(promise) => Outcome::Pending(Later::of_promise(promise)),
            None => Outcome::Ready(reply),
        },
        Outcome::Pending(later) => Outcome::Pending(later.watching(request)),
    }
}

/// Puts a wrapper around a handler.
#[must_use]
pub fn wrap(wrapper: Wrapper, handler: Handler) -> Handler {
    Rc::new(move |request| {
        let wrapped = Wrapped {
            raw: abi::Next {
                host: &raw const HOST,
            },
            handler: Rc::clone(&handler),
        };
        // SAFETY: it is made for this one call.
        let next = unsafe { Next::from_raw(Box::into_raw(Box::new(wrapped)).cast()) };
        wrapper(request, next)
    })
}

/// The handler, or the next wrapper: [`abi::Next`] with what only this side sees behind it.
#[repr(C)]
struct Wrapped {
    raw: abi::Next,
    handler: Handler,
}

/// Goes on to the handler. It is called when the future is polled: a panic must not go back this
/// way.
pub(super) unsafe extern "C" fn run(
    next: *mut abi::Next,
    request: *const abi::Request,
    future: *mut abi::Future,
) {
    // SAFETY: `wrap` made it, and it is given back once; the request is valid during the call.
    let (wrapped, request) = unsafe {
        (
            Box::from_raw(next.cast::<Wrapped>()),
            Request::retain(request),
        )
    };
    let running = match is_ours(request.as_raw()) {
        true => Exported::new(Running::NotYet(wrapped.handler, request)),
        false => Exported::new(async {
            let mistake = "a wrapper goes on with a request that the program has not made";
            Error::internal(mistake).into_reply()
        }),
    };
    // SAFETY: the place for the future is valid.
    unsafe { future.write(running.into_raw()) };
}

/// Does not go on to the handler.
pub(super) unsafe extern "C" fn leave(next: *mut abi::Next) {
    // SAFETY: as above.
    drop(unsafe { Box::from_raw(next.cast::<Wrapped>()) });
}

/// A handler on its way to an answer.
enum Running {
    NotYet(Handler, Request),
    Pending {
        // Dropped in this order: a handler that is cancelled must not promise anything afterwards.
        future: Later,
        own_promise: OwnPromise,
    },
    Over,
}

impl Future for Running {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        let (mut future, own_promise) = match std::mem::replace(&mut *self, Running::Over) {
            Running::Pending {
                future,
                own_promise,
            } => (future, own_promise),
            Running::NotYet(handler, request) => {
                let own_promise = OwnPromise::set_aside(&request);
                match call(&handler, &request) {
                    Outcome::Ready(reply) => return Poll::Ready(reply),
                    Outcome::Pending(future) => (future, own_promise),
                }
            }
            Running::Over => panic!("a future is not polled after it is ready"),
        };
        let polled = Pin::new(&mut future).poll(context);
        if polled.is_pending() {
            *self = Running::Pending {
                future,
                own_promise,
            };
        }
        polled
    }
}

/// What a wrapper itself has promised: set aside while the handler is at work, so that neither takes
/// the other's promise for its own.
struct OwnPromise {
    request: Request,
    promise: Option<Pending>,
}

impl OwnPromise {
    fn set_aside(request: &Request) -> OwnPromise {
        OwnPromise {
            request: request.clone(),
            promise: parts_of(request).delayed.take(),
        }
    }
}

impl Drop for OwnPromise {
    fn drop(&mut self) {
        let replaced = parts_of(&self.request).delayed.replace(self.promise.take());
        drop(replaced);
    }
}
