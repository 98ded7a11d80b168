//! The numbers that an operator may change: `database.NAME.…`.

use micro_api::Config;

use crate::{Error, ErrorKind};

/// The numbers of a database, see the settings of DATABASE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many changes are committed together.
    pub group_max: usize,
    /// How many changes may wait, and how many reads; more are refused as busy.
    pub waiting_max: usize,
    /// How many threads read.
    pub readers_max: usize,
    /// How many [snapshots](crate::Store::snapshot) are read at once; more are refused as busy.
    pub snapshots_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            group_max: 256,
            waiting_max: 4096,
            readers_max: 2,
            snapshots_max: 4,
        }
    }
}

impl Limits {
    /// Those of the database with this name.
    pub(crate) fn of(config: &Config, name: &str) -> Result<Limits, Error> {
        let mut limits = Limits::default();
        let places = [
            ("group_max", &mut limits.group_max),
            ("waiting_max", &mut limits.waiting_max),
            ("readers_max", &mut limits.readers_max),
            ("snapshots_max", &mut limits.snapshots_max),
        ];
        for (limit, place) in places {
            let name = format!("database.{name}.{limit}");
            if config.find(&name).is_some() {
                *place = at_least_1(config, &name)?;
            }
        }
        Ok(limits)
    }
}

fn at_least_1(config: &Config, name: &str) -> Result<usize, Error> {
    let why = match config.get(name) {
        Ok(0_usize) => format!("`{name}` is 0, expected at least 1"),
        Ok(number) => return Ok(number),
        Err(error) => error.to_string(),
    };
    Err(Error::new(ErrorKind::Broken, why))
}
