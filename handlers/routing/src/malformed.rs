//! What is wrong with a text that somebody sent: what was found, and what was expected.

use std::fmt;

use micro_api::Error;

/// How many characters of a text are shown at most.
const SHOWN_CHARS_MAX: usize = 64;

/// Why a text is refused: one sentence that says what was found and what was expected.
///
/// To the peer, it is a 400.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(String);

impl Malformed {
    /// With this sentence; what the peer has sent stands in it as [`quoted`].
    pub(crate) fn new(sentence: impl Into<String>) -> Malformed {
        Malformed(sentence.into())
    }

    /// The same sentence, after the name of the part that it is about.
    pub(crate) fn within(self, part: impl fmt::Display) -> Malformed {
        Malformed(format!("{part}: {}", self.0))
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// `Malformed` is no `std::error::Error`, or `?` would make a 500 of it.
impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Error {
        Error::new(400, malformed.0)
    }
}

/// Somebody's own words in backticks: cut if they are long, and with what cannot be seen escaped.
pub(crate) fn quoted(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use micro_api::Error;

    use super::{Malformed, quoted};

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

    #[test]
    fn the_peer_is_told_the_sentence() {
        let error = Error::from(Malformed::new("found this: expected that").within("here"));
        assert_eq!(
            (error.status(), error.message(), error.detail()),
            (400, "here: found this: expected that", None)
        );
    }
}
