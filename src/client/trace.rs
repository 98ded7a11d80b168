//! A message as it may be shown: without its secrets, without controls, and not too long.

use std::borrow::Cow;

use form_urlencoded::byte_serialize;
use micro_api::Value;
use micro_api::serde_json;
use percent_encoding::percent_decode_str;

use super::encode_value;
use crate::config::{names_secret, names_secret_field};
use crate::diagnostics::mask_secrets;

/// How much of a body is shown.
const BODY_BYTES_MAX: usize = 4 << 10;
/// A shorter value is not looked for: it stands in too many places where it is none.
const VALUE_BYTES_MIN: usize = 6;
/// What stands in place of a secret.
pub(super) const HIDDEN: &str = "***";

/// What is a secret in a message though no name says so where it stands.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Names of header fields, and of members of JSON, forms and queries.
    pub names: Vec<String>,
    /// Values, wherever they stand; short ones are not looked for.
    pub values: Vec<String>,
}

impl Secrets {
    fn is_name(&self, name: &str) -> bool {
        let mut names = self.names.iter();
        names.any(|known| known.eq_ignore_ascii_case(name))
    }

    fn is_member(&self, name: &str) -> bool {
        names_secret(name) || self.is_name(name)
    }

    fn is_field(&self, name: &str) -> bool {
        names_secret_field(name) || self.is_name(name)
    }
}

/// Shows a message: its first line, its fields, and its body.
///
/// Hidden are the values of header fields, and of members of JSON, forms and queries, whose names
/// are those of secrets ([`names_secret`]), secrets in URLs, and what is handed in. A body that is
/// not text, or that should be JSON and is not, is shown by its length.
#[must_use]
pub fn trace(
    first_line: &str,
    headers: &[(String, String)],
    body: &[u8],
    secrets: &Secrets,
) -> String {
    let mut shown = plain(&hide_in_target(first_line, secrets)).into_owned();
    shown.push('\n');
    for (name, value) in headers {
        let value = match secrets.is_field(name) {
            true => HIDDEN.to_owned(),
            false => mask_secrets(value),
        };
        shown.push_str(&format!("{}: {}\n", plain(name), plain(&value)));
    }
    if !body.is_empty() {
        shown.push('\n');
        shown.push_str(&show_body(content_type(headers), body, secrets));
        shown.push('\n');
    }
    hide_values(&shown, &secrets.values)
}

// Only its query has names that are handed in.
fn hide_in_target(first_line: &str, secrets: &Secrets) -> String {
    let shown = mask_secrets(first_line);
    let Some((path, behind)) = shown.split_once('?') else {
        return shown;
    };
    let (query, version) = behind.split_once(' ').unwrap_or((behind, ""));
    let query = hide_in_pairs(query, secrets);
    format!("{path}?{query} {version}").trim_end().to_owned()
}

fn content_type(headers: &[(String, String)]) -> &str {
    let mut headers = headers.iter();
    let found = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    found.map_or("", |(_, value)| value.as_str())
}

fn show_body(content_type: &str, body: &[u8], secrets: &Secrets) -> String {
    let by_length = || format!("({} bytes)", body.len());
    let Ok(text) = std::str::from_utf8(body) else {
        return by_length();
    };
    let content_type = content_type.to_ascii_lowercase();
    let shown = match hide_in_json(text, secrets) {
        Some(json) => json,
        None if content_type.contains("json") => return by_length(),
        None if content_type.contains("urlencoded") => hide_in_pairs(text, secrets),
        // Parts of a form have names and values of their own.
        None if content_type.starts_with("multipart/") => return by_length(),
        None => {
            let lines = text.split('\n').map(|line| hide_in_line(line, secrets));
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    // Before it is cut, which may leave a part of a value.
    shorten(&plain(&hide_values(&shown, &secrets.values)))
}

// One value, or one a line.
fn hide_in_json(text: &str, secrets: &Secrets) -> Option<String> {
    let hide = |value| hide_in_value(value, secrets).to_string();
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return Some(hide(value));
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let values = lines.map(|line| serde_json::from_str::<Value>(line).ok());
    let shown: Option<Vec<String>> = values.map(|value| value.map(hide)).collect();
    shown
        .filter(|shown| !shown.is_empty())
        .map(|shown| shown.join("\n"))
}

/// The text without these values, in every form in which a message may hold them. Values of a few
/// bytes stay: they are parts of too much else.
#[must_use]
pub fn hide_values(text: &str, values: &[String]) -> String {
    let values = values.iter().filter(|value| value.len() >= VALUE_BYTES_MIN);
    let mut forms: Vec<String> = values.flat_map(|value| forms(value)).collect();
    // One may be a part of another.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    let hide = |text: String, form: &String| text.replace(form.as_str(), HIDDEN);
    forms.iter().fold(text.to_owned(), hide)
}

/// A value as it stands in a header field, in JSON, in a form or query, and in a path.
fn forms(value: &str) -> [String; 4] {
    let json = Value::from(value).to_string();
    [
        value.to_owned(),
        json[1..json.len() - 1].to_owned(),
        byte_serialize(value.as_bytes()).collect(),
        encode_value(value),
    ]
}

/// The JSON without these values: in its texts, or as its numbers.
#[must_use]
pub fn hide_values_within(value: Value, values: &[String]) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter();
            let members = members.map(|(name, value)| (name, hide_values_within(value, values)));
            Value::Object(members.collect())
        }
        Value::Array(items) => {
            let items = items.into_iter();
            items.map(|item| hide_values_within(item, values)).collect()
        }
        Value::String(text) => hide_values(&text, values).into(),
        Value::Number(number) if hide_values(&number.to_string(), values) == HIDDEN => {
            HIDDEN.into()
        }
        value => value,
    }
}

/// The value without the members whose names are those of secrets, and without secrets in its texts,
/// such as those of URLs: `***` is in their place.
#[must_use]
pub fn hide_secrets(value: Value) -> Value {
    hide_in_value(value, &Secrets::default())
}

fn hide_in_value(value: Value, secrets: &Secrets) -> Value {
    match value {
        Value::Object(members) => {
            let hide = |(name, value): (String, Value)| match secrets.is_member(&name) {
                true => (name, HIDDEN.into()),
                false => (name, hide_in_value(value, secrets)),
            };
            Value::Object(members.into_iter().map(hide).collect())
        }
        Value::Array(values) => {
            let values = values.into_iter();
            values.map(|value| hide_in_value(value, secrets)).collect()
        }
        Value::String(text) => hide_in_text(&text, secrets).into(),
        value => value,
    }
}

// Such as `DB_PASSWORD=hunter2`, which may hold anything behind its name.
fn hide_in_text(text: &str, secrets: &Secrets) -> String {
    match text.split_once('=') {
        Some((name, _)) if is_word(name) && secrets.is_member(name) => format!("{name}={HIDDEN}"),
        _ => mask_secrets(text),
    }
}

// A form, or as a text.
fn hide_in_line(line: &str, secrets: &Secrets) -> String {
    let is_form = line.contains('&') && !line.trim_end().contains(char::is_whitespace);
    match is_form {
        true => hide_in_pairs(line, secrets),
        false => hide_in_text(line, secrets),
    }
}

fn is_word(name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && name.chars().all(is_part)
}

fn hide_in_pairs(pairs: &str, secrets: &Secrets) -> String {
    let hide = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if secrets.is_member(&percent_decode_str(name).decode_utf8_lossy()) => {
            format!("{name}={HIDDEN}")
        }
        _ => mask_secrets(pair),
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
    use micro_api::json;

    use super::*;

    fn traced(content_type: &str, body: &[u8]) -> String {
        let headers = [("Content-Type".to_owned(), content_type.to_owned())];
        let shown = trace("GET / HTTP/1.1", &headers, body, &Secrets::default());
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
            ("Subscription-Key", "hunter2"),
            ("Link", "<http://h/?token=hunter2>; rel=\"next\""),
            ("Location", "http://me:hunter2@h/?a=b&access_token=hunter2"),
            ("X-Control", "\x1b[2J"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            trace(
                "POST /a?b=c&to%6ben=hunter2&d HTTP/1.1",
                &headers,
                b"",
                &Secrets::default()
            ),
            "POST /a?b=c&to%6ben=***&d HTTP/1.1\n\
             Host: h\n\
             Authorization: ***\n\
             X-Api-Key: ***\n\
             Set-Cookie: ***\n\
             Subscription-Key: ***\n\
             Link: <http://h/?token=***>; rel=\"next\"\n\
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
                "{\"next\": \"http://h/?a=b&token=x\", \"Env\": [\"DB_PASSWORD=x=y z\", \"A=b\"]}",
                "{\"next\":\"http://h/?a=b&token=***\",\"Env\":[\"DB_PASSWORD=***\",\"A=b\"]}",
            ),
            ("text/plain", "a=b&password=x&c=d", "a=b&password=***&c=d"),
            (
                "text/plain",
                "A=b\nPASSWORD=x y\nC=d",
                "A=b\nPASSWORD=***\nC=d",
            ),
            (
                "text/plain",
                "see http://h/?token=x, y",
                "see http://h/?token=*** y",
            ),
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
        let values = ["a \"é456".to_owned(), "123456".to_owned(), "1".to_owned()];
        let forms = [
            "a \"é456",
            "a \\\"é456",
            "a+%22%C3%A9456",
            "a%20%22%C3%A9456",
            "123456",
        ];
        for text in forms {
            assert_eq!(hide_values(&format!("<{text}>"), &values), "<***>");
        }
        assert_eq!(hide_values("12345 1", &values), "12345 1");
        let value = json!({"a": ["x123456"], "b": 123456, "c": 1234567, "1": true});
        let hidden = json!({"a": ["x***"], "b": "***", "c": 1234567, "1": true});
        assert_eq!(hide_values_within(value, &values), hidden);
    }

    #[test]
    fn what_is_known_to_be_a_secret_is_hidden_by_its_name() {
        let secrets = Secrets {
            names: vec!["X-Team".to_owned(), "key".to_owned()],
            values: vec!["hunter2".to_owned(), "1".to_owned()],
        };
        let headers = [("x-team", "1"), ("Content-Length", "11")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            trace(
                "GET /1/hunter2?key=1&b=1 HTTP/1.1",
                &headers,
                b"{\"key\":1,\"b\":1}",
                &secrets
            ),
            "GET /1/***?key=***&b=1 HTTP/1.1\nx-team: ***\nContent-Length: 11\n\n\
             {\"key\":\"***\",\"b\":1}\n"
        );
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
