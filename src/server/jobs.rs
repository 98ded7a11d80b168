//! SETUP and TEARDOWN: functions that are called one after another, while the loop turns.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use micro_api::host::Job;
use micro_api::{BoxFuture, Config, Error};

use super::ServeError;
use super::tasks::{discard, guard};
use crate::config::Reference;

/// Functions that are called one after another.
pub(super) struct Jobs {
    waiting: VecDeque<(Reference, Job)>,
    config: Config,
    current: Option<(Reference, BoxFuture<Result<(), Error>>)>,
}

impl Jobs {
    pub(super) fn new(jobs: Vec<(Reference, Job)>, config: Config) -> Jobs {
        Jobs {
            waiting: jobs.into(),
            config,
            current: None,
        }
    }

    /// Goes on; ready with how the next function came out, and with `None` after the last one.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<(), ServeError>>> {
        if self.current.is_none() {
            let Some((reference, job)) = self.waiting.pop_front() else {
                return Poll::Ready(None);
            };
            match guard(|| job(self.config.clone())) {
                Ok(future) => self.current = Some((reference, future)),
                Err(error) => return Poll::Ready(Some(Err(failed(&reference, error)))),
            }
        }
        let Some((_, future)) = &mut self.current else {
            return Poll::Ready(None);
        };
        let done = match guard(|| future.as_mut().poll(context)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(result)) => result,
            Err(error) => Err(error),
        };
        Poll::Ready(
            self.end()
                .map(|reference| done.map_err(|error| failed(&reference, error))),
        )
    }

    /// Gives up the function that is at work: how it has failed then.
    pub(super) fn give_up(&mut self, why: &str) -> Option<ServeError> {
        let reference = self.end()?;
        let error = Error::internal(format!("it was given up, because {why}"));
        Some(failed(&reference, error))
    }

    fn end(&mut self) -> Option<Reference> {
        let (reference, future) = self.current.take()?;
        discard(future);
        Some(reference)
    }
}

fn failed(reference: &Reference, error: Error) -> ServeError {
    ServeError::Job {
        name: reference.to_string(),
        error,
    }
}
