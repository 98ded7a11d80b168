//! Which Redis the mirror is in, and under which keys.

use std::time::Duration;

use micro_api::Error;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};

/// Which Redis, and which keys. It may hold a password, and is not told.
pub(crate) struct Target {
    pub(super) info: ConnectionInfo,
    /// Who we are there: `USER PASSWORD`, or just a password.
    pub(super) login: Vec<String>,
    /// The number of its database.
    pub(super) number: i64,
    /// What the keys of mappings begin with; the rest is the domain.
    pub(crate) prefix: Vec<u8>,
    /// Where the mark is.
    pub(super) mark_key: Vec<u8>,
    /// What is there while Redis has everything that was there when it was last compared.
    pub(super) filled_key: Vec<u8>,
    /// How long Redis may take to connect, to take something, and to answer.
    pub(super) timeout: Duration,
}

impl Target {
    /// Checks the settings. What is wrong is told without the URL.
    ///
    /// # Errors
    ///
    /// If it is no URL of a Redis that can be used, or the prefix is that of more keys than those
    /// of mappings.
    pub(crate) fn new(url: &str, prefix: &str, timeout: Duration) -> Result<Target, Error> {
        let mark_key = format!("micro:routing:mark:{prefix}");
        let filled_key = format!("micro:routing:filled:{prefix}");
        if mark_key.starts_with(prefix) || filled_key.starts_with(prefix) {
            return Err(invalid(format!(
                "the prefix of the keys in Redis is `{prefix}`, expected one of their own, such as \
                 `frontend:`: all other keys that begin like it are deleted"
            )));
        }
        if timeout.is_zero() {
            return Err(invalid(
                "the time-out of Redis is 0, expected a time that it may take".to_owned(),
            ));
        }
        let info = parse(url)?;
        let redis = info.redis_settings();
        let login = match redis.password() {
            Some(password) => redis.username().into_iter().chain([password]).collect(),
            None => Vec::new(),
        };
        Ok(Target {
            login: login.into_iter().map(str::to_owned).collect(),
            number: redis.db(),
            // The crate would not tell why a password is refused.
            info: info.set_redis_settings(RedisConnectionInfo::default().set_skip_set_lib_name()),
            prefix: prefix.into(),
            mark_key: mark_key.into(),
            filled_key: filled_key.into(),
            timeout,
        })
    }
}

fn parse(url: &str) -> Result<ConnectionInfo, Error> {
    let (scheme, _) = url.split_once(':').unwrap_or_default();
    match scheme {
        "redis" | "redis+unix" => {}
        "rediss" => {
            return Err(invalid(
                "`routing.redis_url` begins with `rediss://`, expected `redis://` or `redis+unix://`: \
                 what goes to Redis is not encrypted, so let a tunnel do that, such as stunnel"
                    .to_owned(),
            ));
        }
        _ if url.contains("://") => return Err(unlike("has another scheme")),
        _ => return Err(unlike("has no scheme")),
    }
    let info = url.into_connection_info().map_err(|error| {
        let why = error.to_string();
        // What follows is the crate's name for its kind, or a part of the URL.
        let kind = why.split(" - ").next().unwrap_or_default();
        unlike(&format!("cannot be read ({kind})"))
    })?;
    match info.addr() {
        ConnectionAddr::Tcp(..) | ConnectionAddr::Unix(_) => Ok(info),
        _ => Err(unlike("is of another kind")),
    }
}

fn unlike(why: &str) -> Error {
    invalid(format!(
        "`routing.redis_url` {why}, expected `redis://HOST:PORT` or `redis+unix:///PATH`"
    ))
}

fn invalid(why: String) -> Error {
    Error::internal(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, prefix: &str) -> Result<(), String> {
        let target = Target::new(url, prefix, Duration::from_secs(1));
        let refused = |error: Error| error.detail().unwrap_or_default().to_owned();
        target.map(drop).map_err(refused)
    }

    #[test]
    fn takes_what_redis_can_be_at() {
        for url in [
            "redis://localhost",
            "redis://127.0.0.1:6379/3",
            "redis://[::1]:6379",
            "redis://:secret@localhost",
            "redis://ann:secret@localhost",
            "redis+unix:///run/redis.sock?pass=secret&db=2",
        ] {
            assert_eq!(check(url, "frontend:"), Ok(()), "{url}");
        }
    }

    #[test]
    fn refuses_others_without_telling_the_password() {
        for url in [
            "",
            "localhost:6379",
            "http://:secret@localhost",
            "rediss://:secret@localhost",
            "redis://:secret@",
            "redis://:secret@localhost:99999",
            "redis://:secret@localhost/secret",
            "redis://:secret@localhost?protocol=secret",
            "redis://:secret@0.0.0.0",
            "redis+unix://secret/x",
        ] {
            let error = check(url, "frontend:").expect_err(url);
            assert!(error.starts_with("`routing.redis_url` "), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn says_what_a_url_lacks() {
        for (url, why) in [
            ("localhost:6379", "has no scheme"),
            ("http://localhost:6379", "has another scheme"),
        ] {
            let expected = format!(
                "`routing.redis_url` {why}, expected `redis://HOST:PORT` or `redis+unix:///PATH`"
            );
            assert_eq!(check(url, "frontend:"), Err(expected));
        }
    }

    #[test]
    fn refuses_a_prefix_of_other_keys() {
        for prefix in [
            "",
            "m",
            "micro:routing:mark:",
            "micro:routing:filled:",
            "micro:",
        ] {
            let error = check("redis://localhost", prefix).expect_err(prefix);
            assert!(error.starts_with("the prefix of the keys"), "{error}");
        }
        assert_eq!(check("redis://localhost", "micro:routing:"), Err(
            "the prefix of the keys in Redis is `micro:routing:`, expected one of their own, such \
             as `frontend:`: all other keys that begin like it are deleted".to_owned()
        ));
        assert_eq!(check("redis://localhost", "micro:frontend:"), Ok(()));
    }
}
