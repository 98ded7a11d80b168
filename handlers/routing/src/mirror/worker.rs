//! The mirror's thread: it applies, sweeps, and tries again after a pause what has failed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use micro_api::Error;
use micro_store::Store;

use super::MirrorSettings;
use super::failure::Failure;
use super::link::Link;
use super::orders::Orders;
use super::pause::{Pauses, unique_name};
use super::rows::{self, Losses};
use super::status::Status;
use super::sweep::Why;
use super::target::Target;
use super::unrecorded::Unrecorded;

/// The first and the longest pause after something has failed.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// The same after a sweep has: it costs more to begin it anew.
const SWEEP_PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));
/// The same after another process was quicker.
const VOID_PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// What the mirror's thread has and knows.
pub(super) struct Worker {
    pub(super) store: Store,
    pub(super) target: Arc<Target>,
    pub(super) orders: Arc<Orders>,
    pub(super) status: Arc<Status>,
    check_every: Duration,
    pub(super) sweep_every: Duration,
    pub(super) takes_over: bool,
    link: Option<Link>,
    run_id: Option<String>,
    is_named: bool,
    /// The mark of Redis when it was last looked at, or what it was made then.
    pub(super) seen: Option<Vec<u8>>,
    /// What Redis has lost, as the database says.
    pub(super) losses: Losses,
    /// The loss that this process has noted, until it has raised the mark.
    pub(super) noted: Option<u64>,
    /// What the database has no room for.
    pub(super) unrecorded: Unrecorded,
    /// A sweep that has to come, as far as this process alone knows.
    pub(super) due: Option<Why>,
    pub(super) next_sweep: Instant,
    pub(super) sweep_not_before: Instant,
    pub(super) sweep_pauses: Pauses,
    pub(super) void_pauses: Pauses,
    pauses: Pauses,
    pub(super) looked: Instant,
    pub(super) counted: Option<Instant>,
}

impl Worker {
    pub(super) fn new(
        store: Store,
        target: Arc<Target>,
        settings: &MirrorSettings,
        orders: Arc<Orders>,
        status: Arc<Status>,
    ) -> Worker {
        let now = Instant::now();
        Worker {
            store,
            target,
            orders,
            status,
            check_every: settings.check_every,
            sweep_every: settings.sweep_every,
            takes_over: settings.takes_over,
            link: None,
            run_id: None,
            is_named: false,
            seen: None,
            losses: Losses::default(),
            noted: None,
            unrecorded: Unrecorded::default(),
            due: Some(Why::Start),
            next_sweep: now + settings.sweep_every,
            sweep_not_before: now,
            sweep_pauses: Pauses::new(SWEEP_PAUSES.0, SWEEP_PAUSES.1),
            void_pauses: Pauses::new(VOID_PAUSES.0, VOID_PAUSES.1),
            pauses: Pauses::new(PAUSES.0, PAUSES.1),
            looked: now,
            counted: None,
        }
    }

    /// Works until nobody needs it any more.
    pub(super) fn run(mut self) {
        loop {
            let waited = match self.turn() {
                Ok(()) => self.orders.wait(self.idle_for()),
                Err(Failure::Ended) => return,
                Err(failure) => {
                    let pause = self.note(&failure);
                    self.orders.rest(pause)
                }
            };
            if waited.is_err() {
                return;
            }
        }
    }

    /// The connection to Redis; opened, if it is not open.
    pub(super) fn link(&mut self) -> Result<&mut Link, Failure> {
        if self.link.is_none() {
            let mut link = Link::open(&self.target)?;
            let run_id = link.run_id()?;
            if self.run_id.is_some() && run_id != self.run_id {
                self.due = self.due.or(Some(Why::Restart));
            }
            self.run_id = run_id.or(self.run_id.take());
            self.link = Some(link);
        }
        Ok(self.link.as_mut().expect("it was opened"))
    }

    /// Goes on with something long, after what came in meanwhile.
    pub(super) fn between(&mut self) -> Result<(), Failure> {
        if self.orders.take_poke()? || self.looked.elapsed() >= self.check_every {
            self.apply()?;
        }
        Ok(())
    }

    fn turn(&mut self) -> Result<(), Failure> {
        self.orders.take_poke()?;
        self.name()?;
        self.apply()?;
        match self.due_sweep() {
            Some(why) => {
                self.sweep(why)?;
                // Those may wait for what it has repaired.
                self.apply()?;
            }
            // What keeps a sweep from being completed is not over.
            None if self.is_sweep_missing() => {}
            None => self.status.recovered(),
        }
        self.pauses.reset();
        Ok(())
    }

    /// Gives the database a name that is in all of its marks.
    fn name(&mut self) -> Result<(), Failure> {
        // A database that has no room can be read; one that is not there yet is made by who writes.
        let is_named = self.is_named || self.store.read(rows::is_found).wait().unwrap_or(false);
        if !is_named {
            let name = unique_name();
            let named = self
                .store
                .write(move |transaction| rows::found(transaction, &name));
            named.wait()?;
        }
        self.is_named = true;
        Ok(())
    }

    fn due_sweep(&self) -> Option<Why> {
        let now = Instant::now();
        if self.orders.is_asked() {
            return Some(Why::Asked);
        }
        let start = self.due.filter(|&why| why == Why::Start);
        let lost = self.is_suspect().then_some(Why::Lost);
        let timed = (now >= self.next_sweep).then_some(Why::Time);
        let why = start.or(lost).or(self.due).or(timed);
        why.filter(|_| now >= self.sweep_not_before)
    }

    fn is_sweep_missing(&self) -> bool {
        self.is_suspect() || self.due.is_some()
    }

    fn idle_for(&self) -> Duration {
        let sweep = if self.is_sweep_missing() {
            self.sweep_not_before
        } else {
            self.next_sweep.max(self.sweep_not_before)
        };
        let until_sweep = sweep.saturating_duration_since(Instant::now());
        until_sweep.min(self.check_every)
    }

    /// Tells of a failure, and says how long to wait.
    fn note(&mut self, failure: &Failure) -> Duration {
        self.status.failed(failure);
        match failure {
            Failure::Database(_) => self.is_named = false,
            _ => self.link = None,
        }
        for asker in self.orders.take_askers() {
            let _ = asker.send(Err(refusal(failure)));
        }
        if !matches!(failure, Failure::Database(_)) {
            self.look();
        }
        self.pauses.next()
    }

    /// Looks how much the outbox has, when nothing can be done about it here: other processes may.
    fn look(&mut self) {
        if let Ok((count, oldest)) = self.store.read(rows::pending).wait() {
            self.status.pending(count, oldest);
        }
    }
}

/// What those are told who wait for a sweep that fails.
pub(super) fn refusal(failure: &Failure) -> Error {
    let why = match failure {
        Failure::Database(_) => "the database is not available, try again",
        Failure::Foreign(_) => "Redis shows another database",
        Failure::Ended => "the mirror has ended",
        _ => "Redis is not available, try again",
    };
    Error::new(503, why).with_detail(failure)
}
