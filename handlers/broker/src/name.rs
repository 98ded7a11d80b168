//! The names of instances, apps and jobs, and the hosts of units. No I/O.

use std::fmt;

use micro_api::quoted;

/// The name of an instance, an app or a job: letters, digits, `-`, `_` and `.`, a letter or a digit
/// first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

/// How many bytes a host has (RFC 1035 section 2.3.4).
const HOST_BYTES_MAX: usize = 255;

impl Name {
    /// Reads a name; `what` says of what.
    ///
    /// # Errors
    ///
    /// If it is none, says why.
    pub(crate) fn parse(what: &str, text: &str, bytes_max: usize) -> Result<Name, String> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let why = if text.is_empty() {
            "is empty"
        } else if text.len() > bytes_max {
            return Err(format!(
                "the name of the {what} has {} bytes: expected {bytes_max} at most",
                text.len()
            ));
        } else if !text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            "does not begin with a letter or a digit"
        } else if !text.bytes().all(is_plain) {
            "has other characters than letters, digits, `-`, `_` and `.`"
        } else {
            return Ok(Name(text.to_owned()));
        };
        let found = quoted(text);
        Err(format!(
            "the name {found} of the {what} {why}: expected a name such as `blog-2`"
        ))
    }

    /// The same for an instance: `plans` is no name, as that is the path of the plans.
    pub(crate) fn parse_instance(text: &str, bytes_max: usize) -> Result<Name, String> {
        match text {
            "plans" => Err("an instance cannot have the name `plans`: expected another one".into()),
            _ => Name::parse("instance", text, bytes_max),
        }
    }

    /// As text.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the host of a unit: a name or an address, perhaps with a port. It stands in a path, too.
///
/// # Errors
///
/// If it is none, says why.
pub(crate) fn parse_host(text: &str) -> Result<String, String> {
    let is_segment = !text.contains('/') && text != "." && text != "..";
    match is_segment {
        true => parse_address(text),
        false => Err(no_host(text)),
    }
}

/// Reads where an app is: a host, or a URL, as the routers of some platforms say it.
///
/// # Errors
///
/// If it is none, says why.
pub(crate) fn parse_address(text: &str) -> Result<String, String> {
    if text.len() > HOST_BYTES_MAX {
        let length = text.len();
        return Err(format!(
            "a host has {length} bytes: expected {HOST_BYTES_MAX} at most"
        ));
    }
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err(no_host(text)),
    }
}

fn no_host(text: &str) -> String {
    let found = quoted(text);
    format!("{found} is no host: expected one such as `10.10.10.10` or `a.example`")
}

#[cfg(test)]
mod tests {
    use super::{Name, parse_address, parse_host};

    fn refusal(text: &str) -> String {
        Name::parse_instance(text, 40).expect_err(text)
    }

    #[test]
    fn names_of_letters_digits_and_a_few_more() {
        for text in ["a", "blog", "Blog-2", "0", "my_db.v1", "plan", "plansx"] {
            let name = Name::parse_instance(text, 40).expect(text);
            assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_name_is_told_why() {
        for (text, why) in [
            (
                "",
                "the name `` of the instance is empty: expected a name such as `blog-2`",
            ),
            (
                "-a",
                "the name `-a` of the instance does not begin with a letter or a digit: expected a \
                 name such as `blog-2`",
            ),
            (
                "a/b",
                "the name `a/b` of the instance has other characters than letters, digits, `-`, `_` \
                 and `.`: expected a name such as `blog-2`",
            ),
            (
                "plans",
                "an instance cannot have the name `plans`: expected another one",
            ),
        ] {
            assert_eq!(refusal(text), why);
        }
        for text in ["..", ".", "ä", "a b", "a\n", "a\0", "a%", "%2e"] {
            assert!(Name::parse_instance(text, 40).is_err(), "{text}");
        }
    }

    #[test]
    fn names_as_long_as_they_may_be() {
        for (length, is_right) in [(39, true), (40, true), (41, false)] {
            let name = Name::parse_instance(&"a".repeat(length), 40);
            assert_eq!(name.is_ok(), is_right);
        }
        let why = "the name of the instance has 41 bytes: expected 40 at most";
        assert_eq!(refusal(&"a".repeat(41)), why);
    }

    #[test]
    fn hosts_are_names_and_addresses() {
        for text in ["10.10.10.10", "a.example", "[::1]:8080", "unit-1", "A"] {
            assert_eq!(parse_host(text).as_deref(), Ok(text));
        }
        for text in ["", "a b", "a/b", ".", "..", "ä", "a\n"] {
            assert!(parse_host(text).is_err(), "{text}");
        }
        for (length, is_right) in [(254, true), (255, true), (256, false)] {
            assert_eq!(parse_host(&"a".repeat(length)).is_ok(), is_right);
        }
    }

    #[test]
    fn apps_may_be_at_urls_too() {
        for text in ["a.example", "https://a.example", "tcp://a:8888/", ".."] {
            assert_eq!(parse_address(text).as_deref(), Ok(text));
        }
        let why = "`a b` is no host: expected one such as `10.10.10.10` or `a.example`";
        assert_eq!(parse_address("a b"), Err(why.to_owned()));
        for (length, is_right) in [(255, true), (256, false)] {
            assert_eq!(parse_address(&"a".repeat(length)).is_ok(), is_right);
        }
    }
}
