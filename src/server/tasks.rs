//! The futures that the loop runs: pending answers, and what was spawned beside them.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use micro_api::host::{Later, contain};
use micro_api::{BoxFuture, Error, IntoReply, Reply};
use slab::Slab;

use super::error::plain;
use super::wake::{Alarm, Sleeper};

/// All tasks of a loop.
pub(super) struct Tasks {
    tasks: Slab<Task>,
    alarm: Arc<Alarm>,
    next_number: u64,
}

struct Task {
    number: u64,
    /// Away while it is being polled.
    work: Option<Work>,
    waker: Waker,
}

/// A task that was started; it never comes to mean another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TaskId {
    key: usize,
    number: u64,
}

/// What a task does.
enum Work {
    /// It makes the answer for the session with this key.
    Answer(usize, Later),
    /// It answers nobody.
    Background(BoxFuture<()>),
}

impl Tasks {
    pub(super) fn new(alarm: Arc<Alarm>) -> Tasks {
        Tasks {
            tasks: Slab::new(),
            alarm,
            next_number: 0,
        }
    }

    /// Adds a task that makes the answer for the session with this key, and polls it for the first
    /// time: many are ready at once.
    pub(super) fn start(&mut self, session: usize, future: Later) -> Started {
        match self.add(Work::Answer(session, future)) {
            (_, Some(Done::Answer(_, reply))) => Started::Ready(reply),
            (task, _) => Started::Pending(task),
        }
    }

    /// Adds a task that answers nobody, and polls it for the first time.
    pub(super) fn start_background(&mut self, future: BoxFuture<()>) -> TaskId {
        self.add(Work::Background(future)).0
    }

    fn add(&mut self, work: Work) -> (TaskId, Option<Done>) {
        self.next_number += 1;
        let number = self.next_number;
        let entry = self.tasks.vacant_entry();
        let key = entry.key();
        let waker = self.alarm.waker(Sleeper::Task { key, number });
        entry.insert(Task {
            number,
            work: Some(work),
            waker,
        });
        (TaskId { key, number }, self.poll(key, number))
    }

    /// Polls a task that was woken; one that has ended since is not there any more.
    pub(super) fn poll(&mut self, key: usize, number: u64) -> Option<Done> {
        let task = self
            .tasks
            .get_mut(key)
            .filter(|task| task.number == number)?;
        let mut work = task.work.take()?;
        let waker = task.waker.clone();
        let done = work.poll(&mut Context::from_waker(&waker));
        if done.is_some() {
            self.tasks.remove(key);
            discard(work);
        } else if let Some(task) = self.tasks.get_mut(key) {
            task.work = Some(work);
        }
        done
    }

    /// Drops all tasks before their end.
    pub(super) fn clear(&mut self) {
        std::mem::take(&mut self.tasks)
            .into_iter()
            .for_each(|(_, task)| discard(task.work));
    }

    /// Drops a task before its end; one that has ended since is gone anyway.
    pub(super) fn cancel(&mut self, id: TaskId) {
        let task = self.tasks.get(id.key);
        if task.is_some_and(|task| task.number == id.number) {
            discard(self.tasks.remove(id.key).work);
        }
    }
}

/// How a new task stands after its first poll.
pub(super) enum Started {
    /// It is over already, with this answer.
    Ready(Reply),
    /// It goes on.
    Pending(TaskId),
}

/// The end of a task.
pub(super) enum Done {
    /// The answer for the session with this key.
    Answer(usize, Reply),
    /// Nothing to carry out.
    Background,
}

impl Work {
    fn poll(&mut self, context: &mut Context<'_>) -> Option<Done> {
        match self {
            Work::Answer(session, future) => {
                let reply = poll_guarded(future, context)?.unwrap_or_else(IntoReply::into_reply);
                Some(Done::Answer(*session, reply))
            }
            Work::Background(future) => {
                if let Err(error) = poll_guarded(future, context)? {
                    log::error!("a background task has failed: {}", plain(&error));
                }
                Some(Done::Background)
            }
        }
    }
}

/// Calls a handler's code; a panic in it is a failure like others.
pub(super) fn guard<T>(code: impl FnOnce() -> T) -> Result<T, Error> {
    contain(code).map_err(|panic| Error::internal(format!("panic: {panic}")))
}

/// Polls a handler's future to its end; a panic in it is a failure like others.
pub(super) async fn guarded<T>(mut future: BoxFuture<T>) -> Result<T, Error> {
    poll_fn(|context| {
        let polled = poll_guarded(&mut future, context);
        polled.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

fn poll_guarded<F: Future + Unpin>(
    future: &mut F,
    context: &mut Context<'_>,
) -> Option<Result<F::Output, Error>> {
    match guard(|| Pin::new(future).poll(context)) {
        Ok(Poll::Pending) => None,
        Ok(Poll::Ready(value)) => Some(Ok(value)),
        Err(error) => Some(Err(error)),
    }
}

/// Drops what belongs to a handler; a panic in a `drop` of its ends there.
pub(super) fn discard<T>(value: T) {
    if let Err(error) = guard(move || drop(value)) {
        log::error!("while dropping what a handler left: {}", plain(&error));
    }
}

/// Wakes what has waited. A waker may be a handler's own, and so may its panic.
pub(super) fn wake(waker: Waker) {
    if let Err(error) = guard(move || waker.wake()) {
        log::error!("while waking: {}", plain(&error));
    }
}
