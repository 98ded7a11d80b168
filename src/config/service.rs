//! A service, as the server runs it: everything resolved, nothing left to look up in the text.

use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use micro_api::{Config, Method, Value};

use super::{Connection, Database, FoundModule, Limits, Provides, Proxy, Requires};

/// A whole service. Start-up ends here; after this nobody asks what the definition's text said.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// How to log.
    pub log: Log,
    /// The modules that it names, in the order in which it first does, and where each comes from.
    pub modules: Vec<FoundModule>,
    /// Where to listen, in the order of the definition; inactive ones are left out.
    pub listeners: Vec<Listener>,
    /// Functions to call before listening, in order.
    pub setups: Vec<Reference>,
    /// Functions to call after the last answer, in order.
    pub teardowns: Vec<Reference>,
    /// Functions to call once a turn of the loop, in order.
    pub turns: Vec<Reference>,
    /// What runs beside the listeners.
    pub tasks: Vec<Task>,
    /// The services we call, in the order of the definition.
    pub connections: Vec<Connection>,
    /// The databases that handlers use.
    pub databases: Vec<Database>,
    /// The routes that are forwarded.
    pub proxies: Vec<Proxy>,
    /// The servers that are published.
    pub provides: Vec<Provides>,
    /// The services that we are told of.
    pub requires: Vec<Requires>,
    /// Every setting that has a value.
    pub config: Config,
    /// The values of settings that are never shown.
    pub secrets: SecretValues,
}

/// Values that are never shown, not even in debug output.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretValues(pub Vec<String>);

impl fmt::Debug for SecretValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretValues({})", self.0.len())
    }
}

/// Where in the definition something was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: Rc<str>,
    /// The line, counted from 1.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// LOG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The tag of every line.
    pub name: String,
    /// The least level that is shown.
    pub level: log::LevelFilter,
    /// Whether lines go to the standard output, else to the standard error.
    pub is_stdout: bool,
}

impl Default for Log {
    fn default() -> Log {
        Log {
            name: "MICRO".to_owned(),
            level: log::LevelFilter::Info,
            is_stdout: true,
        }
    }
}

/// A function of a module, by name. It was looked up when the definition was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The module.
    pub module: String,
    /// The function in it.
    pub function: String,
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.module, self.function)
    }
}

/// TASK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name in the log.
    pub name: String,
    /// What it runs.
    pub function: Reference,
}

/// SERVER.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its name in the log and in settings.
    pub name: String,
    /// The address or name to listen at.
    pub host: String,
    /// The port; 0 lets the system choose.
    pub port: u16,
    /// Its limits.
    pub limits: Limits,
    /// Its routes, in the order in which they are tried.
    pub routes: Vec<Route>,
    /// Where it was declared.
    pub place: Place,
}

/// ROUTE.
#[derive(Clone, Debug)]
pub struct Route {
    /// The pattern as it was written.
    pub pattern: String,
    /// The pattern's groups, in order, with the types that ARG lines or the pattern gave them.
    pub groups: Vec<Group>,
    /// Whether the access log leaves out what no method of it answers.
    pub is_silent: bool,
    /// Its methods.
    pub endpoints: Vec<Endpoint>,
    /// Where it was declared.
    pub place: Place,
}

/// A group of a route's pattern, handed to the handler as an argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name; a group without one is called by its position from 0.
    pub name: String,
    /// Its type.
    pub argument_type: ArgumentType,
}

/// ARG, and the type of CONTENT: what a text is turned into.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ArgumentType {
    /// The text itself.
    #[default]
    Text,
    /// A whole number.
    Int,
    /// A whole number of 1 or more.
    Count,
    /// A number.
    Float,
    /// `true` or `1`, `false` or `0`.
    Bool,
    /// A UUID (RFC 9562), as text in lower case with hyphens.
    Uuid,
    /// One of the words of an ENUM.
    Enum(Rc<EnumType>),
    /// Whatever a function makes of it.
    Function(Reference),
}

/// ENUM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnumType {
    /// Its name.
    pub name: String,
    /// The words it allows.
    pub items: Vec<String>,
    /// Whether a text is put in upper case first.
    pub to_upper: bool,
    /// Whether a text is put in lower case first.
    pub to_lower: bool,
}

/// GET, POST and so on.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// What answers.
    pub action: Action,
    /// The wrappers around it, the outermost first.
    pub wrappers: Vec<Reference>,
    /// Whether the access log leaves it out: what `silent=` says, else what the route says.
    pub is_silent: bool,
    /// How long the handler may take, if not as long as the listener's limit says; zero is for ever.
    pub timeout: Option<Duration>,
    /// The arguments taken from body and query.
    pub content: Vec<Content>,
    /// How a bare result is sent.
    pub response: Option<Response>,
    /// Where it was declared.
    pub place: Place,
}

/// What answers a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A handler.
    Handler(Reference),
    /// The content of a file.
    File(PathBuf),
}

/// CONTENT.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Its name in the body or query, and among the arguments.
    pub name: String,
    /// Its type.
    pub argument_type: ArgumentType,
    /// Whether a request without it is refused.
    pub is_required: bool,
    /// What it is if it is absent, already converted.
    pub default: Option<Value>,
}

/// RESPONSE.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The form of a bare result.
    pub kind: ResponseKind,
    /// What is sent when the handler has no result.
    pub default: Option<String>,
    /// The media type, if not that of the kind.
    pub content_type: Option<String>,
    /// The status of a bare result, if not 200.
    pub status: Option<u16>,
    /// Header fields of a bare result.
    pub headers: Vec<(String, String)>,
}

/// The form in which a bare result is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseKind {
    /// `text/plain`: the text, or the text of the value.
    #[default]
    Str,
    /// `text/html`: the same as a page.
    Html,
    /// `application/json`: the value, or the text as a JSON string.
    Json,
}
