//! How long a step may take, and a whole call.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use micro_api::sleep;

/// Gives what a future gives, unless it takes longer; zero is for ever. What is given instead is
/// known before the future is dropped.
///
/// The future is its caller's: one that were handed in would take its room twice.
pub(super) async fn within<T>(
    limit: Duration,
    mut future: Pin<&mut impl Future<Output = T>>,
    instead: impl Fn() -> T,
) -> T {
    if limit.is_zero() {
        return future.await;
    }
    let mut end = pin!(sleep(limit));
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(value),
        Poll::Pending => end.as_mut().poll(context).map(|()| instead()),
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
    pub(super) fn interrupt(&mut self) {
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
