//! What a definition says, as plain data: the end of start-up, the beginning of serving.

mod limits;
mod service;

pub use limits::{LIMITS, Limit, LimitKind, Limits};
pub use service::{
    Action, ArgumentType, Content, Endpoint, EnumType, Group, Listener, Log, Place, Reference,
    Response, ResponseKind, Route, Service, Task,
};
