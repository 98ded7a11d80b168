//! What is wrong with a text that somebody sent: what was found, and what was expected.

use std::fmt;

use micro_api::Error;

/// Why a text is refused: one sentence that says what was found and what was expected.
///
/// To the peer, it is a 400.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(String);

impl Malformed {
    /// With this sentence; what the peer has sent stands in it as [`quoted`](micro_api::quoted).
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

#[cfg(test)]
mod tests {
    use micro_api::Error;

    use super::Malformed;

    #[test]
    fn the_peer_is_told_the_sentence() {
        let error = Error::from(Malformed::new("found this: expected that").within("here"));
        assert_eq!(
            (error.status(), error.message(), error.detail()),
            (400, "here: found this: expected that", None)
        );
    }
}
