//! A piece of work on its way to a database's thread, with the one who waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use micro_api::host::panic_text;

use crate::answer::{Answer, Sender};
use crate::patience::Patience;
use crate::stage::Stage;
use crate::{Error, ErrorKind, Transaction};

/// Work that may be tried again, until its result is told.
pub(crate) trait Work: Send {
    /// How far it has come.
    fn stage(&self) -> &Stage;

    /// Whether nothing else is done in the same transaction.
    fn is_alone(&self) -> bool;

    /// Does the work, and keeps the result; tells whether it succeeded.
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), Error>;

    /// Tells the result, or else that it came to nothing.
    fn tell(self: Box<Self>, outcome: Result<(), Error>);
}

struct Waited<T, F> {
    job: F,
    result: Option<Result<T, Error>>,
    sender: Sender<T>,
    stage: Arc<Stage>,
    is_alone: bool,
}

/// Makes work of a function, whose answer is awaited for so long; either in company or alone.
pub(crate) fn work<T, F>(patience: Patience, is_alone: bool, job: F) -> (Box<dyn Work>, Answer<T>)
where
    T: Send + 'static,
    F: FnMut(&mut Transaction<'_>) -> Result<T, Error> + Send + 'static,
{
    let (sender, stage, answer) = Answer::pair(patience);
    let work = Waited {
        job,
        result: None,
        sender,
        stage,
        is_alone,
    };
    (Box::new(work), answer)
}

impl<T, F> Work for Waited<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut Transaction<'_>) -> Result<T, Error> + Send + 'static,
{
    fn stage(&self) -> &Stage {
        &self.stage
    }

    fn is_alone(&self) -> bool {
        self.is_alone
    }

    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let job = &mut self.job;
        let result = catch_unwind(AssertUnwindSafe(|| job(transaction)));
        let result = result.unwrap_or_else(|panic| {
            let why = format!("panic in the work of a database: {}", panic_text(&*panic));
            Err(Error::new(ErrorKind::Broken, why))
        });
        let outcome = result.as_ref().map(|_| ()).map_err(Error::share);
        self.result = Some(result);
        outcome
    }

    fn tell(self: Box<Self>, outcome: Result<(), Error>) {
        let result = match (outcome, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(Error::new(ErrorKind::Broken, "the work was never done")),
            (Err(error), _) => Err(error),
        };
        // Nobody may be waiting any more.
        let _ = self.sender.send(result);
    }
}
