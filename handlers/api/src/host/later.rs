//! An answer in the making, and the promise that may take its place.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::opened::Going;
use super::parts_of;
use super::promise::Pending;
use crate::border::future::Imported;
use crate::{BoxFuture, Reply, Request};

/// A future of an answer. That of a module's function stands in it as it is: a box for each request
/// is what this saves.
pub struct Later {
    // Dropped in this order: a handler that is cancelled lets go of the request last.
    work: Work,
    /// The request whose promise counts when the work is done.
    watched: Option<Request>,
}

enum Work {
    Module(Going<Imported>),
    Promise(Pending),
    Other(BoxFuture<Reply>),
    Over,
}

impl Later {
    /// The answer that a future makes.
    pub fn new(future: impl Future<Output = Reply> + 'static) -> Later {
        Later::of(Work::Other(Box::pin(future)))
    }

    /// The answer that a function of a module makes.
    pub(super) fn of_module(future: Going<Imported>) -> Later {
        Later::of(Work::Module(future))
    }

    /// The answer that was promised.
    pub(super) fn of_promise(promise: Pending) -> Later {
        Later::of(Work::Promise(promise))
    }

    fn of(work: Work) -> Later {
        Later {
            work,
            watched: None,
        }
    }

    /// The same, unless another answer to this request is promised by then.
    pub(super) fn watching(mut self, request: &Request) -> Later {
        self.watched = Some(request.clone());
        self
    }
}

impl Future for Later {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        let reply = ready!(self.work.poll(context));
        // What is dropped may promise something, too.
        self.work = Work::Over;
        let watched = self.watched.take();
        let promise = watched.and_then(|request| parts_of(&request).delayed.take());
        let Some(promise) = promise else {
            return Poll::Ready(reply);
        };
        drop(reply);
        self.work = Work::Promise(promise);
        self.work.poll(context)
    }
}

impl Work {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Reply> {
        match self {
            Work::Module(future) => Pin::new(future).poll(context),
            Work::Promise(promise) => Pin::new(promise).poll(context),
            Work::Other(future) => future.as_mut().poll(context),
            Work::Over => panic!("a future is not polled after it is ready"),
        }
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later")
    }
}
