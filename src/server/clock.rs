//! The time of this turn of the loop, and its date as HTTP writes it.

use std::time::{Duration, Instant, SystemTime};

/// Read once a turn; everything that happens in a turn happens at the same time.
pub(super) struct Clock {
    now: Instant,
    date: String,
    date_until: Instant,
}

impl Clock {
    pub(super) fn new() -> Clock {
        let now = Instant::now();
        let mut clock = Clock {
            now,
            date: String::new(),
            date_until: now,
        };
        clock.tick();
        clock
    }

    /// Begins a turn.
    pub(super) fn tick(&mut self) {
        self.now = Instant::now();
        if self.now >= self.date_until {
            let wall = SystemTime::now();
            self.date = httpdate::fmt_http_date(wall);
            let since = wall
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default();
            let within = Duration::from_nanos(u64::from(since.subsec_nanos()));
            self.date_until = self.now + (Duration::from_secs(1) - within);
        }
    }

    /// The time at which this turn began.
    pub(super) fn now(&self) -> Instant {
        self.now
    }

    /// The date of this turn (RFC 9110 section 5.6.7, IMF-fixdate).
    pub(super) fn date(&self) -> &str {
        &self.date
    }
}
