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
        parts.body = Body::Bytes(quote(&text).into());
    }
    parts.content_type = media_type(kind);
    true
}

// The text of a value is the value itself if it is text, else its JSON.
fn shape_json(parts: &mut ReplyParts, kind: ResponseKind) -> bool {
    if kind != ResponseKind::Json
        && let Ok(text) = serde_json::from_slice::<String>(bytes(&parts.body))
    {
        parts.body = Body::Bytes(text.into_bytes().into());
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
    let text = match response.kind {
        ResponseKind::Json => json_of(default),
        ResponseKind::Str | ResponseKind::Html => default.clone().into_bytes(),
    };
    parts.body = Body::Bytes(text.into());
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

#[cfg(test)]
mod tests {
    use micro_api::{IntoReply, json};

    use super::*;

    fn response(kind: ResponseKind) -> Response {
        Response {
            kind,
            ..Response::default()
        }
    }

    fn shaped(result: impl IntoReply, response: &Response) -> (u16, String, String) {
        let parts = ReplyParts::from(shape(result.into_reply(), Some(response)));
        let text = String::from_utf8_lossy(bytes(&parts.body)).into_owned();
        (
            parts.status,
            parts.content_type.unwrap_or_default().into_owned(),
            text,
        )
    }

    fn of(status: u16, content_type: &str, text: &str) -> (u16, String, String) {
        (status, content_type.to_owned(), text.to_owned())
    }

    const TEXT: &str = "text/plain; charset=utf-8";
    const PAGE: &str = "text/html; charset=utf-8";
    const JSON: &str = "application/json";

    #[test]
    fn the_kind_decides_the_form() {
        for (kind, media_type) in [(ResponseKind::Str, TEXT), (ResponseKind::Html, PAGE)] {
            let response = response(kind);
            assert_eq!(shaped("a \"b\"", &response), of(200, media_type, "a \"b\""));
            assert_eq!(shaped(json!("a"), &response), of(200, media_type, "a"));
            assert_eq!(
                shaped(json!({"a": [1]}), &response),
                of(200, media_type, "{\"a\":[1]}")
            );
        }
        let response = response(ResponseKind::Json);
        assert_eq!(
            shaped("a \"b\"", &response),
            of(200, JSON, "\"a \\\"b\\\"\"")
        );
        assert_eq!(
            shaped(json!({"a": 1}), &response),
            of(200, JSON, "{\"a\":1}")
        );
    }

    #[test]
    fn a_default_stands_for_nothing() {
        let with = |kind, text: &str| Response {
            default: Some(text.to_owned()),
            ..response(kind)
        };
        let none = None::<String>;
        assert_eq!(
            shaped((), &with(ResponseKind::Str, "-")),
            of(200, TEXT, "-")
        );
        assert_eq!(
            shaped(none.clone(), &with(ResponseKind::Html, "-")),
            of(200, PAGE, "-")
        );
        assert_eq!(
            shaped(none.clone(), &with(ResponseKind::Json, "[]")),
            of(200, JSON, "[]")
        );
        assert_eq!(
            shaped((), &with(ResponseKind::Json, "a b")),
            of(200, JSON, "\"a b\"")
        );
        assert_eq!(shaped(none, &response(ResponseKind::Str)).0, 404);
    }

    #[test]
    fn the_other_settings_are_obeyed() {
        let response = Response {
            content_type: Some("image/svg+xml".to_owned()),
            status: Some(202),
            headers: vec![("X-A".to_owned(), "b".to_owned())],
            ..response(ResponseKind::Str)
        };
        let parts = ReplyParts::from(shape("x".into_reply(), Some(&response)));
        assert_eq!(parts.status, 202);
        assert_eq!(parts.content_type.as_deref(), Some("image/svg+xml"));
        assert_eq!(parts.headers, [("X-A".into(), "b".into())]);
    }

    #[test]
    fn an_explicit_reply_stays_as_it_is() {
        let response = Response {
            status: Some(202),
            ..response(ResponseKind::Html)
        };
        for reply in [
            Reply::text("a"),
            (201, "a").into_reply(),
            Reply::status(404),
        ] {
            let before = format!("{reply:?}");
            assert_eq!(format!("{:?}", shape(reply, Some(&response))), before);
        }
        assert_eq!(ReplyParts::from(shape("a".into_reply(), None)).status, 200);
    }
}
