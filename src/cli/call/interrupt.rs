//! SIGINT or SIGTERM while an answer is printed piece by piece: what has come is still recorded.

use std::future::{Future, poll_fn};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::{emulate_default_handler, pipe};

/// Which signal has come first, and whom to tell.
#[derive(Default)]
struct State {
    come: Option<i32>,
    waker: Option<Waker>,
}

/// Watches for the signals, which end the program no more by themselves.
#[derive(Clone)]
pub(super) struct Interrupt(Arc<Mutex<State>>);

impl Interrupt {
    /// # Errors
    ///
    /// If the system has no room for it.
    pub(super) fn watch() -> io::Result<Interrupt> {
        let interrupt = Interrupt(Arc::default());
        for signal in [SIGINT, SIGTERM] {
            interrupt.watch_for(signal)?;
        }
        Ok(interrupt)
    }

    // A pipe does not say which signal was written into it, so each has its own.
    fn watch_for(&self, signal: i32) -> io::Result<()> {
        let (mut told, tell) = UnixStream::pair()?;
        pipe::register(signal, tell)?;
        let state = Arc::clone(&self.0);
        let watch = move || {
            if told.read_exact(&mut [0]).is_err() {
                return;
            }
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.come.get_or_insert(signal);
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        };
        thread::Builder::new().spawn(watch)?;
        Ok(())
    }

    /// Waits for a future.
    ///
    /// # Errors
    ///
    /// If a signal comes first: which one.
    pub(super) async fn or<T>(&self, future: impl Future<Output = T>) -> Result<T, i32> {
        let mut future = pin!(future);
        let first = |context: &mut Context<'_>| match self.poll(context) {
            Poll::Ready(signal) => Poll::Ready(Err(signal)),
            Poll::Pending => future.as_mut().poll(context).map(Ok),
        };
        poll_fn(first).await
    }

    fn poll(&self, context: &Context<'_>) -> Poll<i32> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signal) = state.come {
            return Poll::Ready(signal);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Ends the program as the signal does, so that a shell does not go on with its next line.
pub(super) fn end(signal: i32) {
    let _ = emulate_default_handler(signal);
}
