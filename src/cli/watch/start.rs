//! The start of a service that is watched: what cannot be served yet may be mended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::emulate_default_handler;

use super::INTERVAL;
use super::files::{can_change, files_of, tell_unwatched};
use super::looks::Looks;
use crate::cli::output::complain;
use crate::cli::{logging, run};
use crate::config::Log;
use crate::directives::Loaded;
use crate::files::Stamp;
use crate::server::ServeError;
use crate::{Micro, Running, StartError};

/// A service that is started until it succeeds.
pub(super) struct Start<'m> {
    micro: &'m Micro,
    is_verbose: bool,
    /// How the last one logs that could have been served.
    log: Option<Log>,
    /// The signal that asked to end, or 0.
    end: Arc<AtomicUsize>,
}

impl Start<'_> {
    pub(super) fn new(micro: &Micro, is_verbose: bool) -> Start<'_> {
        Start {
            micro,
            is_verbose,
            log: None,
            end: Arc::default(),
        }
    }

    /// Starts the service; what is wrong with it is told, and it is tried again after a change.
    pub(super) fn succeed(&mut self) -> Result<(Running, Loaded), StartError> {
        let mut loaded = self.micro.load_to_start();
        tell_unwatched(&loaded);
        loop {
            let error = match self.attempt(&loaded) {
                Ok(running) => {
                    complain(loaded.render());
                    return Ok((running, loaded));
                }
                Err(error) => error,
            };
            match &error {
                StartError::Definition(mistakes) if can_change(&loaded) => complain(mistakes),
                StartError::Serve(
                    ServeError::Listen { .. }
                    | ServeError::Job { .. }
                    | ServeError::Module(_)
                    | ServeError::Function(_),
                ) if can_change(&loaded) => complain(format_args!("{error}\n")),
                _ => return Err(error),
            }
            complain("nothing is served yet: waiting for a change\n");
            self.wait_for_change(&loaded);
            loaded = self.micro.load_again();
            self.end_if_asked();
        }
    }

    fn attempt(&mut self, loaded: &Loaded) -> Result<Running, StartError> {
        let service = self.micro.expect_service(loaded)?;
        match self.log.replace(service.log.clone()) {
            Some(log) => logging::follow(&log, &service.log, self.is_verbose),
            None => {
                run::prepare(&service.log, self.is_verbose);
                self.heed_signals()?;
            }
        }
        self.micro.start_loaded(loaded)
    }

    /// Notes signals that ask to end. Those that a server has seen end nothing by themselves any
    /// more when it is gone.
    fn heed_signals(&self) -> Result<(), ServeError> {
        for signal in [SIGTERM, SIGINT] {
            let number = usize::try_from(signal).expect("it is positive");
            flag::register_usize(signal, Arc::clone(&self.end), number)?;
        }
        Ok(())
    }

    /// Waits until something that `loaded` was read from has changed. A signal ends the process.
    fn wait_for_change(&self, loaded: &Loaded) {
        let mut looks = Looks::new();
        looks.watch(files_of(loaded));
        while looks.look(Stamp::of).is_empty() {
            self.end_if_asked();
            thread::sleep(INTERVAL);
        }
    }

    fn end_if_asked(&self) {
        let signal = self.end.load(Ordering::SeqCst);
        if let (1.., Ok(signal)) = (signal, i32::try_from(signal)) {
            logging::finish();
            // It ends the process, as the signal would have without us.
            if let Err(error) = emulate_default_handler(signal) {
                complain(format_args!("error: {error}\n"));
                std::process::exit(1);
            }
        }
    }
}
