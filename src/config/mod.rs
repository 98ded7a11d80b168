//! What a definition says, as plain data: the end of start-up, the beginning of serving.

mod catalogue;
mod connection;
mod database;
mod discovery;
mod file;
mod limits;
mod proxy;
mod record;
mod resolve;
mod secret;
mod service;
mod url;
mod value;

pub use catalogue::{BrokenModule, Catalogue, FoundModule, ModuleOrigin, ModuleRefusal};
pub use connection::{Connection, HeaderField, OptionalArgument, Resource};
pub use database::{Database, DatabaseAddress};
pub use discovery::{Provides, Requires};
pub use file::{Entry, WrongEntry, parse_file};
pub use limits::{LIMITS, Limit, LimitKind, Limits};
pub use proxy::{Proxy, Upstreams};
pub use record::{Origin, Record, environment_name};
pub use resolve::resolve;
pub use secret::names_secret;
pub use service::{
    Action, ArgumentType, Content, Endpoint, EnumType, Group, Listener, Log, Place, Reference,
    Response, ResponseKind, Route, Service, Task,
};
pub use url::{Scheme, Url};
pub use value::ValueKind;
