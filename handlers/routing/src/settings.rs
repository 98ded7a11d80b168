//! What an operator may set, with the defaults that hold where a definition does not mention it.

use std::time::Duration;

use micro_api::{Config, Error};

use crate::backends::Limits;
use crate::mappings::Changes;
use crate::mirror::MirrorSettings;
use crate::tokens::Tokens;

/// What an operator may set.
pub(crate) struct Settings {
    pub(crate) tokens: Tokens,
    pub(crate) limits: Limits,
    pub(crate) changes: Changes,
    /// How many mappings a page has if nobody says.
    pub(crate) page: u64,
    /// How many it may have.
    pub(crate) page_max: u64,
    /// How many lines an import may have.
    pub(crate) import_lines_max: usize,
    /// How long a change is waited for to be live.
    pub(crate) wait_max: Duration,
    /// Nothing, if there is no mirror.
    pub(crate) mirror: Option<MirrorSettings>,
}

/// The shortest time of anything that is waited for.
const DURATION_LEAST: Duration = Duration::from_millis(1);
/// The longest time of any setting, so that it can be added to a moment.
const DURATION_MOST: Duration = Duration::from_secs(24 * 60 * 60);
/// The most backends that a mapping may be allowed to have: they are one value of the database, and
/// one command for Redis.
const BACKENDS_MOST: usize = 10_000;
/// The most bytes of a backend's URL: more than any server takes.
const BACKEND_BYTES_MOST: usize = 64 * 1024;
/// The most mappings of a tenant, far below what the database counts.
const MAPPINGS_MOST: usize = 1_000_000_000;
/// The most mappings of a page, which is made in memory as a whole.
const PAGE_MOST: usize = 100_000;
/// The most lines of an import, which is read into memory as a whole.
const IMPORT_LINES_MOST: usize = 10_000_000;

const NO_TOKEN: &str = "no admin token is configured: set ROUTING_ADMIN_TOKEN to one (or to several, \
                        with commas between), or ROUTING_ADMIN_TOKEN_FILE to a file that holds it";

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// If there is no admin token, or a setting makes no sense.
    pub(crate) fn read(config: &Config) -> Result<Settings, Error> {
        let number = |name: &str, default: usize, most: usize| {
            config.get_within(&format!("routing.{name}"), default, 1..=most)
        };
        let url = config.get_or("routing.redis_url", String::new())?;
        Ok(Settings {
            tokens: tokens(config)?,
            limits: Limits {
                backends_max: number("backends_max", 64, BACKENDS_MOST)?,
                backend_bytes_max: number("backend_bytes_max", 2048, BACKEND_BYTES_MOST)?,
            },
            changes: Changes {
                mappings_max: number("mappings_max", 10_000, MAPPINGS_MOST)? as u64,
                is_mirrored: !url.is_empty(),
                is_waited_for: false,
            },
            page: 50,
            page_max: number("page_max", 1000, PAGE_MOST)? as u64,
            import_lines_max: number("import_lines_max", 100_000, IMPORT_LINES_MOST)?,
            wait_max: config.get_within(
                "routing.wait_max",
                Duration::from_secs(5),
                Duration::ZERO..=DURATION_MOST,
            )?,
            mirror: mirror(config, url)?,
        })
    }
}

fn tokens(config: &Config) -> Result<Tokens, Error> {
    let text = config.find("routing.admin_token").unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Error::internal(NO_TOKEN));
    }
    Tokens::read(text)
        .map_err(|malformed| Error::internal(format!("`routing.admin_token`: {malformed}")))
}

fn mirror(config: &Config, url: String) -> Result<Option<MirrorSettings>, Error> {
    if url.is_empty() {
        return Ok(None);
    }
    let seconds = |name, default| {
        let bounds = DURATION_LEAST..=DURATION_MOST;
        config.get_within(name, Duration::from_secs(default), bounds)
    };
    Ok(Some(MirrorSettings {
        url,
        prefix: config.get_or("routing.redis_prefix", "frontend:".to_owned())?,
        timeout: seconds("routing.redis_timeout", 1)?,
        check_every: seconds("routing.check_every", 1)?,
        sweep_every: seconds("routing.sweep_every", 30)?,
        takes_over: config.get_or("routing.redis_takeover", false)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Settings, String> {
        let config = Config::new([
            ("routing.admin_token", "0123456789abcdef"),
            ("routing.redis_url", "redis://localhost"),
            (name, value),
        ]);
        let refused = |error: Error| error.detail().unwrap_or_default().to_owned();
        Settings::read(&config).map_err(refused)
    }

    #[test]
    fn times_up_to_a_day() {
        for name in [
            "routing.redis_timeout",
            "routing.check_every",
            "routing.sweep_every",
            "routing.wait_max",
        ] {
            assert!(read(name, "86400").is_ok(), "{name}");
            let least = if name == "routing.wait_max" {
                "0"
            } else {
                "0.001"
            };
            for seconds in ["86401", "10000000000000000000"] {
                let error = read(name, seconds).err();
                let expected = format!("`{name}` is {seconds} s, expected {least} s to 86400 s");
                assert_eq!(error.as_ref(), Some(&expected));
            }
        }
    }

    #[test]
    fn numbers_have_bounds() {
        for (name, most) in [
            ("routing.backends_max", BACKENDS_MOST),
            ("routing.backend_bytes_max", BACKEND_BYTES_MOST),
            ("routing.mappings_max", MAPPINGS_MOST),
            ("routing.page_max", PAGE_MOST),
            ("routing.import_lines_max", IMPORT_LINES_MOST),
        ] {
            for number in [1, most] {
                assert!(read(name, &number.to_string()).is_ok(), "{name}");
            }
            let error = |number: usize| read(name, &number.to_string()).err();
            for number in [0, most + 1] {
                let expected = format!("`{name}` is {number}, expected 1 to {most}");
                assert_eq!(error(number), Some(expected));
            }
        }
    }

    #[test]
    fn what_holds_if_nobody_says() {
        let settings = read("routing.redis_prefix", "x:").map_err(drop);
        let mirror = settings.ok().and_then(|settings| settings.mirror);
        let mirror = mirror.expect("there is a URL");
        assert_eq!(mirror.sweep_every, Duration::from_secs(30));
        assert!(!mirror.takes_over);
    }
}
