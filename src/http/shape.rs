//! How RESPONSE sends a bare result.

use std::borrow::Cow;

use micro_api::Reply;
use micro_api::host::{Body, Origin, ReplyParts};

use crate::config::{Response, ResponseKind};

/// Gives a bare result the form that RESPONSE asks for. Replies that say themselves how they are
/// to be sent stay as they are.
#[must_use]
pub fn shape(reply: Reply, response: Option<&Response>) -> Reply {
    let Some(response) = response else {
        return reply;
    };
    let mut parts = ReplyParts::from(reply);
    let is_shaped = match parts.origin {
        Origin::Explicit => false,
        Origin::Text => shape_text(&mut parts, response.kind),
        Origin::Json => shape_json(&mut parts, response.kind),
        Origin::Nothing => shape_nothing(&mut parts, response),
    };
    if !is_shaped {
        return Reply::from(parts);
    }
    if let Some(status) = response.status {
        parts.status = status;
    }
    if let Some(content_type) = &response.content_type {
        parts.content_type = Some(Cow::Owned(content_type.clone()));
    }
    let reply = Reply::from(parts);
    response.headers.iter().fold(reply, |reply, (name, value)| {
        reply.with_header(name.clone(), value.clone())
    })
}

fn media_type(kind: ResponseKind) -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed(match kind {
        ResponseKind::Str => "text/plain; charset=utf-8",
        ResponseKind::Html => "text/html; charset=utf-8",
        ResponseKind::Json => "application/json",
    }))
}

fn shape_text(parts: &mut ReplyParts, kind: ResponseKind) -> bool {
    if kind == ResponseKind::Json {
        let text = String::from_utf8_lossy(bytes(&parts.body));
        parts.body = Body::Bytes(quote(&text));
    }
    parts.content_type = media_type(kind);
    true
}

// The text of a value is the value itself if it is text, else its JSON.
fn shape_json(parts: &mut ReplyParts, kind: ResponseKind) -> bool {
    if kind != ResponseKind::Json
        && let Ok(text) = serde_json::from_slice::<String>(bytes(&parts.body))
    {
        parts.body = Body::Bytes(text.into_bytes());
    }
    parts.content_type = media_type(kind);
    true
}

// Without a default, nothing stays what it was: an empty answer, or 404.
fn shape_nothing(parts: &mut ReplyParts, response: &Response) -> bool {
    let Some(default) = &response.default else {
        return false;
    };
    parts.status = 200;
    parts.body = Body::Bytes(match response.kind {
        ResponseKind::Json => json_of(default),
        ResponseKind::Str | ResponseKind::Html => default.clone().into_bytes(),
    });
    parts.content_type = media_type(response.kind);
    true
}

// A default is written in the definition as JSON, or else as a text that becomes a JSON string.
fn json_of(default: &str) -> Vec<u8> {
    match serde_json::from_str::<micro_api::Value>(default) {
        Ok(_) => default.as_bytes().to_vec(),
        Err(_) => quote(default),
    }
}

fn quote(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).expect("text can be written to memory as JSON")
}

fn bytes(body: &Body) -> &[u8] {
    match body {
        Body::Static(bytes) => bytes,
        Body::Bytes(bytes) => bytes,
        Body::Empty | Body::Problem(_) | Body::Stream(_) => &[],
    }
}
