//! What an operator may set, with the defaults that hold where a definition does not mention it.

use std::time::Duration;

use micro_api::{Config, Error, FromSetting};

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
        let url = get(config, "routing.redis_url", String::new())?;
        Ok(Settings {
            tokens: tokens(config)?,
            limits: Limits {
                backends_max: number(config, "routing.backends_max", 64, BACKENDS_MOST)?,
                backend_bytes_max: number(
                    config,
                    "routing.backend_bytes_max",
                    2048,
                    BACKEND_BYTES_MOST,
                )?,
            },
            changes: Changes {
                mappings_max: number(config, "routing.mappings_max", 10_000, MAPPINGS_MOST)? as u64,
                is_mirrored: !url.is_empty(),
                is_waited_for: false,
            },
            page: 50,
            page_max: number(config, "routing.page_max", 1000, PAGE_MOST)? as u64,
            import_lines_max: number(
                config,
                "routing.import_lines_max",
                100_000,
                IMPORT_LINES_MOST,
            )?,
            wait_max: duration(config, "routing.wait_max", Duration::from_secs(5))?,
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
    let seconds = |name, default| positive(config, name, Duration::from_secs(default));
    Ok(Some(MirrorSettings {
        url,
        prefix: get(config, "routing.redis_prefix", "frontend:".to_owned())?,
        timeout: seconds("routing.redis_timeout", 1)?,
        check_every: seconds("routing.check_every", 1)?,
        sweep_every: seconds("routing.sweep_every", 30)?,
        takes_over: get(config, "routing.redis_takeover", false)?,
    }))
}

fn get<T: FromSetting>(config: &Config, name: &str, default: T) -> Result<T, Error> {
    match config.find(name) {
        Some(_) => config.get(name),
        None => Ok(default),
    }
}

fn number(config: &Config, name: &str, default: usize, most: usize) -> Result<usize, Error> {
    match get(config, name, default)? {
        0 => Err(Error::internal(format!(
            "`{name}` is 0, expected at least 1"
        ))),
        number if number > most => Err(Error::internal(format!(
            "`{name}` is {number}, expected at most {most}"
        ))),
        number => Ok(number),
    }
}

fn duration(config: &Config, name: &str, default: Duration) -> Result<Duration, Error> {
    match get(config, name, default)? {
        duration if duration > DURATION_MOST => Err(Error::internal(format!(
            "`{name}` is {} seconds, expected at most {} (a day)",
            duration.as_secs(),
            DURATION_MOST.as_secs()
        ))),
        duration => Ok(duration),
    }
}

fn positive(config: &Config, name: &str, default: Duration) -> Result<Duration, Error> {
    match duration(config, name, default)? {
        Duration::ZERO => Err(Error::internal(format!(
            "`{name}` is 0, expected some time"
        ))),
        duration => Ok(duration),
    }
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
            for seconds in ["86401", "10000000000000000000"] {
                let error = read(name, seconds).err();
                let expected =
                    format!("`{name}` is {seconds} seconds, expected at most 86400 (a day)");
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
            let expected = format!("`{name}` is 0, expected at least 1");
            assert_eq!(error(0), Some(expected));
            let expected = format!("`{name}` is {}, expected at most {most}", most + 1);
            assert_eq!(error(most + 1), Some(expected));
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
