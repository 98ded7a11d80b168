//! The name and password that every request carries (RFC 7617). No I/O.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use micro_api::{Config, Error, Request};
use subtle::ConstantTimeEq;

/// The name and password that open the door.
pub(crate) struct Login {
    /// `name:password`.
    pair: String,
}

/// What the login of a request is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is right.
    Granted,
    /// There is none.
    Missing,
    /// It is wrong, or cannot be read.
    Wrong,
}

/// How many bytes a password has: with fewer, it could be found by trying.
const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 12..=256;
const NAME_BYTES: std::ops::RangeInclusive<usize> = 1..=256;

const NO_NAME: &str = "no user is configured: set BROKER_USERNAME to the name that the platform \
                       sends, or BROKER_USERNAME_FILE to a file that holds it";
const NO_PASSWORD: &str = "no password is configured: set BROKER_PASSWORD to one of at least 12 \
                           characters, or BROKER_PASSWORD_FILE to a file that holds it";

impl Login {
    /// Reads `broker.username` and `broker.password`.
    ///
    /// # Errors
    ///
    /// If one of them is missing, or could not be sent.
    pub(crate) fn read(config: &Config) -> Result<Login, Error> {
        let find = |name: &str, missing: &'static str| {
            let text = config.find(name).unwrap_or_default();
            match text.is_empty() {
                true => Err(Error::internal(missing)),
                false => Ok(text),
            }
        };
        let name = find("broker.username", NO_NAME)?;
        let password = find("broker.password", NO_PASSWORD)?;
        check("broker.username", name, NAME_BYTES)?;
        check("broker.password", password, PASSWORD_BYTES)?;
        if name.contains(':') {
            let why = "`broker.username` has a colon, which ends a name (RFC 7617 section 2)";
            return Err(Error::internal(why));
        }
        Ok(Login {
            pair: format!("{name}:{password}"),
        })
    }

    /// Whether a request carries it. That takes the same time whatever is wrong; how long it is may
    /// show.
    pub(crate) fn judge(&self, request: &Request) -> Verdict {
        let mut logins = request
            .headers()
            .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .map(|(_, value)| value);
        let (Some(value), None) = (logins.next(), logins.next()) else {
            return match request.header("authorization") {
                None => Verdict::Missing,
                Some(_) => Verdict::Wrong,
            };
        };
        match find_pair(value) {
            Some(pair) if bool::from(pair.ct_eq(self.pair.as_bytes())) => Verdict::Granted,
            _ => Verdict::Wrong,
        }
    }
}

// It is a secret.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

fn check(name: &str, text: &str, lengths: std::ops::RangeInclusive<usize>) -> Result<(), Error> {
    if text.chars().any(char::is_control) {
        let why = format!("`{name}` has a control character, which cannot be sent");
        return Err(Error::internal(why));
    }
    if !lengths.contains(&text.len()) {
        let (length, (least, most)) = (text.len(), lengths.into_inner());
        let why = format!("`{name}` has {length} bytes, expected {least} to {most}");
        return Err(Error::internal(why));
    }
    Ok(())
}

/// The name and password in a header field.
fn find_pair(value: &[u8]) -> Option<Vec<u8>> {
    let end = value.iter().position(|byte| *byte == b' ')?;
    let (scheme, rest) = value.split_at(end);
    let is_basic = scheme.eq_ignore_ascii_case(b"basic");
    is_basic.then(|| STANDARD.decode(rest.trim_ascii()).ok())?
}

#[cfg(test)]
mod tests {
    use micro_api::{Config, testing};

    use super::{Login, Verdict};

    fn login(name: &str, password: &str) -> Result<Login, String> {
        let config = Config::new([("broker.username", name), ("broker.password", password)]);
        Login::read(&config).map_err(|error| error.detail().unwrap_or_default().to_owned())
    }

    #[track_caller]
    fn judge(headers: &[&str]) -> Verdict {
        let request = testing::get("/");
        let add =
            |request: testing::TestRequest, value: &&str| request.header("authorization", value);
        let request = headers.iter().fold(request, add).build();
        let login = login("Aladdin", "open sesame!").expect("it is one");
        login.judge(&request)
    }

    #[test]
    fn who_has_name_and_password_comes_in() {
        for value in [
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZSE=",
            "basic QWxhZGRpbjpvcGVuIHNlc2FtZSE=",
            "BASIC  QWxhZGRpbjpvcGVuIHNlc2FtZSE= ",
        ] {
            assert_eq!(judge(&[value]), Verdict::Granted, "{value}");
        }
    }

    #[test]
    fn others_do_not() {
        assert_eq!(judge(&[]), Verdict::Missing);
        for value in [
            "",
            "Basic",
            "Basic ",
            "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZSE=",
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "Basic QWxhZGRpbjo=",
            "Basic !",
            "QWxhZGRpbjpvcGVuIHNlc2FtZSE=",
        ] {
            assert_eq!(judge(&[value]), Verdict::Wrong, "{value}");
        }
        let right = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZSE=";
        assert_eq!(judge(&[right, right]), Verdict::Wrong);
    }

    #[test]
    fn passwords_from_12_bytes_to_256() {
        for (length, is_right) in [(11, false), (12, true), (256, true), (257, false)] {
            let login = login("a", &"x".repeat(length));
            assert_eq!(login.is_ok(), is_right, "{length}");
        }
        let error = login("a", "secret").expect_err("it is short");
        assert_eq!(error, "`broker.password` has 6 bytes, expected 12 to 256");
    }

    #[test]
    fn without_them_nothing_starts() {
        let error = login("", "open sesame!").expect_err("there is no name");
        assert!(error.starts_with("no user is configured: set BROKER_USERNAME"));
        let error = login("a", "").expect_err("there is no password");
        assert!(error.starts_with("no password is configured: set BROKER_PASSWORD"));
        let error = login("a:b", "open sesame!").expect_err("it has a colon");
        assert!(error.starts_with("`broker.username` has a colon"));
        let error = login("a\n", "open sesame!").expect_err("it cannot be sent");
        assert!(error.starts_with("`broker.username` has a control character"));
    }
}
