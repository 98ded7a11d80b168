//! Waiting on a thread, until it is time to give up.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

/// Blocks this thread until the future is ready, which tells what it is ready with; or until it is
/// time, if there is one.
pub(crate) fn wait_until<T>(
    deadline: Option<Instant>,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        let Some(deadline) = deadline else {
            thread::park();
            continue;
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Parked>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::future::{IntoFuture, pending};
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_ready_in_time_is_told() {
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || sender.send(7));
        let far = Instant::now() + Duration::from_secs(60);
        assert_eq!(wait_until(Some(far), receiver.into_future()), Some(Ok(7)));
        assert_eq!(wait_until(None, async { 8 }), Some(8));
    }

    #[test]
    fn what_never_comes_is_given_up() {
        let soon = Instant::now() + Duration::from_millis(20);
        assert_eq!(wait_until(Some(soon), pending::<()>()), None);
        assert!(Instant::now() >= soon);
    }
}
