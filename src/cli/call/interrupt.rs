//! Ctrl-C while an answer is printed piece by piece: what has come is still recorded.

use std::future::{Future, poll_fn};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use signal_hook::consts::SIGINT;
use signal_hook::low_level::{emulate_default_handler, pipe};

/// Whether SIGINT has come, and whom to tell.
#[derive(Default)]
struct State {
    has_come: bool,
    waker: Option<Waker>,
}

/// Watches for SIGINT, which ends the program no more by itself.
#[derive(Clone)]
pub(super) struct Interrupt(Arc<Mutex<State>>);

impl Interrupt {
    /// # Errors
    ///
    /// If the system has no room for it.
    pub(super) fn watch() -> io::Result<Interrupt> {
        let (mut told, tell) = UnixStream::pair()?;
        pipe::register(SIGINT, tell)?;
        let interrupt = Interrupt(Arc::default());
        let state = Arc::clone(&interrupt.0);
        let watch = move || {
            if told.read_exact(&mut [0]).is_err() {
                return;
            }
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.has_come = true;
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        };
        thread::Builder::new().spawn(watch)?;
        Ok(interrupt)
    }

    /// Waits for a future; nothing if SIGINT comes first.
    pub(super) async fn or<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let first = |context: &mut Context<'_>| match self.poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => future.as_mut().poll(context).map(Some),
        };
        poll_fn(first).await
    }

    fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.has_come {
            return Poll::Ready(());
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Ends the program as SIGINT does, so that a shell does not go on with its next line.
pub(super) fn end() {
    let _ = emulate_default_handler(SIGINT);
}
