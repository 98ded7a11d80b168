//! Calls the functions that a definition names for `code=`, `setup=` and `wrapper=`.

use micro_api::host::{Body, Later, Origin, Outcome, ReplyParts, Transform};
use micro_api::{Reply, Value, serde_json};

use crate::server::tasks::{guard, guarded};

/// What a function makes of a value, or of nothing.
///
/// # Errors
///
/// How it has failed, for the log.
pub(super) async fn transform(
    function: &Transform,
    value: Option<Vec<u8>>,
) -> Result<Value, String> {
    let outcome = guard(|| function(value.as_deref())).map_err(|error| error.to_string())?;
    let reply = match outcome {
        Outcome::Ready(reply) => reply,
        Outcome::Pending(later) => finish(later).await?,
    };
    read(reply.into())
}

async fn finish(later: Later) -> Result<Reply, String> {
    let finished = guarded(Box::pin(later)).await;
    finished.map_err(|error| error.to_string())
}

fn read(parts: ReplyParts) -> Result<Value, String> {
    let is_json = parts
        .content_type
        .as_deref()
        .is_some_and(|media_type| media_type.starts_with("application/json"));
    if let Some(failure) = parts.failure {
        return Err(failure);
    }
    let bytes = match &parts.body {
        Body::Problem(message) => return Err(message.to_string()),
        _ if parts.status >= 400 => return Err(format!("it answers with {}", parts.status)),
        Body::Stream(_) => return Err("it answers with a stream".to_owned()),
        Body::Empty => return Ok(Value::Null),
        Body::Static(bytes) => bytes,
        Body::Bytes(bytes) => &bytes[..],
    };
    match parts.origin {
        Origin::Json => {}
        Origin::Nothing => return Ok(Value::Null),
        Origin::Explicit if is_json => {}
        Origin::Text | Origin::Explicit => {
            let text = std::str::from_utf8(bytes);
            let text = text.map_err(|_| "it answers with bytes that are no text".to_owned())?;
            return Ok(Value::from(text));
        }
    }
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}
