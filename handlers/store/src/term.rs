//! Until when a transaction may go on.

use std::time::{Duration, Instant};

use crate::{Error, ErrorKind};

/// Until when a transaction may go on: what it sees is kept for it, and that costs more and more.
pub(crate) struct Term {
    end: Instant,
    error: Error,
}

impl Term {
    /// That of a snapshot that begins now, of the database with this name.
    pub(crate) fn of_snapshot(name: &str, limit: Duration) -> Term {
        let seconds = limit.as_secs_f64();
        let why = format!(
            "a snapshot was read for more than {seconds} s (`database.{name}.snapshot_timeout`)"
        );
        Term {
            end: Instant::now() + limit,
            error: Error::new(ErrorKind::Broken, why),
        }
    }

    /// Fails once it is over.
    pub(crate) fn check(&self, now: Instant) -> Result<(), Error> {
        match now < self.end {
            true => Ok(()),
            false => Err(self.error.share()),
        }
    }
}
