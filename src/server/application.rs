//! A service whose names have become functions: what a request is handed to.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use micro_api::host::{self, Function, Handler, Outcome, Parts};
use micro_api::{Error, IntoReply, Method, Reply};

use super::file::serve_file;
use super::references::named;
use super::tasks::guard;
use crate::config::{self, Action, Listener, Reference};
use crate::registry::Opened;
use crate::router::{Arguments, Pattern, Router};

/// What answers the requests of one listener.
pub(super) struct Site {
    router: Router,
    routes: Vec<Route>,
    groups: Vec<Option<(usize, usize)>>,
}

struct Route {
    endpoints: [Option<Rc<Endpoint>>; Method::ALL.len()],
    allow: String,
    is_silent: bool,
}

/// A handler with everything that a method line says of it.
pub(super) struct Endpoint {
    handler: Handler,
    arguments: Arguments,
    /// The form of a bare result.
    pub(super) response: Option<config::Response>,
    /// What the definition calls it.
    name: String,
    /// Whether the access log leaves it out.
    is_silent: bool,
    /// How long the handler may take; zero is for ever.
    pub(super) timeout: Duration,
}

/// What came of a request.
pub(super) struct Answering {
    /// The answer, or a future of it.
    pub(super) outcome: Outcome,
    /// What answers, if a route was found for the request.
    pub(super) endpoint: Option<Rc<Endpoint>>,
    /// Whether the access log leaves it out.
    pub(super) is_silent: bool,
}

impl Site {
    /// The site of a listener.
    ///
    /// # Errors
    ///
    /// If a function is not there: another registry than the one the service was checked against.
    pub(super) fn new(listener: &Listener, functions: &Opened) -> Result<Site, Error> {
        let parse = |route: &config::Route| Pattern::parse(&route.pattern);
        let patterns: Result<Vec<_>, _> = listener.routes.iter().map(parse).collect();
        let patterns = patterns.map_err(|error| Error::internal(error.message))?;
        let routes = listener
            .routes
            .iter()
            .map(|route| Route::new(route, listener, functions))
            .collect::<Result<_, _>>()?;
        Ok(Site {
            router: Router::new(&patterns),
            routes,
            groups: Vec::new(),
        })
    }

    /// A site without any route: what is left of a listener that is gone.
    pub(super) fn empty() -> Site {
        Site {
            router: Router::new(&[]),
            routes: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Everything that answers here.
    pub(super) fn into_endpoints(self) -> impl Iterator<Item = Rc<Endpoint>> {
        let endpoints = self.routes.into_iter().map(|route| route.endpoints);
        endpoints.flatten().flatten()
    }

    /// Finds who answers a request, and has it answered.
    pub(super) fn answer(&mut self, parts: &mut Rc<Parts>) -> Answering {
        let path = parts.path.of(&parts.bytes);
        let Some(route) = self.router.find(path, &mut self.groups) else {
            return match parts.method {
                Method::Options if path == b"*" => Answering::of(options(&ALLOW_ALL.join(", "))),
                _ => Answering::of(Reply::status(404)),
            };
        };
        let route = &self.routes[route];
        let Some(endpoint) = route.find(parts.method) else {
            let reply = match parts.method {
                Method::Options => options(&route.allow),
                _ => Reply::status(405).with_header("Allow", route.allow.clone()),
            };
            return Answering {
                is_silent: route.is_silent,
                ..Answering::of(reply)
            };
        };
        Answering {
            outcome: endpoint.call(parts, &self.groups),
            endpoint: Some(Rc::clone(endpoint)),
            is_silent: endpoint.is_silent,
        }
    }
}

const ALLOW_ALL: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

fn options(allow: &str) -> Reply {
    Reply::status(204).with_header("Allow", allow.to_owned())
}

impl Answering {
    /// An answer of our own.
    fn of(reply: Reply) -> Answering {
        Answering {
            outcome: Outcome::Ready(reply),
            endpoint: None,
            is_silent: false,
        }
    }
}

impl Route {
    fn new(route: &config::Route, listener: &Listener, functions: &Opened) -> Result<Route, Error> {
        let mut endpoints = [const { None }; Method::ALL.len()];
        for endpoint in &route.endpoints {
            let bound = Endpoint::new(endpoint, route, listener, functions)?;
            endpoints[endpoint.method as usize] = Some(Rc::new(bound));
        }
        let mut bound = Route {
            endpoints,
            allow: String::new(),
            is_silent: route.is_silent,
        };
        let is_allowed =
            |method: &Method| *method == Method::Options || bound.find(*method).is_some();
        let allowed = Method::ALL
            .iter()
            .copied()
            .filter(is_allowed)
            .map(Method::as_str);
        bound.allow = allowed.collect::<Vec<_>>().join(", ");
        Ok(bound)
    }

    /// What answers this method; HEAD is answered as GET is, unless it has a line of its own.
    fn find(&self, method: Method) -> Option<&Rc<Endpoint>> {
        let endpoint = self.endpoints[method as usize].as_ref();
        match method {
            Method::Head => endpoint.or(self.endpoints[Method::Get as usize].as_ref()),
            _ => endpoint,
        }
    }
}

impl Endpoint {
    fn new(
        endpoint: &config::Endpoint,
        route: &config::Route,
        listener: &Listener,
        functions: &Opened,
    ) -> Result<Endpoint, Error> {
        let handler = match &endpoint.action {
            Action::File(path) => serve_file(path.clone(), endpoint.response.clone()),
            Action::Handler(reference) => match function(functions, reference)? {
                Function::Handler(handler) => handler,
                _ => return Err(mismatch(reference)),
            },
        };
        let mut wrapped = handler;
        for reference in endpoint.wrappers.iter().rev() {
            let Function::Wrapper(wrapper) = function(functions, reference)? else {
                return Err(mismatch(reference));
            };
            wrapped = host::wrap(wrapper, wrapped);
        }
        let groups = route.groups.iter().map(|group| &group.argument_type);
        let content = endpoint
            .content
            .iter()
            .map(|content| &content.argument_type);
        let mut types = HashMap::new();
        for reference in groups.chain(content).filter_map(named) {
            let Function::Type(convert) = function(functions, reference)? else {
                return Err(mismatch(reference));
            };
            types.insert(reference, convert);
        }
        let find = |reference: &Reference| Rc::clone(&types[reference]);
        Ok(Endpoint {
            handler: wrapped,
            arguments: Arguments::new(&route.groups, &endpoint.content, &find),
            response: endpoint.response.clone(),
            name: describe(&endpoint.action),
            is_silent: endpoint.is_silent,
            timeout: endpoint.timeout.unwrap_or(listener.limits.handler_timeout),
        })
    }

    fn call(&self, parts: &mut Rc<Parts>, groups: &[Option<(usize, usize)>]) -> Outcome {
        let unshared = Rc::get_mut(parts).expect("a new request is not shared yet");
        let filled = guard(|| self.arguments.fill(unshared, groups));
        if let Err(error) = filled.and_then(|result| result) {
            log::debug!(
                "{} is not fit for {}: {error}",
                parts.id.as_str(),
                self.name
            );
            return Outcome::Ready(error.into_reply());
        }
        log::debug!("{} is for {}", parts.id.as_str(), self.name);
        let request = host::request(parts);
        guard(|| host::call(&self.handler, &request))
            .unwrap_or_else(|error| Outcome::Ready(error.into_reply()))
    }
}

fn describe(action: &Action) -> String {
    match action {
        Action::Handler(reference) => reference.to_string(),
        Action::File(path) => path.display().to_string(),
    }
}

/// The function that a definition names.
pub(super) fn function(functions: &Opened, reference: &Reference) -> Result<Function, Error> {
    let found = functions.find(reference).cloned();
    found.ok_or_else(|| Error::internal(format!("there is no function `{reference}`")))
}

/// What is said of a function that is there and is of another kind.
pub(super) fn mismatch(reference: &Reference) -> Error {
    Error::internal(format!("`{reference}` is a function of another kind"))
}
