//! What the pack says of its API.

use micro_api::{Reply, Request};

/// The OpenAPI document.
pub(crate) const OPENAPI: &str = include_str!("../openapi.json");

/// What the whole API looks like, for programs.
pub(crate) fn openapi(_: Request) -> Reply {
    Reply::text(OPENAPI).with_content_type("application/json")
}
