//! What the pack says of its API. Its tests hold it against the code that reads what is sent.

use micro_api::{Reply, Request};

/// The OpenAPI document.
pub(crate) const OPENAPI: &str = include_str!("../openapi.json");

/// What the whole API looks like, for programs.
pub(crate) fn openapi(_: Request) -> Reply {
    Reply::text(OPENAPI).with_content_type("application/json")
}

#[cfg(test)]
mod tests;
