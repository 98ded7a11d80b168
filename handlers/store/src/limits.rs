//! The numbers that an operator may change: `database.NAME.…`.

use std::ops::RangeInclusive;
use std::time::Duration;

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
    /// How long an [`Answer`](crate::Answer) is awaited.
    pub answer_timeout: Duration,
    /// How long a [snapshot](crate::Store::snapshot) is read. As long as it is, the database keeps what
    /// it sees: the log of a file grows with every change.
    pub snapshot_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            group_max: 256,
            waiting_max: 4096,
            readers_max: 2,
            snapshots_max: 4,
            answer_timeout: Duration::from_secs(30),
            snapshot_timeout: Duration::from_secs(600),
        }
    }
}

/// From a second to an hour.
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3600);

impl Limits {
    /// Those of the database with this name.
    ///
    /// # Errors
    ///
    /// If a setting is no such number, or beyond what it may be.
    pub fn of(config: &Config, name: &str) -> Result<Limits, Error> {
        let mut limits = Limits::default();
        let places = [
            ("group_max", 65_536, &mut limits.group_max),
            ("waiting_max", 1 << 20, &mut limits.waiting_max),
            ("readers_max", 64, &mut limits.readers_max),
            ("snapshots_max", 64, &mut limits.snapshots_max),
        ];
        for (limit, most, place) in places {
            let name = format!("database.{name}.{limit}");
            *place = config
                .get_within(&name, *place, 1..=most)
                .map_err(refused)?;
        }
        let places = [
            ("answer_timeout", &mut limits.answer_timeout),
            ("snapshot_timeout", &mut limits.snapshot_timeout),
        ];
        for (limit, place) in places {
            let name = format!("database.{name}.{limit}");
            *place = config
                .get_within(&name, *place, TIMEOUTS)
                .map_err(refused)?;
        }
        Ok(limits)
    }
}

fn refused(error: micro_api::Error) -> Error {
    Error::new(ErrorKind::Broken, error.detail().unwrap_or_default())
}
