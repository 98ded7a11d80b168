//! Calling a handler, and the wrappers around it.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::delay::Pending;
use crate::handler::{Handler, Outcome, Wrapper};
use crate::{Reply, Request};

/// Calls a handler. A promise made with [`Request::delay`] takes the place of what it returned.
#[must_use]
pub fn call(handler: &Handler, request: Request) -> Outcome {
    let watched = request.clone();
    let outcome = handler(request);
    match outcome {
        Outcome::Ready(reply) => match watched.parts().delayed.take() {
            Some(pending) => Outcome::Pending(Box::pin(pending)),
            None => Outcome::Ready(reply),
        },
        Outcome::Pending(future) => Outcome::Pending(Box::pin(async move {
            let reply = future.await;
            let delayed = watched.parts().delayed.take();
            drop(watched);
            match delayed {
                Some(pending) => pending.await,
                None => reply,
            }
        })),
    }
}

/// Puts a wrapper around a handler.
#[must_use]
pub fn wrap(wrapper: Wrapper, handler: Handler) -> Handler {
    Rc::new(move |request| {
        Outcome::Pending(wrapper(
            request,
            Next {
                handler: Rc::clone(&handler),
            },
        ))
    })
}

/// What a wrapper wraps: the handler, or the next wrapper.
pub struct Next {
    handler: Handler,
}

impl Next {
    /// Goes on to the handler and gives its answer.
    ///
    /// A wrapper that drops this future before it is ready cancels the handler, and with it the
    /// answer that the handler has promised.
    pub fn run(self, request: Request) -> impl Future<Output = Reply> {
        let own_promise = OwnPromise::set_aside(&request);
        Running {
            outcome: Some(call(&self.handler, request)),
            own_promise,
        }
    }
}

/// What a wrapper itself has promised: set aside while the handler runs, so that neither takes the
/// other's promise for its own.
struct OwnPromise {
    request: Request,
    promise: Option<Pending>,
}

impl OwnPromise {
    fn set_aside(request: &Request) -> OwnPromise {
        OwnPromise {
            request: request.clone(),
            promise: request.parts().delayed.take(),
        }
    }
}

impl Drop for OwnPromise {
    fn drop(&mut self) {
        self.request.parts().delayed.replace(self.promise.take());
    }
}

struct Running {
    // Dropped in this order: a handler that is cancelled must not promise anything afterwards.
    outcome: Option<Outcome>,
    #[expect(dead_code, reason = "its drop gives the promise back")]
    own_promise: OwnPromise,
}

impl Future for Running {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        match self
            .outcome
            .take()
            .expect("a future is not polled after it is ready")
        {
            Outcome::Ready(reply) => Poll::Ready(reply),
            Outcome::Pending(mut future) => {
                let polled = future.as_mut().poll(context);
                if polled.is_pending() {
                    self.outcome = Some(Outcome::Pending(future));
                }
                polled
            }
        }
    }
}
