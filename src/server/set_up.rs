//! From a service to a server that listens: modules opened, SETUP called, doors opened, tasks begun.

use std::io;

use micro_api::host::{self, Function};
use mio::Token;

use super::application::{Site, function, mismatch};
use super::door::Door;
use super::error::plain;
use super::references::references;
use super::{DOOR_TOKENS, EveryTurn, ServeError, Server};
use crate::config::{Reference, Service};
use crate::registry::{Opened, Registry};

impl Server {
    pub(super) fn set_up(
        &mut self,
        service: &Service,
        registry: &Registry,
    ) -> Result<(), ServeError> {
        let _entered = self.enter();
        let opened = registry.open(&service.modules, &references(service), &service.config)?;
        for reference in &service.setups {
            let setup = job(&opened, reference)?;
            self.run_job(reference, &setup, |server| server.is_ending)?;
        }
        for reference in &service.teardowns {
            self.teardowns
                .push((reference.clone(), job(&opened, reference)?));
        }
        for reference in &service.turns {
            let Function::Turn(function) = function(&opened, reference)? else {
                return Err(mismatch(reference).into());
            };
            self.turns.push(EveryTurn {
                name: reference.clone(),
                function,
                failures: 0,
            });
        }
        self.listen(service, &opened)?;
        for task in &service.tasks {
            let (name, job) = (task.name.clone(), job(&opened, &task.function)?);
            let future = job(self.config.clone());
            log::debug!("task {name} begins");
            micro_api::spawn(async move {
                match future.await {
                    Ok(()) => log::info!("task {name} has ended"),
                    Err(error) => log::error!("task {name} has failed: {}", plain(&error)),
                }
            });
        }
        // Tasks begin before the first request is let in.
        self.go_on();
        Ok(())
    }

    fn listen(&mut self, service: &Service, opened: &Opened) -> Result<(), ServeError> {
        for listener in &service.listeners {
            let site = Site::new(listener, opened)?;
            let failed = |error: io::Error| ServeError::Listen {
                name: listener.name.clone(),
                address: format!("{}:{}", listener.host, listener.port),
                error,
            };
            let mut door = Door::open(listener).map_err(failed)?;
            let token = Token(DOOR_TOKENS + self.doors.len());
            door.register(&self.tools.registry, token).map_err(failed)?;
            let address = door.local_addr().map_err(failed)?;
            log::info!(
                "listening on {} port {} ({address})",
                listener.name,
                address.port()
            );
            self.tools.sites.push((site, listener.limits.clone()));
            self.names.push(listener.name.clone());
            self.doors.push(door);
        }
        Ok(())
    }
}

fn job(opened: &Opened, reference: &Reference) -> Result<host::Job, ServeError> {
    match function(opened, reference)? {
        Function::Job(job) => Ok(job),
        _ => Err(mismatch(reference).into()),
    }
}
