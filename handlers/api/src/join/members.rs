//! The futures that are waited for together, and the wakers that tell them apart.

use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker, ready};

/// One of the futures, or what it gave.
pub(super) enum Member<F: IntoFuture> {
    Going(Pin<Box<F::IntoFuture>>),
    Done(F::Output),
}

impl<F: IntoFuture> Member<F> {
    pub(super) fn new(future: F) -> Member<F> {
        Member::Going(Box::pin(future.into_future()))
    }

    /// Polls it, and drops it when it is done.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Member::Going(future) = self {
            *self = Member::Done(ready!(future.as_mut().poll(context)));
        }
        Poll::Ready(())
    }

    /// What it gave.
    pub(super) fn expect(self) -> F::Output {
        match self {
            Member::Done(output) => output,
            Member::Going(_) => unreachable!("all are waited for"),
        }
    }
}

// The futures are in boxes, and what they give is not pinned.
impl<F: IntoFuture> Unpin for Member<F> {}

/// Who was woken, and whom that wakes.
pub(super) struct Members {
    shared: Arc<Shared>,
    /// The waker of each, as long as somebody holds it: it stays the same then.
    alarms: Vec<Weak<Alarm>>,
    /// Those that are ready. They may have been woken while they were polled for the last time.
    is_done: Vec<bool>,
    going: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    woken: Vec<usize>,
    is_woken: Vec<bool>,
    /// Whom to wake with the first one that is woken.
    waker: Option<Waker>,
}

impl Members {
    /// So many members, all of them to be polled first.
    pub(super) fn new(count: usize) -> Members {
        let state = State {
            woken: (0..count).collect(),
            is_woken: vec![true; count],
            waker: None,
        };
        Members {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
            }),
            alarms: (0..count).map(|_| Weak::new()).collect(),
            is_done: vec![false; count],
            going: count,
        }
    }

    /// Polls those that were woken; ready when all of them are. A member that is ready is not polled
    /// again.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        mut poll: impl FnMut(usize, &mut Context<'_>) -> Poll<()>,
    ) -> Poll<()> {
        for member in self.shared.take_woken(context.waker()) {
            if self.is_done[member] {
                continue;
            }
            let alarm = self.alarm(member);
            let waker = Waker::from(alarm);
            if poll(member, &mut Context::from_waker(&waker)).is_ready() {
                self.alarms[member] = Weak::new();
                self.is_done[member] = true;
                self.shared.lock().is_woken[member] = true;
                self.going -= 1;
            }
        }
        if self.going == 0 {
            return Poll::Ready(());
        }
        if Arc::strong_count(&self.shared) == 1 {
            // Nobody is left that could wake a member: nor is this waker of any use.
            let idle = self.shared.lock().waker.take();
            drop(idle);
        }
        Poll::Pending
    }

    fn alarm(&mut self, member: usize) -> Arc<Alarm> {
        self.alarms[member].upgrade().unwrap_or_else(|| {
            let alarm = Arc::new(Alarm {
                member,
                shared: Arc::clone(&self.shared),
            });
            self.alarms[member] = Arc::downgrade(&alarm);
            alarm
        })
    }
}

impl Shared {
    /// Those that were woken since the last time. The next one wakes `waker`.
    fn take_woken(&self, waker: &Waker) -> Vec<usize> {
        // The clone and the `drop` of a waker are foreign code, so the lock is free meanwhile.
        let waker = waker.clone();
        let mut state = self.lock();
        let replaced = state.waker.replace(waker);
        let woken = std::mem::take(&mut state.woken);
        for member in &woken {
            state.is_woken[*member] = false;
        }
        drop(state);
        drop(replaced);
        woken
    }

    // Nothing that can panic runs under this lock, so a poisoned one is still whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes one member.
struct Alarm {
    member: usize,
    shared: Arc<Shared>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.shared.lock();
        if std::mem::replace(&mut state.is_woken[self.member], true) {
            return;
        }
        state.woken.push(self.member);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }
}
