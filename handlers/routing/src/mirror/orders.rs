//! What others want of the mirror's thread, and who waits for it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use micro_api::Error;

use super::failure::Failure;
use super::report::Report;
use super::rows::Awaited;

/// One who waits for a sweep.
pub(crate) type Asker = oneshot::Sender<Result<Report, Error>>;

/// What is wanted of the mirror's thread.
#[derive(Default)]
pub(crate) struct Orders {
    wanted: Mutex<Wanted>,
    wake: Condvar,
}

#[derive(Default)]
struct Wanted {
    is_ended: bool,
    is_poked: bool,
    /// Those who wait until a row of the outbox is applied.
    waiters: Vec<(Awaited, oneshot::Sender<()>)>,
    askers: Vec<Asker>,
}

impl Orders {
    /// The thread is to end.
    pub(crate) fn end(&self) {
        self.wanted().is_ended = true;
        self.wake.notify_all();
    }

    /// There is something to apply.
    pub(crate) fn poke(&self) {
        self.wanted().is_poked = true;
        self.wake.notify_all();
    }

    /// Somebody waits until this row of the outbox, or a newer one of its domain, is applied.
    pub(crate) fn wait_for(&self, row: u64, domain: &str) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let domain = domain.to_owned();
        let mut wanted = self.wanted();
        if !wanted.is_ended {
            wanted.waiters.push((Awaited { row, domain }, sender));
            wanted.is_poked = true;
            self.wake.notify_all();
        }
        drop(wanted);
        receiver
    }

    /// Somebody wants a sweep.
    pub(crate) fn ask(&self) -> oneshot::Receiver<Result<Report, Error>> {
        let (sender, receiver) = oneshot::channel();
        let mut wanted = self.wanted();
        if !wanted.is_ended {
            wanted.askers.push(sender);
            self.wake.notify_all();
        }
        drop(wanted);
        receiver
    }

    /// Waits until something is wanted, or the time is over.
    pub(crate) fn wait(&self, longest: Duration) -> Result<(), Failure> {
        self.wait_until(longest, |wanted| {
            wanted.is_poked || !wanted.askers.is_empty()
        })
    }

    /// Waits until the time is over, whatever is wanted.
    pub(crate) fn rest(&self, pause: Duration) -> Result<(), Failure> {
        self.wait_until(pause, |_| false)
    }

    /// Whether there was something to apply since this was last asked.
    pub(crate) fn take_poke(&self) -> Result<bool, Failure> {
        let mut wanted = self.wanted();
        if wanted.is_ended {
            return Err(Failure::Ended);
        }
        Ok(std::mem::take(&mut wanted.is_poked))
    }

    /// Whether somebody wants a sweep.
    pub(crate) fn is_asked(&self) -> bool {
        !self.wanted().askers.is_empty()
    }

    /// Those who want a sweep; one that begins now is theirs.
    pub(crate) fn take_askers(&self) -> Vec<Asker> {
        std::mem::take(&mut self.wanted().askers)
    }

    /// What was to be done is not; those who wait for rows of the outbox may still see it done.
    pub(crate) fn break_off(&self) {
        self.take_askers();
    }

    /// The rows that somebody waits for.
    pub(crate) fn waited(&self) -> Vec<Awaited> {
        let mut wanted = self.wanted();
        wanted.waiters.retain(|(_, sender)| !sender.is_closed());
        let waiters = wanted.waiters.iter();
        waiters.map(|(waited, _)| waited.clone()).collect()
    }

    /// Tells those that what they wait for is applied.
    pub(crate) fn tell(&self, is_applied: impl Fn(&Awaited) -> bool) {
        let mut wanted = self.wanted();
        let told = wanted
            .waiters
            .extract_if(.., |(waited, _)| is_applied(waited));
        let told: Vec<_> = told.collect();
        drop(wanted);
        for (_, sender) in told {
            // Nobody hears it who has given up.
            let _ = sender.send(());
        }
    }

    fn wait_until(
        &self,
        longest: Duration,
        is_enough: impl Fn(&Wanted) -> bool,
    ) -> Result<(), Failure> {
        let end = Instant::now() + longest;
        let mut wanted = self.wanted();
        while !wanted.is_ended && !is_enough(&wanted) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.wake.wait_timeout(wanted, left);
            (wanted, _) = woken.unwrap_or_else(PoisonError::into_inner);
        }
        if wanted.is_ended {
            return Err(Failure::Ended);
        }
        Ok(())
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn tells_those_it_is_meant_for() {
        let orders = Orders::default();
        let first = orders.wait_for(1, "a.example");
        let second = orders.wait_for(2, "b.example");
        drop(orders.wait_for(3, "c.example"));
        let rows = |orders: &Orders| -> Vec<u64> {
            let waited = orders.waited();
            waited.iter().map(|waited| waited.row).collect()
        };
        assert_eq!(rows(&orders), [1, 2]);
        orders.tell(|waited| waited.domain == "b.example");
        assert_eq!(rows(&orders), [1]);
        assert!(second.try_recv().is_ok() && first.try_recv().is_err());
    }

    #[test]
    fn what_is_wanted_ends_a_wait() {
        let orders = Orders::default();
        orders.poke();
        assert!(orders.wait(LONG).is_ok());
        assert!(matches!(orders.take_poke(), Ok(true)));
        assert!(matches!(orders.take_poke(), Ok(false)));
        let asked = orders.ask();
        assert!(orders.wait(LONG).is_ok() && orders.is_asked());
        assert_eq!(orders.take_askers().len(), 1);
        assert!(!orders.is_asked() && asked.recv().is_err());
        orders.end();
        assert!(matches!(orders.rest(LONG), Err(Failure::Ended)));
        assert!(matches!(orders.take_poke(), Err(Failure::Ended)));
    }

    #[test]
    fn nobody_waits_for_a_thread_that_has_ended() {
        let orders = Orders::default();
        orders.end();
        assert!(orders.wait_for(1, "a.example").recv().is_err());
        assert!(orders.ask().recv().is_err());
        assert_eq!(orders.waited().len(), 0);
    }
}
