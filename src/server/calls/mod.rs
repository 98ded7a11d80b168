//! Calls of other services: the CONNECTIONs of a service while it runs.
//!
//! A call is a future: it is prepared, gets a [link](link), talks over it and lets go of it. The
//! loop tells the [sockets](socket) what happens, and these wake the calls. What is said on a link
//! is the business of `client`.

mod call;
mod callee;
mod content;
mod conversation;
mod dial;
mod failure;
mod functions;
mod line;
mod link;
mod links;
mod nesting;
mod order;
mod resolver;
mod socket;
mod stream;
mod time;
mod transform;

use std::cell::Cell;
use std::rc::Rc;

use micro_api::host::{self, Call, call_failure, set_connections};
use micro_api::{BoxFuture, CallErrorKind, Config, Error, Reply};

pub(super) use self::socket::Sockets;

use self::call::Calling;
use self::callee::{Callee, Common};
use self::nesting::Nesting;
use self::resolver::Resolver;
use super::ServeError;
use super::runtime::LoopRuntime;
use crate::config::Service;
use crate::diagnostics::nearest;
use crate::registry::Opened;
use crate::tls::SystemRoots;

/// The CONNECTIONs of a service.
struct Calls {
    // Few, and asked for by name: a list is faster than a table.
    callees: Vec<Rc<Callee>>,
    runtime: Rc<LoopRuntime>,
    next_number: Cell<u64>,
    nesting: Nesting,
}

/// What holds the connections of a service open for all who have its settings; dropped, it closes
/// them. Connections have functions, which have states, which may have the settings: none of them
/// would ever go by itself.
pub(super) struct Connected {
    config: Config,
}

impl Connected {
    /// Opens the connections of a service for all who have its settings.
    ///
    /// # Errors
    ///
    /// If a function is not there, or a file for TLS cannot be used.
    pub(super) fn open(
        service: &Service,
        functions: &Opened,
        config: Config,
        runtime: &Rc<LoopRuntime>,
    ) -> Result<Connected, ServeError> {
        let common = Common {
            functions,
            resolver: Resolver::new(Rc::clone(runtime)),
            runtime,
            roots: SystemRoots::default(),
            secrets: service.secrets.0.as_slice().into(),
        };
        let callees = service.connections.iter().map(|connection| {
            let callee = Callee::new(connection, &common)?;
            Ok::<_, ServeError>(Rc::new(callee))
        });
        let calls = Calls {
            callees: callees.collect::<Result<_, _>>()?,
            runtime: Rc::clone(runtime),
            next_number: Cell::new(1),
            nesting: Nesting::default(),
        };
        set_connections(&config, Some(Rc::new(calls)));
        Ok(Connected { config })
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        set_connections(&self.config, None);
    }
}

impl Calls {
    fn find_callee(&self, name: &str) -> Result<&Rc<Callee>, String> {
        let names = || self.callees.iter().map(|one| one.declared.name.as_str());
        let found = self.callees.iter().find(|one| one.declared.name == name);
        found.ok_or_else(|| {
            let message = format!("the definition declares no connection `{name}`");
            with_nearest(message, name, names())
        })
    }

    fn find_resource(callee: &Callee, name: &str) -> Result<usize, String> {
        let names = || {
            callee
                .resources
                .iter()
                .map(|one| one.declared.name.as_str())
        };
        let found = names().position(|known| known == name);
        found.ok_or_else(|| {
            let connection = &callee.declared.name;
            let message = format!("connection `{connection}` declares no resource `{name}`");
            with_nearest(message, name, names())
        })
    }

    fn begin(&self, call: Call) -> Result<Calling, String> {
        let callee = self.find_callee(&call.connection)?;
        let resource = Calls::find_resource(callee, &call.resource)?;
        let number = self.next_number.replace(self.next_number.get() + 1);
        Ok(Calling {
            callee: Rc::clone(callee),
            resource,
            call,
            number,
            runtime: Rc::clone(&self.runtime),
        })
    }
}

impl host::Connections for Calls {
    fn find(&self, connection: &str, resource: Option<&str>) -> Result<(), Error> {
        let found = self.find_callee(connection).and_then(|callee| {
            let found = resource.map(|resource| Calls::find_resource(callee, resource));
            found.transpose()
        });
        found.map(drop).map_err(Error::internal)
    }

    fn call(&self, call: Call) -> BoxFuture<Reply> {
        if let Err(failure) = self.nesting.check() {
            return Box::pin(std::future::ready(failure.into_reply()));
        }
        match self.begin(call) {
            Ok(calling) => {
                let answer = Box::pin(calling.answer());
                Box::pin(self.nesting.clone().around(answer))
            }
            Err(sentence) => {
                let failed = call_failure(CallErrorKind::Arguments, sentence);
                Box::pin(std::future::ready(failed))
            }
        }
    }
}

fn with_nearest<'n>(message: String, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let near = nearest(name, known);
    match near.first() {
        Some(near) => format!("{message}; there is `{near}`"),
        None => message,
    }
}
