//! A service whose definition is edited while it serves.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};

use micro::config::Service;
use micro::registry::Registry;
use micro::{Micro, Reload, Reloader, ServeError};

use crate::support::{self, DEADLINE};

/// A service under test, and how to give it another definition.
pub struct Edited {
    pub service: support::Service,
    pub reloader: Reloader,
    definition: Arc<Mutex<String>>,
    told: Receiver<Result<(), String>>,
}

/// Serves this definition, which has a `SERVER test 0 host=127.0.0.1`, with modules that `build`
/// makes, anew for each definition.
pub fn serve(build: impl Fn() -> Micro + Send + 'static, definition: &str) -> Edited {
    let (tell, told) = mpsc::channel();
    let (give, given) = mpsc::channel();
    let definition = Arc::new(Mutex::new(definition.to_owned()));
    let read = Arc::clone(&definition);
    let service = support::serve_started("test", move || {
        let text = read.lock().expect("nobody panics").clone();
        let micro = build().text("first", text);
        let mut running = micro.start()?;
        let source = Source {
            build: Box::new(build),
            definition: read,
            micro,
            tell,
        };
        give.send(running.reload_from(source))
            .expect("the test waits for it");
        Ok(running)
    });
    Edited {
        service,
        reloader: given.recv_timeout(DEADLINE).expect("it has started"),
        definition,
        told,
    }
}

impl Edited {
    /// Has another definition take over, and says what came of it.
    pub fn change(&self, definition: &str) -> Result<(), String> {
        self.begin_to_change(definition);
        self.outcome()
    }

    /// The same, without waiting.
    pub fn begin_to_change(&self, definition: &str) {
        definition.clone_into(&mut self.definition.lock().expect("nobody panics"));
        self.reloader.reload();
    }

    /// What came of the next change.
    pub fn outcome(&self) -> Result<(), String> {
        self.told.recv_timeout(DEADLINE).expect("it is reported")
    }
}

struct Source {
    build: Box<dyn Fn() -> Micro>,
    definition: Arc<Mutex<String>>,
    micro: Micro,
    tell: Sender<Result<(), String>>,
}

impl Source {
    fn tell(&self, result: Result<(), String>) {
        // A test may have seen enough.
        let _ = self.tell.send(result);
    }
}

impl Reload for Source {
    fn next(&mut self) -> Option<(Service, &Registry)> {
        let text = self.definition.lock().expect("nobody panics").clone();
        self.micro = (self.build)().text("next", text);
        let loaded = self.micro.load();
        match self.micro.expect_service(&loaded) {
            Ok(service) => Some((service.clone(), self.micro.registry())),
            Err(error) => {
                self.tell(Err(error.to_string()));
                None
            }
        }
    }

    fn report(&mut self, result: Result<(), ServeError>) {
        self.tell(result.map_err(|error| error.to_string()));
    }
}
