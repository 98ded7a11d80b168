//! How the mirror is doing, kept by its thread for all who ask.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::report::{RedisReport, Report, State, SweepReport};

/// How the mirror is doing.
pub(crate) struct Status {
    facts: Mutex<Facts>,
}

/// How a sweep went.
#[derive(Clone, Debug)]
pub(crate) struct Swept {
    pub(crate) why: String,
    pub(crate) ended: Instant,
    pub(crate) took: Duration,
    pub(crate) checked: u64,
    pub(crate) missing: u64,
    pub(crate) wrong: u64,
    pub(crate) extra: u64,
}

struct Facts {
    /// What is wrong now, in a word; nothing has been tried yet at `Starting`.
    trouble: Option<State>,
    is_sweeping: bool,
    is_suspect: bool,
    pending: u64,
    /// The oldest row that waits, and when it was first seen.
    oldest: Option<(u64, Instant)>,
    is_available: bool,
    since: Instant,
    last_error: Option<String>,
    /// What was last logged, and is not over.
    logged: Option<String>,
    applied: u64,
    void: u64,
    repaired: u64,
    last_sweep: Option<Swept>,
}

impl Status {
    pub(crate) fn new() -> Status {
        Status {
            facts: Mutex::new(Facts {
                trouble: Some(State::Starting),
                is_sweeping: false,
                is_suspect: false,
                pending: 0,
                oldest: None,
                is_available: false,
                since: Instant::now(),
                last_error: None,
                logged: None,
                applied: 0,
                void: 0,
                repaired: 0,
                last_sweep: None,
            }),
        }
    }

    /// What is told of it now.
    pub(crate) fn report(&self) -> Report {
        let facts = self.facts();
        Report {
            state: facts.state(),
            pending: facts.pending,
            oldest_seconds: facts.oldest.map(|(_, since)| seconds(since)),
            is_suspect: facts.is_suspect,
            redis: RedisReport {
                is_available: facts.is_available,
                for_seconds: seconds(facts.since),
                last_error: facts.last_error.clone(),
            },
            applied: facts.applied,
            void: facts.void,
            repaired: facts.repaired,
            last_sweep: facts.last_sweep.as_ref().map(Swept::report),
        }
    }

    /// Nothing is wrong any more.
    pub(crate) fn recovered(&self) {
        let mut facts = self.facts();
        facts.trouble = None;
        facts.set_available(true);
        let was_logged = facts.logged.take().is_some();
        drop(facts);
        if was_logged {
            log::info!("the mirror in Redis goes on");
        }
    }

    /// Something is wrong.
    pub(crate) fn failed(&self, failure: &Failure) {
        let mut facts = self.facts();
        facts.trouble = Some(match failure {
            Failure::Away(_) => State::Unreachable,
            Failure::Refused { .. } => State::Refused,
            Failure::Foreign(_) => State::Foreign,
            Failure::Database(_) | Failure::Ended => State::Blind,
        });
        let told = failure.to_string();
        if !matches!(failure, Failure::Database(_) | Failure::Ended) {
            facts.set_available(false);
            facts.last_error = Some(told.clone());
        }
        let is_new = facts.logged.as_ref() != Some(&told);
        facts.logged = Some(told.clone());
        drop(facts);
        if is_new {
            let level = match failure {
                // It is not over before somebody does something.
                Failure::Foreign(_) => log::Level::Error,
                _ => log::Level::Warn,
            };
            log::log!(level, "the mirror in Redis waits: {told}");
        }
    }

    /// The thread has panicked, which it said itself.
    pub(crate) fn broken(&self) {
        let mut facts = self.facts();
        facts.trouble = Some(State::Broken);
        facts.is_sweeping = false;
        drop(facts);
        log::error!(
            "the mirror in Redis has stopped, a mistake of ours: it begins anew in a moment"
        );
    }

    /// So many rows of the outbox wait, the oldest of which is this.
    pub(crate) fn pending(&self, count: u64, oldest: Option<u64>) {
        let mut facts = self.facts();
        facts.pending = count;
        facts.oldest = match (oldest, facts.oldest) {
            (Some(id), Some((known, since))) if id == known => Some((id, since)),
            (oldest, _) => oldest.map(|id| (id, Instant::now())),
        };
    }

    /// Rows of the outbox are in Redis.
    pub(crate) fn applied(&self, count: usize) {
        let mut facts = self.facts();
        facts.applied += count as u64;
        facts.pending = facts.pending.saturating_sub(count as u64);
        facts.oldest = None;
    }

    /// Somebody else was quicker.
    pub(crate) fn void(&self) {
        self.facts().void += 1;
    }

    /// Whether Redis has lost something that is not repaired yet.
    pub(crate) fn suspect(&self, is_suspect: bool) {
        self.facts().is_suspect = is_suspect;
    }

    /// A sweep begins, or ends without success.
    pub(crate) fn sweeping(&self, is_sweeping: bool) {
        self.facts().is_sweeping = is_sweeping;
    }

    /// Keys were repaired.
    pub(crate) fn repaired(&self, count: u64) {
        self.facts().repaired += count;
    }

    /// A sweep was completed.
    pub(crate) fn swept(&self, swept: Swept) {
        let mut facts = self.facts();
        facts.is_sweeping = false;
        facts.last_sweep = Some(swept);
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Facts {
    fn state(&self) -> State {
        match self.trouble {
            Some(State::Starting) | None if self.is_sweeping => State::Sweeping,
            Some(trouble) => trouble,
            None if self.is_suspect => State::Suspect,
            None if self.pending > 0 => State::Behind,
            None => State::Live,
        }
    }

    fn set_available(&mut self, is_available: bool) {
        if self.is_available != is_available {
            self.is_available = is_available;
            self.since = Instant::now();
        }
    }
}

impl Swept {
    /// How many keys were repaired.
    pub(crate) fn repaired(&self) -> u64 {
        self.missing + self.wrong + self.extra
    }

    fn report(&self) -> SweepReport {
        SweepReport {
            why: self.why.clone(),
            seconds_ago: seconds(self.ended),
            took_seconds: rounded(self.took),
            checked: self.checked,
            missing: self.missing,
            wrong: self.wrong,
            extra: self.extra,
            repaired: self.repaired(),
        }
    }
}

fn seconds(since: Instant) -> f64 {
    rounded(since.elapsed())
}

/// In seconds, to the millisecond.
fn rounded(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_three_digits() {
        assert_eq!(
            rounded(Duration::from_micros(1_234_567)).to_string(),
            "1.235"
        );
        assert_eq!(rounded(Duration::from_nanos(1)).to_string(), "0");
        assert_eq!(rounded(Duration::from_secs(86_400)).to_string(), "86400");
    }
}
