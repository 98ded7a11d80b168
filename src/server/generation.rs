//! What a service has beside its listeners: its settings, its tasks, and functions to call.

use std::rc::Rc;

use micro_api::host::{Context, Job, Turn};

use super::calls::Connected;
use super::error::plain;
use super::tasks::{TaskId, guard};
use crate::config::Reference;

/// What belongs to the service that serves now, and is replaced when another one takes over.
pub(super) struct Generation {
    /// What all of its requests share.
    pub(super) context: Rc<Context>,
    /// Its connections, for all who have its settings.
    pub(super) connected: Option<Connected>,
    /// The TASK functions that were started.
    pub(super) tasks: Vec<TaskId>,
    /// The USER functions.
    pub(super) turns: Vec<EveryTurn>,
    /// The TEARDOWN functions.
    pub(super) teardowns: Vec<(Reference, Job)>,
}

/// A USER function.
pub(super) struct EveryTurn {
    name: Reference,
    function: Turn,
    failures: u64,
}

impl Generation {
    /// The generation of no service.
    pub(super) fn none() -> Generation {
        Generation {
            context: Rc::default(),
            connected: None,
            tasks: Vec::new(),
            turns: Vec::new(),
            teardowns: Vec::new(),
        }
    }
}

impl EveryTurn {
    pub(super) fn new(name: Reference, function: Turn) -> EveryTurn {
        EveryTurn {
            name,
            function,
            failures: 0,
        }
    }

    /// Calls the function; a failure is logged.
    pub(super) fn call(&mut self) {
        let Err(error) = guard(|| (self.function)()).and_then(|done| done) else {
            return;
        };
        self.failures += 1;
        // It fails many times a second, if it does.
        if self.failures.is_power_of_two() {
            let (name, failures) = (&self.name, self.failures);
            log::error!(
                "USER `{name}` has failed, {failures} times: {}",
                plain(&error)
            );
        }
    }
}
