//! A service that answers in the place of those that a definition calls: a listener a CONNECTION, a
//! route a path.

use std::rc::Rc;
use std::time::Duration;

use micro_api::{LocalModule, Method, Request};

use super::answering::{Answering, Nowhere};
use super::arrived::Shape;
use super::store::Store;
use crate::client::encode_literal;
use crate::config::{
    self, Action, ArgumentType, Connection, Endpoint, Group, Limits, Listener, Place as Declared,
    Reference, Resource, Route, Service,
};
use crate::router::escape;

/// Where to listen.
pub(super) struct Place {
    pub(super) host: String,
    /// The port of the first listener; 0 is any free one.
    pub(super) port: u16,
}

/// The service, and the modules that its routes name.
pub(super) struct Sites {
    pub(super) service: Service,
    pub(super) modules: Vec<LocalModule>,
}

/// What a route answers, and whose path is what it takes.
struct Draft<'c> {
    pattern: String,
    /// Which segments of it hold arguments: those that hold none are tried first.
    arguments: Vec<bool>,
    groups: usize,
    resources: Vec<&'c Resource>,
}

const FUNCTION: &str = "answer";
/// Calls may be larger than what a service takes by itself.
const CONTENT_BYTES_MAX: usize = 64 << 20;
const LINE_BYTES_MAX: usize = 64 << 10;

impl Sites {
    pub(super) fn new(connections: &[Connection], place: &Place, store: Rc<Store>) -> Sites {
        let mut sites = Sites {
            service: Service::default(),
            modules: Vec::new(),
        };
        for (port, connection) in connections.iter().enumerate() {
            // The command has checked that there are so many ports.
            let port = u16::try_from(port).unwrap_or_default();
            let drafts = drafts(connection);
            let routes = drafts
                .iter()
                .map(|draft| sites.route(draft, connection, &store));
            let mut routes: Vec<Route> = routes.collect();
            routes.push(sites.elsewhere(connection));
            let listener = Listener {
                routes,
                name: connection.name.clone(),
                host: place.host.clone(),
                port: match place.port {
                    0 => 0,
                    first => first.saturating_add(port),
                },
                limits: Limits {
                    content_bytes_max: CONTENT_BYTES_MAX,
                    line_bytes_max: LINE_BYTES_MAX,
                    head_bytes_max: 4 * LINE_BYTES_MAX,
                    ..Limits::default()
                },
                place: connection.place.clone(),
            };
            sites.service.listeners.push(listener);
        }
        sites
    }

    fn route(&mut self, draft: &Draft<'_>, connection: &Connection, store: &Rc<Store>) -> Route {
        let shapes = draft
            .resources
            .iter()
            .map(|resource| Shape::new(&connection.name, resource));
        let answering = Rc::new(Answering::new(shapes.collect(), Rc::clone(store)));
        // A handler is not told which route it answers, so each has its own.
        let answer = async move |request: Request| answering.answer(request).await;
        let module = self.add(|module| module.handler(FUNCTION, answer));
        let place = &draft.resources[0].place;
        let mut methods: Vec<Method> = Vec::new();
        for resource in &draft.resources {
            if !methods.contains(&resource.method) {
                methods.push(resource.method);
            }
        }
        let group = |number: usize| Group {
            name: group_name(number),
            argument_type: ArgumentType::Text,
        };
        Route {
            pattern: draft.pattern.clone(),
            groups: (0..draft.groups).map(group).collect(),
            is_silent: false,
            endpoints: methods
                .into_iter()
                .map(|method| endpoint(method, module, place))
                .collect(),
            place: place.clone(),
        }
    }

    /// The last route of a connection, which takes what no resource has.
    fn elsewhere(&mut self, connection: &Connection) -> Route {
        let nowhere = Nowhere::new(connection);
        let answer = move |request: Request| nowhere.answer(&request);
        let module = self.add(|module| module.handler(FUNCTION, answer));
        let place = &connection.place;
        let endpoints = Method::ALL.map(|method| endpoint(method, module, place));
        Route {
            pattern: "/".to_owned(),
            groups: Vec::new(),
            is_silent: false,
            endpoints: endpoints.into(),
            place: place.clone(),
        }
    }

    /// Adds a module; gives its name.
    fn add(&mut self, fill: impl FnOnce(LocalModule) -> LocalModule) -> &'static str {
        // It lives as long as the program does.
        let name: &'static str = format!("mock{}", self.modules.len()).leak();
        self.modules.push(fill(LocalModule::new(name)));
        name
    }
}

fn endpoint(method: Method, module: &str, place: &Declared) -> Endpoint {
    Endpoint {
        method,
        action: Action::Handler(Reference {
            module: module.to_owned(),
            function: FUNCTION.to_owned(),
        }),
        wrappers: Vec::new(),
        is_silent: true,
        timeout: Some(Duration::ZERO),
        content: Vec::new(),
        response: None,
        place: place.clone(),
    }
}

fn group_name(number: usize) -> String {
    format!("argument{number}")
}

/// The routes of a connection, one for all resources whose paths differ in names alone.
fn drafts(connection: &Connection) -> Vec<Draft<'_>> {
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    for resource in &connection.resources {
        let draft = draft(resource);
        let known = drafts
            .iter_mut()
            .find(|known| known.pattern == draft.pattern);
        match known {
            Some(known) => known.resources.push(resource),
            None => drafts.push(draft),
        }
    }
    drafts.sort_by(|one, other| one.arguments.cmp(&other.arguments));
    drafts
}

fn draft(resource: &config::Resource) -> Draft<'_> {
    let path = path_of(&resource.path);
    let (mut pattern, mut groups) = (String::new(), 0);
    for part in parts(&path) {
        match part {
            Part::Literal(text) => pattern += &escape(&encode_literal(text)),
            Part::Argument(_) => {
                pattern += &format!("{{{}}}", group_name(groups));
                groups += 1;
            }
        }
    }
    Draft {
        pattern: pattern + "$",
        arguments: path
            .split('/')
            .map(|segment| segment.contains('{'))
            .collect(),
        groups,
        resources: vec![resource],
    }
}

/// The path of a template, without its query.
pub(super) fn path_of(template: &str) -> String {
    let path = template.split('?').next().unwrap_or_default();
    match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("/{path}"),
    }
}

/// A part of a template.
#[derive(Debug, PartialEq)]
pub(super) enum Part<'t> {
    Literal(&'t str),
    /// The name of the argument.
    Argument(&'t str),
}

/// The parts of a template, in order.
pub(super) fn parts(template: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), template);
    while let Some((before, behind)) = rest.split_once('{')
        && let Some((name, behind)) = behind.split_once('}')
    {
        if !before.is_empty() {
            parts.push(Part::Literal(before));
        }
        parts.push(Part::Argument(name));
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest));
    }
    parts
}
