//! What an operator may set, with the defaults that hold where a definition does not mention it.

use std::ops::RangeInclusive;
use std::time::Duration;

use micro_api::{Config, Error};

use crate::ledger::Limits;
use crate::login::Login;
use crate::payload::PayloadLimits;
use crate::seal::Keys;

/// What an operator may set, beside the plans.
pub(crate) struct Settings {
    pub(crate) login: Login,
    pub(crate) keys: Keys,
    /// With what names outside begin.
    pub(crate) prefix: String,
    /// The plan of an instance that nobody has said the plan of.
    pub(crate) default_plan: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) payload: PayloadLimits,
    /// How long a request waits for what it wants to be done outside.
    pub(crate) wait_max: Duration,
    /// How long something is tried before it has failed.
    pub(crate) give_up_after: Duration,
    /// How long a step may be unheard of before another runner does it.
    pub(crate) lease: Duration,
    /// How often it is looked whether something is to be done.
    pub(crate) sweep_every: Duration,
    /// How often what is ready is looked after.
    pub(crate) tend_every: Duration,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The most instances, and the most binds of one: far below what the database counts.
const ROWS_MOST: u64 = 1_000_000_000;

/// How long a prefix is: with what follows, a name is short enough for every server.
const PREFIX_BYTES: RangeInclusive<usize> = 1..=8;

const NO_KEY: &str = "no key is configured: set BROKER_KEY to 64 hexadecimal digits, such as those of \
                      `openssl rand -hex 32`, or BROKER_KEY_FILE to a file that holds them";

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// If there is no login or no key, or a setting makes no sense.
    pub(crate) fn read(config: &Config) -> Result<Settings, Error> {
        let time = |name: &str, default: Duration, bounds: RangeInclusive<Duration>| {
            config.get_within(&format!("broker.{name}"), default, bounds)
        };
        let number = |name: &str, default: u64, most: u64| {
            config.get_within(&format!("broker.{name}"), default, 1..=most)
        };
        let seconds = Duration::from_secs;
        let default_plan = config.find("broker.default_plan").unwrap_or_default();
        Ok(Settings {
            login: Login::read(config)?,
            keys: keys(config)?,
            prefix: prefix(config)?,
            default_plan: Some(default_plan.to_owned()).filter(|plan| !plan.is_empty()),
            limits: Limits {
                instances_max: number("instances_max", 10_000, ROWS_MOST)?,
                binds_max: number("binds_max", 1000, ROWS_MOST)?,
            },
            payload: PayloadLimits::read(config)?,
            wait_max: time("wait_max", seconds(20), Duration::ZERO..=DAY)?,
            give_up_after: time("give_up_after", seconds(3600), seconds(1)..=DAY * 30)?,
            lease: time("lease", seconds(10), seconds(1)..=seconds(3600))?,
            sweep_every: time("sweep_every", seconds(1), Duration::from_millis(10)..=DAY)?,
            tend_every: time("tend_every", seconds(5), Duration::from_millis(10)..=DAY)?,
        })
    }
}

fn prefix(config: &Config) -> Result<String, Error> {
    let prefix = config.get_or("broker.prefix", "micro".to_owned())?;
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_right = prefix.bytes().all(is_name)
        && prefix.starts_with(|first: char| first.is_ascii_lowercase())
        && PREFIX_BYTES.contains(&prefix.len());
    if is_right {
        return Ok(prefix);
    }
    let (least, most) = PREFIX_BYTES.into_inner();
    Err(Error::internal(format!(
        "`broker.prefix` is `{prefix}`, expected {least} to {most} characters of `a` to `z` and `0` to \
         `9`, a letter first"
    )))
}

fn keys(config: &Config) -> Result<Keys, Error> {
    let text = config.find("broker.key").unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Error::internal(NO_KEY));
    }
    Keys::read(text).map_err(|why| Error::internal(format!("`broker.key`: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Settings, String> {
        let key = "0123456789abcdef".repeat(4);
        let settings = [
            ("broker.username", "tsuru"),
            ("broker.password", "open sesame!"),
            ("broker.key", &key),
        ];
        let others = settings.into_iter().filter(|(known, _)| *known != name);
        let config = Config::new(others.chain([(name, value)]));
        Settings::read(&config).map_err(|error| error.detail().unwrap_or_default().to_owned())
    }

    #[test]
    fn numbers_have_bounds() {
        for (name, most) in [
            ("broker.instances_max", ROWS_MOST),
            ("broker.binds_max", ROWS_MOST),
            ("broker.name_bytes_max", 190),
            ("broker.text_bytes_max", 65_535),
            ("broker.items_max", 100_000),
            ("broker.parameters_max", 100_000),
            ("broker.parameter_depth_max", 100),
        ] {
            for number in [1, most] {
                assert!(read(name, &number.to_string()).is_ok(), "{name}");
            }
            for number in [0, most + 1] {
                let expected = format!("`{name}` is {number}, expected 1 to {most}");
                assert_eq!(read(name, &number.to_string()).err(), Some(expected));
            }
        }
    }

    #[test]
    fn times_have_bounds() {
        for (name, least, most) in [
            ("broker.wait_max", "0s", "86400s"),
            ("broker.give_up_after", "1s", "2592000s"),
            ("broker.lease", "1s", "3600s"),
            ("broker.sweep_every", "10ms", "86400s"),
            ("broker.tend_every", "10ms", "86400s"),
        ] {
            for time in [least, most] {
                assert!(read(name, time).is_ok(), "{name}={time}");
            }
            let beyond = format!("1{most}");
            assert!(read(name, &beyond).is_err(), "{name}={beyond}");
        }
        for (name, time) in [
            ("broker.give_up_after", "999ms"),
            ("broker.lease", "999ms"),
            ("broker.sweep_every", "9ms"),
            ("broker.tend_every", "9ms"),
        ] {
            assert!(read(name, time).is_err(), "{name}={time}");
        }
    }

    #[test]
    fn prefixes_are_short_and_plain() {
        for (prefix, is_right) in [
            ("m", true),
            ("micro123", true),
            ("micro1234", false),
            ("", false),
            ("1a", false),
            ("Micro", false),
            ("a-b", false),
        ] {
            assert_eq!(read("broker.prefix", prefix).is_ok(), is_right, "{prefix}");
        }
    }

    #[test]
    fn without_a_key_nothing_starts() {
        let error = read("broker.key", " ").err().unwrap_or_default();
        assert!(
            error.starts_with("no key is configured: set BROKER_KEY"),
            "{error}"
        );
        let error = read("broker.key", "abc").err().unwrap_or_default();
        let why = "`broker.key`: key 1 of 1 is neither hexadecimal nor base64: expected 64 hexadecimal \
                   digits";
        assert_eq!(error, why);
    }
}
