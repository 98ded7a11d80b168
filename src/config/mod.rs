//! What a definition says, as plain data: the end of start-up, the beginning of serving.

mod call_limits;
mod catalogue;
mod connection;
mod database;
mod database_limits;
mod database_url;
mod discovery;
mod file;
mod limits;
mod proxy;
mod record;
mod resolve;
mod service;
mod url;
mod value;

pub use crate::diagnostics::{names_secret, names_secret_field};
pub use call_limits::{CALL_LIMITS, CallLimits};
pub use catalogue::{BrokenModule, Catalogue, FoundModule, ModuleOrigin, ModuleRefusal};
pub use connection::{Connection, HeaderField, OptionalArgument, Resource, TlsFiles};
pub use database::{Database, DatabaseAddress};
pub use database_limits::DATABASE_LIMITS;
pub use database_url::{check_database_url, is_database_url};
pub use discovery::{Provides, Requires};
pub use file::{Entry, WrongEntry, parse_file};
pub use limits::{Bound, LIMITS, Limit, LimitKind, Limits};
pub use proxy::{Proxy, Upstreams};
pub use record::{Origin, Record, environment_name};
pub use resolve::resolve;
pub use service::{
    Action, ArgumentType, Content, Endpoint, EnumType, Group, Listener, Log, Place, Reference,
    Response, ResponseKind, Route, SecretValues, Service, Task,
};
pub use url::{Scheme, Url};
pub use value::ValueKind;
