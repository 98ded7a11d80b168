//! What a value of a line must be, told where it is not.

use micro_api::host;

use super::parameter::Kind;
use crate::config::{ValueKind, is_database_url};

/// What a value should have been, if it is not.
pub(super) fn refusal(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::Value(ValueKind::Text) => None,
        Kind::Value(kind) => (!kind.accepts(text)).then(|| kind.expected()),
        // Whatever else there is means another driver.
        Kind::DatabaseUrl if !text.is_empty() && !is_database_url(text) => None,
        Kind::DatabaseUrl => refusal(Kind::Value(ValueKind::DatabaseUrl), text),
        Kind::Name => {
            (!is_name(text)).then(|| "a name (letters, digits, `_`, `-` and `.`)".to_owned())
        }
        Kind::SettingName => (!is_setting_name(text)).then(|| {
            "the name of a setting such as `cache.size` (letters, digits, `_` and `-`, joined by single dots)"
                .to_owned()
        }),
        Kind::VariableName => (!is_variable_name(text)).then(|| {
            "the name of an environment variable such as `CACHE_SIZE` (letters, digits and `_`, no digit first)"
                .to_owned()
        }),
        Kind::FieldName => (!is_token(text)).then(|| "the name of a header field".to_owned()),
        // RFC 9110 section 5.5: what could start a line of its own is no value.
        Kind::FieldValue => text
            .contains(is_control)
            .then(|| "the value of a header field (no control characters but tabs)".to_owned()),
        Kind::Pattern | Kind::Ignored(_) | Kind::Validator => None,
        // Whether there is such a one is asked later; nothing is none.
        Kind::Function(kind) if !matches!(kind, host::Kind::Job | host::Kind::Turn) => {
            text.is_empty().then(|| kind.describe().to_owned())
        }
        Kind::Function(_) | Kind::Path => text.is_empty().then(|| "a function".to_owned()),
        Kind::LibraryPath => text
            .is_empty()
            .then(|| "the file of a shared library".to_owned()),
        Kind::Type => text.is_empty().then(|| "a type such as `int`".to_owned()),
        Kind::Enum => text.is_empty().then(|| "the name of an `ENUM`".to_owned()),
        Kind::Wrappers => text.is_empty().then(|| "the name of a `WRAP`".to_owned()),
    }
}

/// Which part of a refused value is wrong, if it has parts.
pub(super) fn find_wrong_part(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::DatabaseUrl if !text.is_empty() => ValueKind::DatabaseUrl.find_wrong_part(text),
        _ => None,
    }
}

fn is_control(character: char) -> bool {
    character.is_ascii_control() && character != '\t'
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn is_setting_name(text: &str) -> bool {
    is_name(text) && !text.split('.').any(str::is_empty)
}

// POSIX.1-2017 section 3.235, as shells take it.
fn is_variable_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_mark = |c: char| "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || is_mark(c))
}
