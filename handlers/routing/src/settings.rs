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
                backends_max: at_least_1(config, "routing.backends_max", 64)?,
                backend_bytes_max: at_least_1(config, "routing.backend_bytes_max", 2048)?,
            },
            changes: Changes {
                mappings_max: at_least_1(config, "routing.mappings_max", 10_000)? as u64,
                is_mirrored: !url.is_empty(),
                is_waited_for: false,
            },
            page: 50,
            page_max: at_least_1(config, "routing.page_max", 1000)? as u64,
            import_lines_max: at_least_1(config, "routing.import_lines_max", 100_000)?,
            wait_max: get(config, "routing.wait_max", Duration::from_secs(5))?,
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
        sweep_every: seconds("routing.sweep_every", 300)?,
    }))
}

fn get<T: FromSetting>(config: &Config, name: &str, default: T) -> Result<T, Error> {
    match config.find(name) {
        Some(_) => config.get(name),
        None => Ok(default),
    }
}

fn at_least_1(config: &Config, name: &str, default: usize) -> Result<usize, Error> {
    match get(config, name, default)? {
        0 => Err(Error::internal(format!(
            "`{name}` is 0, expected at least 1"
        ))),
        number => Ok(number),
    }
}

fn positive(config: &Config, name: &str, default: Duration) -> Result<Duration, Error> {
    match get(config, name, default)? {
        Duration::ZERO => Err(Error::internal(format!(
            "`{name}` is 0, expected some time"
        ))),
        duration => Ok(duration),
    }
}
