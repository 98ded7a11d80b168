//! The handlers that tell how far the mirror is from the database.

use micro_api::{Error, Reply, Request, json};

use crate::query::Query;
use crate::routing::Routing;

/// What is known of the mirror: what it still has to do, and what its last sweep found.
pub(crate) fn drift(routing: &Routing, request: Request) -> Result<Reply, Error> {
    Query::read(&request, &[])?;
    Ok(match &routing.mirror {
        Some(mirror) => Reply::json(&mirror.report()),
        None => off(),
    })
}

/// Compares everything, repairs what differs, and tells what was found.
pub(crate) async fn sweep(routing: &Routing, request: Request) -> Result<Reply, Error> {
    Query::read(&request, &[])?;
    match &routing.mirror {
        Some(mirror) => Ok(Reply::json(&mirror.sweep().await?)),
        None => Ok(off()),
    }
}

fn off() -> Reply {
    Reply::json(&json!({"state": "off"}))
}
