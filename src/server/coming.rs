//! A service that is made ready to take over: modules opened, functions found, SETUP called. It
//! has no socket yet, and touches nothing of the service that serves meanwhile.

use std::rc::Rc;
use std::task::{Context, Poll};

use micro_api::Config;
use micro_api::host::{self, Function};

use super::ServeError;
use super::application::{Site, function, mismatch};
use super::calls::Connected;
use super::generation::{EveryTurn, Generation};
use super::jobs::Jobs;
use super::references::references;
use super::runtime::LoopRuntime;
use super::tasks::{discard, guard};
use crate::config::{Listener, Reference, Service};
use crate::registry::{Opened, Registry};

/// A service that is to take over.
pub(super) struct Coming {
    /// Where it is to listen, and what answers there.
    pub(super) sites: Vec<(Listener, Site)>,
    /// The rest of it. Its tasks have not begun.
    pub(super) generation: Generation,
    /// The names of its tasks and what they run.
    pub(super) tasks: Vec<(String, host::Job)>,
    setups: Jobs,
}

impl Coming {
    /// Opens the modules that a service uses, and finds its functions.
    ///
    /// # Errors
    ///
    /// If a module cannot be opened, or a function is not there.
    pub(super) fn new(
        service: &Service,
        registry: &Registry,
        runtime: &Rc<LoopRuntime>,
    ) -> Result<Coming, ServeError> {
        // A service may be served more than once, each time with connections of its own.
        let config = host::fresh_config(&service.config);
        // Modules are a handler's code, and so are their states when they are dropped again.
        guard(|| {
            let opened = registry.open(&service.modules, &references(service), &config)?;
            let coming = Coming::of(service, &opened, config, runtime);
            discard(opened);
            coming
        })?
    }

    fn of(
        service: &Service,
        opened: &Opened,
        config: Config,
        runtime: &Rc<LoopRuntime>,
    ) -> Result<Coming, ServeError> {
        let connected = Connected::open(service, opened, config.clone(), runtime)?;
        let sites = service.listeners.iter().map(|listener| {
            let site = Site::new(listener, opened)?;
            Ok((listener.clone(), site))
        });
        let turns = service.turns.iter().map(|reference| {
            let Function::Turn(turn) = function(opened, reference)? else {
                return Err(ServeError::from(mismatch(reference)));
            };
            Ok(EveryTurn::new(reference.clone(), turn))
        });
        let tasks = service.tasks.iter().map(|task| {
            let job = find_job(opened, &task.function)?;
            Ok::<_, ServeError>((task.name.clone(), job))
        });
        Ok(Coming {
            setups: Jobs::new(find_jobs(opened, &service.setups)?, config.clone()),
            generation: Generation {
                turns: turns.collect::<Result<_, _>>()?,
                teardowns: find_jobs(opened, &service.teardowns)?,
                tasks: Vec::new(),
                connected: Some(connected),
                context: Rc::new(host::Context { config }),
            },
            tasks: tasks.collect::<Result<_, _>>()?,
            sites: sites.collect::<Result<_, ServeError>>()?,
        })
    }

    /// Goes on with the SETUP functions; ready when all have been called, or one has failed.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ServeError>> {
        loop {
            match self.setups.poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(Ok(()))) => {}
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Gives it up while a SETUP function is at work: how that has failed then.
    pub(super) fn give_up(mut self, why: &'static str) -> ServeError {
        let error = self.setups.give_up(why);
        discard(self);
        error.unwrap_or(ServeError::GivenUp(why))
    }
}

fn find_jobs(
    opened: &Opened,
    references: &[Reference],
) -> Result<Vec<(Reference, host::Job)>, ServeError> {
    let found = |reference: &Reference| Ok((reference.clone(), find_job(opened, reference)?));
    references.iter().map(found).collect()
}

fn find_job(opened: &Opened, reference: &Reference) -> Result<host::Job, ServeError> {
    match function(opened, reference)? {
        Function::Job(job) => Ok(job),
        _ => Err(mismatch(reference).into()),
    }
}
