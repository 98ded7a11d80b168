//! The kinds of values that settings and options have.

use micro_api::units::{find_bool, find_duration, find_size};

use super::limits::{Limit, LimitKind};
use super::{Url, check_database_url};

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
    /// A port; 0 lets the system choose.
    Port,
    /// The status of an answer.
    Status,
    /// A duration, such as `30s`.
    Duration,
    /// Bytes, such as `1MiB`.
    Size,
    /// The URL of a service that we can call.
    Url,
    /// The URL of a database: `sqlite:…` or `mysql://…`.
    DatabaseUrl,
    /// A file that exists.
    File,
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
    /// A limit, with its range.
    Limit(&'static Limit),
}

impl ValueKind {
    /// The kind of this name, as `validate=` names it.
    #[must_use]
    pub fn find(name: &str) -> Option<ValueKind> {
        let found = Self::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind)
    }

    /// The kinds that `validate=` knows.
    pub const NAMED: &'static [(&'static str, ValueKind)] = &[
        ("int", ValueKind::Int),
        ("float", ValueKind::Float),
        ("bool", ValueKind::Bool),
        ("file", ValueKind::File),
        ("duration", ValueKind::Duration),
        ("size", ValueKind::Size),
        ("url", ValueKind::Url),
    ];

    /// One word for tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ValueKind::Text => "text",
            ValueKind::Int => "int",
            ValueKind::Float => "float",
            ValueKind::Bool => "bool",
            ValueKind::Port => "port",
            ValueKind::Status => "status",
            ValueKind::Duration => "duration",
            ValueKind::Size => "size",
            ValueKind::Url | ValueKind::DatabaseUrl => "url",
            ValueKind::File => "file",
            ValueKind::Choice(_) => "choice",
            ValueKind::Limit(limit) => match limit.kind {
                LimitKind::Count => "int",
                LimitKind::Size => "size",
                LimitKind::Duration => "duration",
            },
        }
    }

    /// What a value must be, in words that complete «must be …».
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            ValueKind::Text => "text".to_owned(),
            ValueKind::Int => "a whole number such as `42`".to_owned(),
            ValueKind::Float => "a number such as `0.5`".to_owned(),
            ValueKind::Bool => "`true` or `false`".to_owned(),
            ValueKind::Port => "a port (0 to 65535)".to_owned(),
            ValueKind::Status => "a status from 200 to 599".to_owned(),
            ValueKind::Duration => "a duration such as `30s` or `1.5`".to_owned(),
            ValueKind::Size => "a size such as `64KiB` or `1024`".to_owned(),
            ValueKind::Url => "a URL such as `http://localhost:8080`".to_owned(),
            ValueKind::DatabaseUrl => "`sqlite:file` or `mysql://user@host/database`".to_owned(),
            ValueKind::File => "the path of a file that exists".to_owned(),
            ValueKind::Choice(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                format!("one of {}", words.join(", "))
            }
            ValueKind::Limit(limit) => expected_limit(limit),
        }
    }

    /// Which part of a text is wrong, for a kind whose values have parts; nothing of the text is
    /// shown.
    #[must_use]
    pub fn find_wrong_part(self, text: &str) -> Option<String> {
        match self {
            ValueKind::DatabaseUrl => check_database_url(text).err(),
            _ => None,
        }
    }

    /// Whether a text is such a value.
    #[must_use]
    pub fn accepts(self, text: &str) -> bool {
        match self {
            ValueKind::Text => true,
            ValueKind::Int => text.parse::<i64>().is_ok(),
            ValueKind::Float => text.parse::<f64>().is_ok_and(f64::is_finite),
            ValueKind::Bool => find_bool(text).is_some(),
            ValueKind::Port => text.parse::<u16>().is_ok(),
            ValueKind::Status => text
                .parse()
                .is_ok_and(|status| (200..600).contains(&status)),
            ValueKind::Duration => find_duration(text).is_some(),
            ValueKind::Size => find_size(text).is_some(),
            ValueKind::Url => Url::parse(text).is_ok(),
            ValueKind::DatabaseUrl => check_database_url(text).is_ok(),
            ValueKind::File => std::path::Path::new(text).is_file(),
            ValueKind::Choice(words) => words.iter().any(|word| word.eq_ignore_ascii_case(text)),
            ValueKind::Limit(limit) => limit.find(text).is_some(),
        }
    }
}

fn expected_limit(limit: &Limit) -> String {
    let Limit {
        least, greatest, ..
    } = limit;
    match limit.kind {
        LimitKind::Count => format!("a whole number from {least} to {greatest}"),
        LimitKind::Size => format!("a size such as `64KiB`, from {least} to {greatest} bytes"),
        LimitKind::Duration => format!("a duration such as `30s`, up to {greatest} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CALL_LIMITS, CallLimits, DATABASE_LIMITS, LIMITS, Limits};

    #[test]
    fn urls_have_a_known_scheme_and_a_host() {
        for good in [
            "http://a",
            "https://a:1/b",
            "http://[::1]:8080/x",
            "unix:///s",
            "http://u:p@h/",
        ] {
            assert!(ValueKind::Url.accepts(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "http://",
            "http:///x",
            "ftp://a",
            "http://a:b",
            "http://a:0",
            "unix://",
            "http://a b",
        ] {
            assert!(!ValueKind::Url.accepts(bad), "{bad}");
        }
    }

    #[test]
    fn limits_hold_at_both_ends() {
        let of_calls = CALL_LIMITS.iter().map(|bound| &bound.limit);
        let of_servers = LIMITS.iter().map(|bound| &bound.limit);
        for limit in of_servers.chain(of_calls).chain(DATABASE_LIMITS) {
            let kind = ValueKind::Limit(limit);
            assert!(kind.accepts(limit.default), "{}", limit.name);
            assert!(kind.accepts(&limit.least.to_string()), "{}", limit.name);
            assert!(kind.accepts(&limit.greatest.to_string()), "{}", limit.name);
            assert!(
                !kind.accepts(&(limit.greatest + 1).to_string()),
                "{}",
                limit.name
            );
            if limit.least > 0 {
                assert!(
                    !kind.accepts(&(limit.least - 1).to_string()),
                    "{}",
                    limit.name
                );
            }
        }
    }

    #[test]
    fn what_limits_are_by_default_is_what_their_tables_say() {
        let (mut limits, mut of_calls) = (Limits::default(), CallLimits::default());
        LIMITS
            .iter()
            .for_each(|bound| bound.read(&mut limits, bound.limit.default));
        CALL_LIMITS
            .iter()
            .for_each(|bound| bound.read(&mut of_calls, bound.limit.default));
        assert_eq!(
            (limits, of_calls),
            (Limits::default(), CallLimits::default())
        );
    }

    #[test]
    fn ports_and_choices() {
        assert!(ValueKind::Port.accepts("65535") && !ValueKind::Port.accepts("65536"));
        let level = ValueKind::Choice(&["debug", "info"]);
        assert!(level.accepts("DEBUG") && !level.accepts("loud"));
    }
}
