//! PROVIDES and REQUIRES: who serves what, where.

use super::{Place, Reference};

/// PROVIDES: a server that is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provides {
    /// The name under which others find it.
    pub name: String,
    /// The listener's name.
    pub server: String,
    /// Where it was declared.
    pub place: Place,
}

/// REQUIRES: a service that we are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requires {
    /// The name under which it is published.
    pub name: String,
    /// The function that is told.
    pub function: Reference,
    /// Where it was declared.
    pub place: Place,
}
