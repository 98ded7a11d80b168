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
