//! A message as it may be shown: without its secrets, without controls, and not too long.

use std::borrow::Cow;

use form_urlencoded::byte_serialize;
use micro_api::Value;
use micro_api::serde_json;
use percent_encoding::percent_decode_str;

use super::encode_value;
use crate::config::names_secret;
use crate::diagnostics::mask_passwords;

/// How much of a body is shown.
const BODY_BYTES_MAX: usize = 4 << 10;
const HIDDEN: &str = "***";

/// Shows a message: its first line, its fields, and its body.
///
/// Hidden are the values of header fields, and of members of JSON, forms and queries, whose names
/// are those of secrets ([`names_secret`]), and passwords in URLs. A body that is not text, or
/// that should be JSON and is not, is shown by its length.
#[must_use]
pub fn trace(first_line: &str, headers: &[(String, String)], body: &[u8]) -> String {
    let words = first_line.split(' ').map(hide_in_url);
    let mut shown = plain(&words.collect::<Vec<_>>().join(" ")).into_owned();
    shown.push('\n');
    for (name, value) in headers {
        let value = match names_secret(name) {
            true => HIDDEN.to_owned(),
            false => value
                .split(' ')
                .map(hide_in_url)
                .collect::<Vec<_>>()
                .join(" "),
        };
        shown.push_str(&format!("{}: {}\n", plain(name), plain(&value)));
    }
    if !body.is_empty() {
        shown.push('\n');
        shown.push_str(&show_body(content_type(headers), body));
        shown.push('\n');
    }
    shown
}

fn content_type(headers: &[(String, String)]) -> &str {
    let mut headers = headers.iter();
    let found = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    found.map_or("", |(_, value)| value.as_str())
}

fn show_body(content_type: &str, body: &[u8]) -> String {
    let by_length = || format!("({} bytes)", body.len());
    let Ok(text) = std::str::from_utf8(body) else {
        return by_length();
    };
    let content_type = content_type.to_ascii_lowercase();
    let shown = match hide_in_json(text) {
        Some(json) => json,
        None if content_type.contains("json") => return by_length(),
        None if content_type.contains("urlencoded") => hide_in_pairs(text),
        // Parts of a form have names and values of their own.
        None if content_type.starts_with("multipart/") => return by_length(),
        None => mask_passwords(text),
    };
    shorten(&plain(&shown))
}

// One value, or one a line.
fn hide_in_json(text: &str) -> Option<String> {
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return Some(hide_secrets(value).to_string());
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let values = lines.map(|line| serde_json::from_str::<Value>(line).ok());
    let shown: Option<Vec<String>> = values
        .map(|value| value.map(|value| hide_secrets(value).to_string()))
        .collect();
    shown
        .filter(|shown| !shown.is_empty())
        .map(|shown| shown.join("\n"))
}

/// The text without these values, in every form in which a message may hold them.
#[must_use]
pub fn hide_values(text: &str, values: &[String]) -> String {
    let mut forms: Vec<String> = values.iter().flat_map(|value| forms(value)).collect();
    // One may be a part of another.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    let hide = |text: String, form: &String| text.replace(form.as_str(), HIDDEN);
    forms.iter().fold(text.to_owned(), hide)
}

/// A value as it stands in a header field, in JSON, in a form or query, and in a path.
fn forms(value: &str) -> impl Iterator<Item = String> {
    let json = Value::from(value).to_string();
    let forms = [
        value.to_owned(),
        json[1..json.len() - 1].to_owned(),
        byte_serialize(value.as_bytes()).collect(),
        encode_value(value),
    ];
    forms.into_iter().filter(|form| !form.is_empty())
}

/// The value without the members whose names are those of secrets, and without passwords in URLs:
/// `***` is in their place.
#[must_use]
pub fn hide_secrets(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let hide = |(name, value): (String, Value)| match names_secret(&name) {
                true => (name, HIDDEN.into()),
                false => (name, hide_secrets(value)),
            };
            Value::Object(members.into_iter().map(hide).collect())
        }
        Value::Array(values) => values.into_iter().map(hide_secrets).collect(),
        Value::String(text) => mask_passwords(&text).into(),
        value => value,
    }
}

// A URL, or a request target: what is behind `?` are pairs.
fn hide_in_url(text: &str) -> String {
    let text = mask_passwords(text);
    match text.split_once('?') {
        Some((path, query)) => format!("{path}?{}", hide_in_pairs(query)),
        None => text,
    }
}

fn hide_in_pairs(pairs: &str) -> String {
    let hide = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if names_secret(&percent_decode_str(name).decode_utf8_lossy()) => {
            format!("{name}={HIDDEN}")
        }
        _ => mask_passwords(pair),
    };
    pairs.split('&').map(hide).collect::<Vec<_>>().join("&")
}

// A log is read in terminals.
fn plain(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| match is_plain(c) {
        true => c.to_string(),
        false => c.escape_default().to_string(),
    };
    Cow::Owned(text.chars().map(escape).collect())
}

fn shorten(text: &str) -> String {
    if text.len() <= BODY_BYTES_MAX {
        return text.to_owned();
    }
    let fits = |end: &usize| text.is_char_boundary(*end);
    let end = (0..=BODY_BYTES_MAX).rev().find(fits).unwrap_or_default();
    format!("{} … ({end} of {} bytes)", &text[..end], text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced(content_type: &str, body: &[u8]) -> String {
        let headers = [("Content-Type".to_owned(), content_type.to_owned())];
        let shown = trace("GET / HTTP/1.1", &headers, body);
        let head = format!("GET / HTTP/1.1\nContent-Type: {content_type}\n\n");
        let body = shown
            .strip_prefix(&head)
            .expect("the head is shown as it is");
        body.trim_end_matches('\n').to_owned()
    }

    #[test]
    fn secrets_of_a_head_are_hidden() {
        let headers = [
            ("Host", "h"),
            ("Authorization", "Basic hunter2"),
            ("X-Api-Key", "hunter2"),
            ("Set-Cookie", "hunter2"),
            ("Location", "http://me:hunter2@h/?a=b&access_token=hunter2"),
            ("X-Control", "\x1b[2J"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            trace("POST /a?b=c&to%6ben=hunter2&d HTTP/1.1", &headers, b""),
            "POST /a?b=c&to%6ben=***&d HTTP/1.1\n\
             Host: h\n\
             Authorization: ***\n\
             X-Api-Key: ***\n\
             Set-Cookie: ***\n\
             Location: http://me:***@h/?a=b&access_token=***\n\
             X-Control: \\u{1b}[2J\n"
        );
    }

    #[test]
    fn secrets_of_a_body_are_hidden() {
        for (content_type, body, shown) in [
            (
                "application/json",
                "{\"a\": [{\"password\": {\"b\": 1}}], \"url\": \"http://u:p@h\"}",
                "{\"a\":[{\"password\":\"***\"}],\"url\":\"http://u:***@h\"}",
            ),
            ("text/plain", "{\"token\": 1}", "{\"token\":\"***\"}"),
            (
                "application/json",
                "{\"token\": 1}\r\n\n{\"a\": 1}\n",
                "{\"token\":\"***\"}\n{\"a\":1}",
            ),
            (
                "application/x-www-form-urlencoded",
                "a=b&passw%6frd=x&c&secret=",
                "a=b&passw%6frd=***&c&secret=***",
            ),
            ("Application/JSON", "{\"token\": 1", "(11 bytes)"),
            ("multipart/form-data; boundary=x", "--x", "(3 bytes)"),
            (
                "text/plain",
                "see http://u:p@h\x07",
                "see http://u:***@h\\u{7}",
            ),
            ("", "plain\ntext", "plain\ntext"),
        ] {
            assert_eq!(traced(content_type, body.as_bytes()), shown, "{body}");
        }
        assert_eq!(traced("image/png", b"\xff\0"), "(2 bytes)");
    }

    #[test]
    fn values_are_hidden_in_every_form() {
        let values = ["a \"é".to_owned(), "a".to_owned(), String::new()];
        for text in ["a \"é", "a \\\"é", "a+%22%C3%A9", "a%20%22%C3%A9", "a"] {
            assert_eq!(hide_values(&format!("<{text}>"), &values), "<***>");
        }
    }

    #[test]
    fn a_long_body_is_shortened() {
        let text = |count| "x".repeat(count);
        let at = text(BODY_BYTES_MAX);
        assert_eq!(traced("", at.as_bytes()), at);
        let over = traced("", text(BODY_BYTES_MAX + 1).as_bytes());
        assert_eq!(over, format!("{at} … (4096 of 4097 bytes)"));
        let wide = "é".repeat(BODY_BYTES_MAX);
        assert!(traced("", wide.as_bytes()).ends_with("é … (4096 of 8192 bytes)"));
    }
}
