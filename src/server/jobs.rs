//! SETUP and TEARDOWN: functions that the loop runs for by itself, and not for ever.

use std::pin::pin;
use std::task::Poll;

use micro_api::Error;
use micro_api::host::Job;

use super::tasks::guard;
use super::wake::Sleeper;
use super::{ServeError, Server};
use crate::config::Reference;

impl Server {
    /// Runs a function to its end, unless the loop is told to give it up.
    pub(super) fn run_job(
        &mut self,
        reference: &Reference,
        job: &Job,
        is_given_up: impl Fn(&Server) -> bool,
    ) -> Result<(), ServeError> {
        let failed = |error| ServeError::Job {
            name: reference.to_string(),
            error,
        };
        let waker = self.tools.alarm.waker(Sleeper::Waiter);
        let mut future = pin!(job(self.config.clone()));
        loop {
            match guard(|| self.poll_waiter(future.as_mut(), &waker)).map_err(failed)? {
                Poll::Ready(result) => return result.map_err(failed),
                Poll::Pending if is_given_up(self) => {
                    return Err(failed(Error::internal(
                        "it was given up, because the service ends",
                    )));
                }
                Poll::Pending => self.turn()?,
            }
        }
    }

    /// Calls every TEARDOWN function, within the grace time; the first failure is that of all.
    pub(super) fn tear_down(&mut self) -> Result<(), ServeError> {
        let mut result = Ok(());
        self.is_cut = false;
        if !self.teardowns.is_empty() {
            self.set_grace();
        }
        for (reference, job) in std::mem::take(&mut self.teardowns) {
            let done = self.run_job(&reference, &job, |server| server.is_cut);
            if let Err(error) = &done {
                log::error!("{error}");
            }
            result = result.and(done);
        }
        log::info!("ended");
        result
    }
}
