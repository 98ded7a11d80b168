//! How long a step may take, and a whole call.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use micro_api::sleep;

/// The time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeOver;

/// Gives what a future gives, unless it takes longer; zero is for ever.
pub(super) async fn within<T>(
    limit: Duration,
    future: impl Future<Output = T>,
) -> Result<T, TimeOver> {
    if limit.is_zero() {
        return Ok(future.await);
    }
    let (mut future, mut end) = (pin!(future), pin!(sleep(limit)));
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Ok(value)),
        Poll::Pending => end.as_mut().poll(context).map(|()| Err(TimeOver)),
    })
    .await
}

/// How long a peer may be silent: the time starts anew whenever something goes on.
pub(super) struct Silence {
    limit: Duration,
    end: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Silence {
    /// Zero is for ever.
    pub(super) fn new(limit: Duration) -> Silence {
        Silence { limit, end: None }
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Something goes on.
    pub(super) fn is_broken(&mut self) {
        self.end = None;
    }

    /// Ready when it has lasted too long; begins with the first poll after it was broken.
    pub(super) fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.limit.is_zero() {
            return Poll::Pending;
        }
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(self.limit)));
        ready!(end.as_mut().poll(context));
        self.end = None;
        Poll::Ready(())
    }
}
