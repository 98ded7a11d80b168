//! What the URL of a database must be, checked before anybody opens one. Nothing is opened here.
//!
//! `sqlite:PATH` is the path as it stands, to the end; `mysql://USER[:PASSWORD]@HOST[:PORT]/NAME`
//! is a URL (RFC 3986).

use super::url::{check_escapes, parse_address, parse_credentials};

/// The port of MySQL and MariaDB, if a URL says none.
const MYSQL_PORT: u16 = 3306;

/// Whether a text is meant as the URL of a database that we have: its scheme says so, in any case.
#[must_use]
pub fn is_database_url(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        ["sqlite", "mysql"]
            .iter()
            .any(|ours| ours.eq_ignore_ascii_case(scheme))
    })
}

/// Checks the URL of a database.
///
/// ```
/// use micro::config::check_database_url;
///
/// assert!(check_database_url("sqlite:/var/lib/app/store.db").is_ok());
/// assert!(check_database_url("mysql://app:hunter2@db.local:3307/app").is_ok());
/// let sentence = check_database_url("mysql://app:hunter2@db.local").expect_err("no database");
/// assert!(sentence.starts_with("behind its host, a `mysql:` URL names a database"));
/// ```
///
/// # Errors
///
/// One sentence that says which part is wrong; it shows nothing of the URL.
pub fn check_database_url(text: &str) -> Result<(), String> {
    match text.split_once(':') {
        Some(("sqlite", path)) => check_sqlite(path),
        Some(("mysql", rest)) => check_mysql(rest),
        _ => Err("the URL of a database begins with `sqlite:` or `mysql://`".to_owned()),
    }
}

fn check_sqlite(path: &str) -> Result<(), String> {
    let sentence = if path.is_empty() {
        "a `sqlite:` URL has the path of a file behind the colon"
    } else if path.contains(char::is_control) {
        "the path of a `sqlite:` URL holds no control characters"
    } else if path.contains('?') {
        "a `sqlite:` URL has no options (`?…`)"
    } else if path.starts_with("//") {
        // Whoever knows `sqlite:///file` from elsewhere would get a file in the root folder.
        "the path of a `sqlite:` URL stands behind the colon, without `//`"
    } else if path.ends_with('/') {
        "the path of a `sqlite:` URL is that of a file, and ends with its name"
    } else {
        return Ok(());
    };
    Err(sentence.to_owned())
}

fn check_mysql(rest: &str) -> Result<(), String> {
    let rest = rest
        .strip_prefix("//")
        .ok_or("a `mysql:` URL begins with `mysql://`")?;
    if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("a `mysql:` URL holds no blanks and no control characters".to_owned());
    }
    if rest.contains(['?', '#']) {
        let sentence = "a `mysql:` URL has no options (`?…`) and no fragment (`#…`); \
                        in a password, these are `%3F` and `%23`";
        return Err(sentence.to_owned());
    }
    let (authority, database) = match rest.split_once('/') {
        Some((authority, database)) => (authority, Some(database)),
        None => (rest, None),
    };
    check_server(authority)?;
    check_database(database.unwrap_or_default())
}

fn check_server(authority: &str) -> Result<(), String> {
    let (userinfo, address) = authority.rsplit_once('@').unwrap_or(("", authority));
    if userinfo.is_empty() || userinfo.starts_with(':') {
        let sentence = "before its host, a `mysql:` URL names a user, as in \
                        `mysql://user@host/database`; a `/` in a password is `%2F`";
        return Err(sentence.to_owned());
    }
    parse_credentials(userinfo)?;
    if address.is_empty() || address.starts_with(':') {
        return Err("behind `@`, a `mysql:` URL names a host".to_owned());
    }
    parse_address(address, MYSQL_PORT).map(drop)
}

fn check_database(name: &str) -> Result<(), String> {
    if name.is_empty() || name.contains('/') {
        let sentence = "behind its host, a `mysql:` URL names a database, as in \
                        `mysql://user@host/database`, and nothing else";
        return Err(sentence.to_owned());
    }
    check_escapes(name, "the name of the database in a URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_files_and_of_servers() {
        for text in [
            "sqlite:a",
            "sqlite:a b.db",
            "sqlite:/var/lib/a#1.db",
            "sqlite:../a@b:c.db",
            "sqlite::memory:",
            "mysql://u@h/d",
            "mysql://u:p@h:1/d",
            "mysql://u:p@h:65535/d",
            "mysql://u:@h/d",
            "mysql://u:a@b:c@h/d",
            "mysql://u%40x:%2F%3F%23%25@h/d",
            "mysql://u:p@[::1]:3306/d",
            "mysql://u:p@127.0.0.1/d%20e",
        ] {
            assert_eq!(check_database_url(text), Ok(()), "{text}");
            assert!(is_database_url(text), "{text}");
        }
    }

    #[test]
    fn each_wrong_part_is_named() {
        for (text, part) in [
            ("", "the URL of a database begins with"),
            ("store.db", "the URL of a database begins with"),
            ("postgres://u@h/d", "the URL of a database begins with"),
            ("SQLite:a", "the URL of a database begins with"),
            ("sqlite:", "the path of a file behind the colon"),
            ("sqlite:a\u{0}b", "control characters"),
            ("sqlite:a\nb", "control characters"),
            ("sqlite:a?mode=ro", "no options"),
            ("sqlite:///a", "without `//`"),
            ("sqlite:a/", "ends with its name"),
            ("sqlite:/", "ends with its name"),
            ("mysql:u@h/d", "begins with `mysql://`"),
            ("mysql:", "begins with `mysql://`"),
            ("mysql://u:a b@h/d", "no blanks"),
            ("mysql://u@h/d\u{7f}", "no control characters"),
            ("mysql://u@h/d?ssl=1", "no options"),
            ("mysql://u:p?w@h/d", "no options"),
            ("mysql://u:p#w@h/d", "no fragment"),
            ("mysql://", "names a user"),
            ("mysql://h/d", "names a user"),
            ("mysql://@h/d", "names a user"),
            ("mysql://:p@h/d", "names a user"),
            ("mysql://u:p/w@h/d", "names a user"),
            ("mysql://u:100%@h/d", "two hexadecimal digits"),
            ("mysql://u:%00@h/d", "control characters"),
            ("mysql://u:%ff@h/d", "UTF-8"),
            ("mysql://u@/d", "names a host"),
            ("mysql://u@:1/d", "names a host"),
            ("mysql://u@h_!/d", "the host of a URL"),
            ("mysql://u@1.2.3/d", "IPv4"),
            ("mysql://u@[::x]/d", "IPv6"),
            ("mysql://u@[::1/d", "`[` without `]`"),
            ("mysql://u@h:/d", "the port of a URL"),
            ("mysql://u@h:0/d", "the port of a URL"),
            ("mysql://u@h:65536/d", "the port of a URL"),
            ("mysql://u@h", "names a database"),
            ("mysql://u@h/", "names a database"),
            ("mysql://u@h/d/", "names a database"),
            ("mysql://u@h/d/e", "names a database"),
            ("mysql://u@h/d%2", "two hexadecimal digits"),
        ] {
            let sentence = check_database_url(text).expect_err(text);
            assert!(sentence.contains(part), "{text}: {sentence}");
        }
    }

    #[test]
    fn no_sentence_shows_a_password() {
        let good = "mysql://geheim:geheim@geheim:3306/geheim";
        for at in 0..=good.len() {
            for more in ["", "?", "/", "@", ":", " ", "%"] {
                let text = format!("{}{more}", &good[..at]);
                let sentence = check_database_url(&text).err().unwrap_or_default();
                assert!(!sentence.contains("geh"), "{text}: {sentence}");
            }
        }
    }

    #[test]
    fn what_is_meant_as_a_url() {
        for text in ["sqlite:", "SQLite:a", "mysql:x", "MySQL://"] {
            assert!(is_database_url(text), "{text}");
        }
        for text in ["", "sqlite", "a host", "postgres://h/d", "sqlite3:a", ":a"] {
            assert!(!is_database_url(text), "{text}");
        }
    }
}
