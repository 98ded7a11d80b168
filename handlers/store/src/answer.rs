//! The result of work that a database does on another thread.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::stage::{Asker, Stage};
use crate::{Error, ErrorKind};

/// What work will have given once it is done: to be awaited by handlers, or on a thread of one's
/// own [waited for](Answer::wait). Work that nobody waits for any more is not begun; once begun it
/// comes to its end, though nobody may hear of it.
#[must_use = "work that nobody waits for is not begun"]
pub struct Answer<T> {
    receiver: oneshot::Receiver<Result<T, Error>>,
    asker: Asker,
}

/// Where the result goes.
pub(crate) type Sender<T> = oneshot::Sender<Result<T, Error>>;

impl<T> Answer<T> {
    pub(crate) fn pair() -> (Sender<T>, Arc<Stage>, Answer<T>) {
        let (sender, receiver) = oneshot::channel();
        let stage = Arc::<Stage>::default();
        let asker = Asker::new(Arc::clone(&stage));
        (sender, stage, Answer { receiver, asker })
    }

    /// Blocks the thread until the work is done. Not for handlers.
    ///
    /// # Errors
    ///
    /// As the work, or as the database.
    pub fn wait(self) -> Result<T, Error> {
        let Answer { receiver, asker } = self;
        let result = receiver.recv();
        drop(asker);
        result.unwrap_or_else(|_| Err(closed()))
    }
}

impl<T> IntoFuture for Answer<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Awaited<T>;

    fn into_future(self) -> Awaited<T> {
        Awaited {
            receiver: self.receiver.into_future(),
            _asker: self.asker,
        }
    }
}

/// An [`Answer`] that is awaited.
pub struct Awaited<T> {
    receiver: oneshot::AsyncReceiver<Result<T, Error>>,
    _asker: Asker,
}

impl<T> Future for Awaited<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let result = Pin::new(&mut self.receiver).poll(context);
        result.map(|result| result.unwrap_or_else(|_| Err(closed())))
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the database was closed")
}
