//! How long an answer is awaited, and what is said when that was not enough.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::alarms::{Alarm, Alarms};
use crate::{Error, ErrorKind};

/// How long an answer is awaited.
#[derive(Clone)]
pub(crate) struct Patience {
    pub(crate) limit: Duration,
    /// Whether the work may change something.
    pub(crate) is_change: bool,
    pub(crate) alarms: Arc<Alarms>,
}

impl Patience {
    /// Has somebody woken when it is over; nobody, if that is too far away.
    pub(crate) fn alarm(&self, waker: &Waker) -> Option<Alarm> {
        let when = Instant::now().checked_add(self.limit)?;
        Some(self.alarms.set(when, waker))
    }

    /// What is said when it is over, of work that was begun or not.
    pub(crate) fn exhausted(&self, is_begun: bool) -> Error {
        let limit = self.limit.as_secs_f64();
        if !is_begun {
            let why =
                format!("the database did not come to it within {limit} s: nothing was changed");
            return Error::new(ErrorKind::Busy, why);
        }
        if self.is_change {
            let why = format!("it took more than {limit} s: look whether it was done");
            return Error::new(ErrorKind::Uncertain, why);
        }
        Error::new(
            ErrorKind::Busy,
            format!("it took more than {limit} s to read"),
        )
    }
}
