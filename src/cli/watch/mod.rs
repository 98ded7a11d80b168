//! `micro run --watch`: what a service is made of is looked at now and then, and read anew when it
//! has changed.

mod files;
mod looks;
mod start;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use self::files::{Files, files_of};
use self::looks::{Change, Looks};
use self::start::Start;
use super::logging;
use super::output::complain;
use crate::config::{Log, Service};
use crate::directives::Loaded;
use crate::files::Stamp;
use crate::registry::Registry;
use crate::{Micro, Reload, Reloader, Running, ServeError, StartError};

/// How often files are looked at.
const INTERVAL: Duration = Duration::from_millis(200);

/// Serves a definition and what comes of it, once it can be served.
pub(super) fn serve(micro: Micro, is_verbose: bool) -> Result<(), StartError> {
    let mut start = Start::new(&micro, is_verbose);
    let (mut running, loaded) = start.succeed()?;
    watch(&mut running, micro, &loaded, is_verbose);
    running.run()
}

/// Watches what `loaded` was read from, which `running` serves.
fn watch(running: &mut Running, micro: Micro, loaded: &Loaded, is_verbose: bool) {
    let (tell_files, files) = mpsc::channel();
    let (tell_changes, changes) = mpsc::channel();
    let service = loaded.service.as_ref();
    let watch = Watch {
        micro,
        log: service.map_or_else(Log::default, |service| service.log.clone()),
        is_verbose,
        files: tell_files,
        changes,
        coming: VecDeque::new(),
    };
    watch.look_at(loaded);
    let reloader = running.reload_from(watch);
    let thread = thread::Builder::new().name("micro-watch".to_owned());
    if let Err(error) = thread.spawn(move || look(&files, &tell_changes, &reloader)) {
        complain(format_args!(
            "error: cannot start the thread that watches the files: {error}\n"
        ));
    }
}

/// Looks at the files until nobody wants to know any more.
fn look(files: &Receiver<Files>, changes: &Sender<Vec<Change>>, reloader: &Reloader) {
    let mut looks = Looks::new();
    loop {
        match files.recv_timeout(INTERVAL) {
            Ok(files) => looks.watch(files),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let changed = looks.look(Stamp::of);
                if !changed.is_empty() && changes.send(changed).is_ok() {
                    reloader.reload();
                }
            }
        }
    }
}

/// Reads a definition anew when something has changed.
struct Watch {
    micro: Micro,
    /// How the service that serves logs.
    log: Log,
    is_verbose: bool,
    /// To the thread that looks: the files.
    files: Sender<Files>,
    /// From it: what has changed.
    changes: Receiver<Vec<Change>>,
    /// The services that are made ready.
    coming: VecDeque<Coming>,
}

/// A service that is to take over.
struct Coming {
    /// What has become of files.
    changed: String,
    /// How it logs.
    log: Log,
}

impl Watch {
    fn look_at(&self, loaded: &Loaded) {
        // Without a thread that looks, nobody listens.
        let _ = self.files.send(files_of(loaded));
    }

    /// What has become of files, in words.
    fn take_changes(&self) -> String {
        // What came of a file last counts.
        let changes = self.changes.try_iter().flatten();
        let changes: BTreeMap<PathBuf, bool> = changes
            .map(|change| (change.path, change.is_removed))
            .collect();
        let names = |removed: bool| {
            let those = changes.iter().filter(|(_, is)| **is == removed);
            let names = those.map(|(path, _)| path.display().to_string());
            names.collect::<Vec<_>>().join(", ")
        };
        let said = [(names(false), "changed"), (names(true), "removed")];
        let said = said.iter().filter(|(names, _)| !names.is_empty());
        let said = said.map(|(names, what)| format!("{names} {what}"));
        said.collect::<Vec<_>>().join(", ")
    }
}

impl Reload for Watch {
    fn next(&mut self) -> Option<(Service, &Registry)> {
        let changed = self.take_changes();
        let loaded = self.micro.load_again();
        self.look_at(&loaded);
        match self.micro.expect_service(&loaded) {
            Ok(service) => {
                complain(loaded.render());
                let log = service.log.clone();
                self.coming.push_back(Coming { changed, log });
                Some((service.clone(), self.micro.registry()))
            }
            Err(error) => {
                complain(error);
                log::error!(target: "micro", "{changed}, and there are errors: the old service goes on");
                None
            }
        }
    }

    fn report(&mut self, result: Result<(), ServeError>) {
        let Some(Coming { changed, log }) = self.coming.pop_front() else {
            return;
        };
        match result {
            Ok(()) => {
                logging::follow(&self.log, &log, self.is_verbose);
                self.log = log;
                log::info!(target: "micro", "{changed}: the new service serves");
            }
            Err(error) => {
                complain(format_args!("{}\n", StartError::from(error)));
                log::error!(target: "micro", "{changed}, but the new service cannot be served: the old one goes on");
            }
        }
    }
}
