//! What woke up, and the threads that are at work: the part of the test's loop that threads see.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

/// The tasks that are to be polled, and the number of threads at work.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    woken: VecDeque<u64>,
    working: usize,
}

impl Queue {
    /// Says that a task is to be polled.
    pub(super) fn push(&self, task: u64) {
        let mut state = self.lock();
        if !state.woken.contains(&task) {
            state.woken.push_back(task);
        }
        self.changed.notify_all();
    }

    /// The next task to be polled.
    pub(super) fn pop(&self) -> Option<u64> {
        self.lock().woken.pop_front()
    }

    /// Whether a helper thread is at work.
    pub(super) fn is_working(&self) -> bool {
        self.lock().working > 0
    }

    /// Whether a task is to be polled.
    pub(super) fn is_woken(&self) -> bool {
        !self.lock().woken.is_empty()
    }

    /// Waits until something woke up or a thread has done its work, for `longest` at most.
    pub(super) fn wait(&self, longest: Duration) {
        let state = self.lock();
        let working = state.working;
        let is_same = |state: &mut State| state.woken.is_empty() && state.working == working;
        drop(self.changed.wait_timeout_while(state, longest, is_same));
    }

    /// Does this work on a thread.
    pub(super) fn work(self: &Arc<Self>, work: Box<dyn FnOnce() + Send>) {
        self.lock().working += 1;
        let working = Working(Arc::clone(self));
        std::thread::spawn(move || {
            let _working = working;
            work();
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Working(Arc<Queue>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.lock().working -= 1;
        self.0.changed.notify_all();
    }
}

/// Wakes one task, and tells whether anybody else can.
pub(super) struct Alarm {
    shared: Arc<Shared>,
}

struct Shared {
    task: u64,
    queue: Arc<Queue>,
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.queue.push(self.task);
    }
}

impl Alarm {
    /// The alarm of the task with this number.
    pub(super) fn new(task: u64, queue: &Arc<Queue>) -> Alarm {
        Alarm {
            shared: Arc::new(Shared {
                task,
                queue: Arc::clone(queue),
            }),
        }
    }

    pub(super) fn task(&self) -> u64 {
        self.shared.task
    }

    pub(super) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.shared))
    }

    /// Whether a waker of this task is still held by anybody.
    pub(super) fn is_held(&self) -> bool {
        Arc::strong_count(&self.shared) > 1
    }
}
