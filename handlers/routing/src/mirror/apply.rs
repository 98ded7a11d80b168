//! Applying the outbox: what the database says now of its domains goes to Redis.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::commands::Commands;
use super::failure::Failure;
use super::link::Written;
use super::mark::{Mark, Verdict};
use super::rows::{self, BATCH_ROWS, Batch, Change};
use super::runs::runs;
use super::sweep::Why;
use super::worker::Worker;

/// How often the rows are counted that are more than are applied together.
const COUNT_EVERY: Duration = Duration::from_secs(1);

impl Worker {
    /// Applies all that the outbox has, and sees whether Redis has lost anything.
    pub(super) fn apply(&mut self) -> Result<(), Failure> {
        while self.apply_some(false)? {
            // The rows that come next may have been poked for.
            self.orders.take_poke()?;
        }
        self.looked = Instant::now();
        Ok(())
    }

    /// Raises the mark, though nothing changes.
    pub(super) fn raise(&mut self) -> Result<(), Failure> {
        match self.apply_some(true)? {
            true => self.apply(),
            false => Ok(()),
        }
    }

    /// Applies the oldest rows; tells whether there are more.
    fn apply_some(&mut self, must_raise: bool) -> Result<bool, Failure> {
        loop {
            let seen = self.link()?.mark()?;
            let batch = self.read_batch()?;
            let verdict = batch.position.mark.judge(seen.as_deref());
            self.losses = self.unrecorded.known(batch.position.losses);
            if verdict == Verdict::Whole {
                self.noted = None;
                self.unrecorded.loss = None;
            } else {
                let is_ours = self.is_ours(verdict, &batch.position.mark)?;
                // Another process may have raised both marks meanwhile.
                if self.link()?.mark()? != seen {
                    self.step_back()?;
                    continue;
                }
                if !is_ours {
                    return Err(self.foreign(verdict));
                }
                if !self.note_loss(verdict)? {
                    match self.apply_unrecorded(seen.as_deref(), &batch)? {
                        Written::Void => self.step_back()?,
                        Written::Done(_) => {
                            self.seen = seen;
                            return Ok(false);
                        }
                    }
                    continue;
                }
            }
            self.status.suspect(self.losses.are_open());
            if verdict == Verdict::Whole && !self.losses.are_open() {
                // It was applied, and is still there.
                self.orders.tell(|waited| batch.gone.contains(&waited.row));
            }
            if batch.changes.is_empty() && verdict == Verdict::Whole && !must_raise {
                self.seen = seen;
                return Ok(false);
            }
            let next = batch.position.mark.next(seen.as_deref());
            match self.write(seen.as_deref(), verdict, &batch, &next)? {
                Written::Void => self.step_back()?,
                Written::Done(_) => {
                    self.noted = None;
                    self.seen = Some(next.to_string().into_bytes());
                    let was_full = self.unrecorded.is_full;
                    let is_recorded = self.record(&batch, next)?;
                    if !is_recorded && !batch.is_all && !was_full {
                        // The others wait behind those that stay.
                        self.due = self.due.or(Some(Why::Full));
                    }
                    return Ok(is_recorded && !batch.is_all);
                }
            }
        }
    }

    /// Waits a moment for whoever was quicker.
    pub(super) fn step_back(&mut self) -> Result<(), Failure> {
        self.status.void();
        let pause = self.void_pauses.next();
        self.orders.rest(pause)
    }

    fn read_batch(&mut self) -> Result<Batch, Failure> {
        // Whoever waits now has committed its row before.
        let waited = self.orders.waited();
        let read = self
            .store
            .read(move |transaction| rows::batch(transaction, BATCH_ROWS, &waited));
        let batch = read.wait()?;
        self.count(&batch)?;
        Ok(batch)
    }

    fn count(&mut self, batch: &Batch) -> Result<(), Failure> {
        let oldest = batch.changes.first().map(|change| change.id);
        if batch.is_all {
            self.status.pending(batch.changes.len() as u64, oldest);
        } else if self
            .counted
            .is_none_or(|when| when.elapsed() >= COUNT_EVERY)
        {
            let (count, oldest) = self.store.read(rows::pending).wait()?;
            self.status.pending(count, oldest);
            self.counted = Some(Instant::now());
        }
        Ok(())
    }

    /// Whether what Redis lacks may be put there: it has lost what we have put there before, or nobody
    /// has put anything there.
    fn is_ours(&mut self, verdict: Verdict, known: &Mark) -> Result<bool, Failure> {
        Ok(match verdict {
            _ if self.takes_over => true,
            Verdict::Foreign => false,
            Verdict::Missing if known.number == 0 => !self.link()?.has_keys()?,
            _ => true,
        })
    }

    fn foreign(&self, verdict: Verdict) -> Failure {
        let prefix = self.target.prefix.escape_ascii();
        Failure::Foreign(match verdict {
            Verdict::Foreign => format!("{verdict} for the prefix `{prefix}`"),
            _ => format!(
                "Redis has keys with the prefix `{prefix}`, though this database was never mirrored"
            ),
        })
    }

    /// Writes down that Redis has lost something, before anything can hide it. Once for each loss:
    /// who raises the mark in between has written it down as well. Tells whether there was room for it.
    fn note_loss(&mut self, verdict: Verdict) -> Result<bool, Failure> {
        if self.noted == Some(self.losses.count) && self.losses.are_open() {
            return Ok(true);
        }
        if self.unrecorded.loss.is_none() {
            log::warn!("{verdict}: it is compared with the database");
        }
        let noted = self.store.write(rows::add_loss).wait();
        let Some(losses) = self.unrecorded.if_room(noted)? else {
            return Ok(false);
        };
        self.losses = self.unrecorded.known(losses);
        self.noted = Some(self.losses.count);
        self.unrecorded.loss = None;
        Ok(true)
    }

    fn write(
        &mut self,
        seen: Option<&[u8]>,
        verdict: Verdict,
        batch: &Batch,
        next: &Mark,
    ) -> Result<Written, Failure> {
        let changes = &batch.changes;
        let mut commands = set_all(&self.target.prefix, changes.iter().map(Change::set));
        if verdict != Verdict::Whole {
            commands.add(&[b"DEL", &self.target.filled_key]);
        }
        let written = self.link()?.write_if(seen, &commands, Some(next));
        if !matches!(&written, Err(failure) if failure.is_out_of_memory()) {
            return written;
        }
        // What can be deleted goes at once; its rows stay, as the mark does.
        let deleted = changes.iter().filter(|change| change.backends.is_none());
        let names: Vec<&[u8]> = deleted.map(|change| change.domain.as_bytes()).collect();
        if !names.is_empty() {
            self.link()?.delete_if(seen, names.into_iter())?;
        }
        written
    }

    /// Tells whether there was room for it.
    fn record(&mut self, batch: &Batch, next: Mark) -> Result<bool, Failure> {
        let ids = batch.ids();
        self.void_pauses.reset();
        // Redis has it, whether or not that can be recorded.
        let applied = batch.applied();
        self.orders.tell(|waited| {
            let row = applied.get(&*waited.domain);
            row.is_some_and(|&row| row >= waited.row)
        });
        let runs = runs(&ids);
        let recorded = self
            .store
            .write(move |transaction| rows::record(transaction, &runs, &next));
        let is_recorded = self.unrecorded.if_room(recorded.wait())?.is_some();
        if is_recorded {
            self.status.applied(ids.len());
        }
        Ok(is_recorded)
    }
}

impl Batch {
    fn ids(&self) -> Vec<u64> {
        self.changes.iter().map(|change| change.id).collect()
    }

    /// The row of each domain.
    fn applied(&self) -> HashMap<&str, u64> {
        let changes = self.changes.iter();
        changes.map(|change| (&*change.domain, change.id)).collect()
    }
}

impl Change {
    pub(super) fn set(&self) -> (&str, &[String]) {
        (&self.domain, self.backends.as_deref().unwrap_or_default())
    }
}

/// The commands that make these domains have these backends, and no others.
pub(super) fn set_all<'a>(
    prefix: &[u8],
    sets: impl Iterator<Item = (&'a str, &'a [String])>,
) -> Commands {
    let sets: Vec<_> = sets.collect();
    let mut commands = Commands::new();
    if sets.is_empty() {
        return commands;
    }
    commands.add_keys(
        b"DEL",
        prefix,
        sets.iter().map(|(domain, _)| domain.as_bytes()),
    );
    for (domain, backends) in sets {
        if !backends.is_empty() {
            let members = backends.iter().map(String::as_bytes);
            commands.add_key(b"SADD", (prefix, domain.as_bytes()), members);
        }
    }
    commands
}
