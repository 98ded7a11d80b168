//! The name of a tenant. No I/O.

use std::fmt;

use micro_api::quoted;

use crate::malformed::Malformed;

/// How long a tenant's name may be.
const TENANT_BYTES_MAX: usize = 64;

/// The name of a tenant, to whom mappings belong. Case counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tenant(String);

impl Tenant {
    /// Reads a name: 1 to 64 letters and digits of ASCII, dots, underscores and hyphens.
    ///
    /// # Errors
    ///
    /// If it is anything else, or `.` or `..`, which would lead elsewhere in a path.
    pub(crate) fn parse(text: &str) -> Result<Tenant, Malformed> {
        let length = text.len();
        if text.is_empty() || length > TENANT_BYTES_MAX {
            let why = format!("is {length} bytes long: expected 1 to {TENANT_BYTES_MAX}");
            return Err(about(text, why));
        }
        if matches!(text, "." | "..") {
            let why = "leads elsewhere in a path: expected a name";
            return Err(about(text, why));
        }
        match text.chars().find(|c| !is_fit(*c)) {
            Some(found) => {
                let found = quoted(found.encode_utf8(&mut [0; 4]));
                let why = format!("has a {found}: expected letters, digits, `.`, `_` and `-`");
                Err(about(text, why))
            }
            None => Ok(Tenant(text.to_owned())),
        }
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_fit(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

fn about(text: &str, what: impl fmt::Display) -> Malformed {
    Malformed::new(format!("the tenant {} {what}", quoted(text)))
}

#[cfg(test)]
mod tests {
    use super::Tenant;

    #[track_caller]
    fn refusal(text: &str) -> String {
        Tenant::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn names() {
        for name in ["a", "A", "0", "-", "_", "...", ".a", "tools.wiki_2-x"] {
            assert_eq!(
                Tenant::parse(name).map(|tenant| tenant.as_str().to_owned()),
                Ok(name.into())
            );
        }
    }

    #[test]
    fn case_counts() {
        assert_ne!(Tenant::parse("a"), Tenant::parse("A"));
    }

    #[test]
    fn refusals_say_what_was_found_and_what_was_expected() {
        let cases = [
            ("", "the tenant `` is 0 bytes long: expected 1 to 64"),
            (
                "..",
                "the tenant `..` leads elsewhere in a path: expected a name",
            ),
            (
                ".",
                "the tenant `.` leads elsewhere in a path: expected a name",
            ),
            (
                "a/b",
                "the tenant `a/b` has a `/`: expected letters, digits, `.`, `_` and `-`",
            ),
            (
                "a\n",
                r"the tenant `a\n` has a `\n`: expected letters, digits, `.`, `_` and `-`",
            ),
            (
                "ü",
                "the tenant `ü` has a `ü`: expected letters, digits, `.`, `_` and `-`",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(refusal(text), message);
        }
    }

    #[test]
    fn a_name_has_at_most_64_bytes() {
        for length in [63, 64] {
            assert!(Tenant::parse(&"a".repeat(length)).is_ok());
        }
        let message = refusal(&"a".repeat(65));
        assert!(
            message.ends_with("is 65 bytes long: expected 1 to 64"),
            "{message}"
        );
    }
}
