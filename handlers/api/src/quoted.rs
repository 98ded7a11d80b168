//! What somebody has sent, in a message: his own words, or what sort of value it is.

use serde_json::Value;

/// How many characters of a text are shown at most.
const SHOWN_CHARS_MAX: usize = 64;

/// Somebody's own words in backticks: cut if they are long, and with what cannot be seen escaped.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut shown = String::from("`");
    for character in text.chars().take(SHOWN_CHARS_MAX) {
        match character {
            '"' | '\'' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown + "`"
}

/// What sort of JSON value it is, in words that complete «it is …».
#[must_use]
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_stand_in_backticks_as_they_are() {
        assert_eq!(
            quoted("Bücher \"quoted\" 'too'"),
            "`Bücher \"quoted\" 'too'`"
        );
        assert_eq!(quoted(""), "``");
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(
            quoted("a\r\nb\t\u{7f}\u{1b}[1m\u{202e}\0\\"),
            r"`a\r\nb\t\u{7f}\u{1b}[1m\u{202e}\0\\`"
        );
    }

    #[test]
    fn what_is_long_is_cut() {
        for length in [63, 64] {
            let text = "ü".repeat(length);
            assert_eq!(quoted(&text), format!("`{text}`"));
        }
        assert_eq!(quoted(&"ü".repeat(65)), format!("`{}…`", "ü".repeat(64)));
    }
}
