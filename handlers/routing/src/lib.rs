//! The routing pack: which backends serve a domain, for many tenants.
//!
//! A *mapping* belongs to a tenant and says that requests for a domain go to one of its backends. A
//! domain is there once over all tenants.

#![cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the handlers that read requests with it come next"
    )
)]

mod backend;
mod backends;
mod domain;
mod fields;
mod line;
mod malformed;
mod openapi;
mod precondition;
mod revision;
mod tenant;
mod tokens;
mod verdict;
mod wanted;
