//! Which state of which mapping: its entity-tag.

use std::fmt;

/// A state of a mapping: another after each change, and another for another mapping of the same
/// domain. Its text is the strong entity-tag `"ID-VERSION"` (RFC 9110 section 8.8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    /// The number of the mapping, which no later one gets again.
    pub(crate) id: u64,
    /// How often it was changed.
    pub(crate) version: u64,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}-{}\"", self.id, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::Revision;

    #[test]
    fn its_text_is_a_strong_tag() {
        let first = Revision { id: 1, version: 0 };
        let last = Revision {
            id: u64::MAX,
            version: u64::MAX,
        };
        assert_eq!(first.to_string(), "\"1-0\"");
        assert_eq!(
            last.to_string(),
            "\"18446744073709551615-18446744073709551615\""
        );
    }
}
