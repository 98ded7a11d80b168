//! The result of work that a database does on another thread.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::alarms::Alarm;
use crate::patience::Patience;
use crate::stage::{Asker, Stage};
use crate::{Error, ErrorKind};

/// What work will have given once it is done: to be awaited by handlers, or on a thread of one's
/// own [waited for](Answer::wait). Work that nobody waits for any more is not begun; once begun it
/// comes to its end, though nobody may hear of it.
///
/// Awaiting it fails after [`Limits::answer_timeout`](crate::Limits::answer_timeout), or what
/// [`within`](Answer::within) says: as [busy](ErrorKind::Busy) if the work was not begun, and then it
/// never is, or if it only reads; else it is [uncertain](ErrorKind::Uncertain) whether it will be done.
/// The time runs from when it is first awaited.
#[must_use = "work that nobody waits for is not begun"]
pub struct Answer<T> {
    receiver: oneshot::Receiver<Result<T, Error>>,
    asker: Asker,
    patience: Patience,
}

/// Where the result goes.
pub(crate) type Sender<T> = oneshot::Sender<Result<T, Error>>;

impl<T> Answer<T> {
    pub(crate) fn pair(patience: Patience) -> (Sender<T>, Arc<Stage>, Answer<T>) {
        let (sender, receiver) = oneshot::channel();
        let stage = Arc::<Stage>::default();
        let answer = Answer {
            receiver,
            asker: Asker::new(Arc::clone(&stage)),
            patience,
        };
        (sender, stage, answer)
    }

    /// Awaits it for as long as this says; `Duration::MAX` is for ever.
    pub fn within(mut self, limit: Duration) -> Answer<T> {
        self.patience.limit = limit;
        self
    }

    /// Blocks the thread until the work is done, however long that takes. Not for handlers.
    ///
    /// # Errors
    ///
    /// As the work, or as the database.
    pub fn wait(self) -> Result<T, Error> {
        let Answer {
            receiver, asker, ..
        } = self;
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
            asker: self.asker,
            patience: self.patience,
            alarm: None,
        }
    }
}

/// An [`Answer`] that is awaited.
pub struct Awaited<T> {
    receiver: oneshot::AsyncReceiver<Result<T, Error>>,
    asker: Asker,
    patience: Patience,
    alarm: Option<Alarm>,
}

impl<T> Future for Awaited<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(result) = Pin::new(&mut self.receiver).poll(context) {
            return Poll::Ready(result.unwrap_or_else(|_| Err(closed())));
        }
        match &self.alarm {
            None => self.alarm = self.patience.alarm(context.waker()),
            Some(alarm) if alarm.is_due() => {
                let is_begun = self.asker.give_up();
                return Poll::Ready(Err(self.patience.exhausted(is_begun)));
            }
            Some(alarm) => alarm.wake(context.waker()),
        }
        Poll::Pending
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the database was closed")
}
