//! What the pack says of its API. Its tests hold it against the code that reads what is sent.

/// The OpenAPI document.
pub(crate) const OPENAPI: &str = include_str!("../openapi.json");

#[cfg(test)]
mod tests;
