//! PROXY.

use super::{Place, Reference};

/// A route that is forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// The listener's name.
    pub server: String,
    /// The route's position among the listener's routes.
    pub route: usize,
    /// Where to.
    pub upstreams: Upstreams,
    /// Where it was declared.
    pub place: Place,
}

/// Where requests are forwarded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstreams {
    /// These URLs.
    Fixed(Vec<String>),
    /// Those that a handler names.
    Handler(Reference),
}
