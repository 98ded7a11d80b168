//! A sweep: Redis is compared with the database, and what differs is repaired.
//!
//! First each page of mappings is compared with what Redis has of them. What differs is looked at
//! again, after the outbox was applied, and repaired only if the mark shows that nobody wrote
//! meanwhile: so what is on its way is neither taken for wrong nor undone. Then a digest of all
//! domains is compared with one of all keys; where they differ, keys that are no mapping are deleted,
//! with the same care. Between the pages, what comes in is applied.

use std::fmt;
use std::time::{Duration, Instant};

use micro_store::Answer;

use super::apply::set_all;
use super::commands::Commands;
use super::digest::Digest;
use super::failure::Failure;
use super::link::{Found, Written};
use super::rows::{self, Losses, Mapping};
use super::status::Swept;
use super::worker::{Worker, refusal};

/// How many mappings are compared, or written, together.
const PAGE_ROWS: u64 = 2000;
/// How few, at last, if others write all the time.
const PAGE_ROWS_MIN: u64 = 16;
/// How many keys are looked up together.
const NAMES_MAX: usize = 500;

/// Why there is a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Start,
    Restart,
    Lost,
    Time,
    /// More changes wait than can be applied together, and none can be taken from the outbox.
    Full,
    Asked,
}

/// A sweep on its way.
struct Sweep {
    why: Why,
    begin: Instant,
    /// What was known to be lost when it began.
    losses: Losses,
    /// The same that the database has no room for: how many such losses there were.
    unrecorded: u64,
    /// Whether there was nothing in Redis: then there is nothing to compare, and no key that is no
    /// mapping.
    is_filling: bool,
    domains: Digest,
    checked: u64,
    missing: u64,
    wrong: u64,
    extra: u64,
}

/// A page of mappings that is read while another is written.
struct Page {
    after: u64,
    /// The mark before it was read.
    seen: Option<Vec<u8>>,
    mappings: Answer<Vec<Mapping>>,
}

/// What differs on a page.
#[derive(Default)]
struct Differing<'a> {
    mappings: Vec<&'a Mapping>,
    missing: u64,
}

impl Worker {
    /// Compares everything, and repairs what differs; tells those who asked for it.
    pub(super) fn sweep(&mut self, why: Why) -> Result<(), Failure> {
        let askers = self.orders.take_askers();
        self.status.sweeping(true);
        let result = self.sweep_now(why);
        self.status.sweeping(false);
        match &result {
            Ok(took) => {
                self.status.recovered();
                self.sweep_pauses.reset();
                // Sweeps that follow upon one another leave half of the time to others.
                self.sweep_not_before = Instant::now() + *took;
            }
            Err(_) => self.sweep_not_before = Instant::now() + self.sweep_pauses.next(),
        }
        for asker in askers {
            let told = match &result {
                Ok(_) => Ok(self.status.report()),
                Err(failure) => Err(refusal(failure)),
            };
            let _ = asker.send(told);
        }
        result.map(drop)
    }

    fn sweep_now(&mut self, why: Why) -> Result<Duration, Failure> {
        let mut sweep = Sweep {
            why,
            begin: Instant::now(),
            losses: self.losses,
            unrecorded: self.unrecorded.count,
            // The mark is there; what says that it is filled is not, or there is nothing else.
            is_filling: self.link()?.key_count()? <= 1,
            domains: Digest::new(),
            checked: 0,
            missing: 0,
            wrong: 0,
            extra: 0,
        };
        self.compare_mappings(&mut sweep)?;
        if !sweep.is_filling {
            self.compare_keys(&mut sweep)?;
        }
        self.complete(sweep)
    }

    fn compare_mappings(&mut self, sweep: &mut Sweep) -> Result<(), Failure> {
        let mut ahead = self.begin_page(0, PAGE_ROWS);
        loop {
            let page = ahead;
            let (after, seen) = (page.after, page.seen);
            let mappings = page.mappings.wait()?;
            let Some(last) = mappings.last().map(|mapping| mapping.id) else {
                return Ok(());
            };
            ahead = self.begin_page(last, PAGE_ROWS);
            let done = self.settle(after, seen, mappings, sweep)?;
            if done != last {
                ahead = self.begin_page(done, PAGE_ROWS);
            }
            self.between()?;
        }
    }

    fn begin_page(&self, after: u64, rows_max: u64) -> Page {
        Page {
            after,
            seen: self.seen.clone(),
            mappings: self
                .store
                .read(move |transaction| rows::page(transaction, after, rows_max)),
        }
    }

    /// Sees to it that Redis has these mappings, which are those behind the number `after`. Tells
    /// up to which number it has.
    fn settle(
        &mut self,
        after: u64,
        mut seen: Option<Vec<u8>>,
        mut mappings: Vec<Mapping>,
        sweep: &mut Sweep,
    ) -> Result<u64, Failure> {
        let mut rows_max = PAGE_ROWS;
        let mut is_sure = sweep.is_filling;
        loop {
            let differing = self.differing(&mappings, sweep.is_filling)?;
            if differing.mappings.is_empty() {
                break;
            }
            if is_sure {
                match self.repair(seen.as_deref(), &differing)? {
                    Written::Done(_) => {
                        sweep.count(&differing);
                        self.status.repaired(differing.mappings.len() as u64);
                        break;
                    }
                    Written::Void => {
                        self.step_back()?;
                        rows_max = (rows_max / 2).max(PAGE_ROWS_MIN);
                    }
                }
            }
            self.apply()?;
            let page = self.begin_page(after, rows_max);
            (seen, mappings) = (page.seen, page.mappings.wait()?);
            is_sure = true;
        }
        for mapping in &mappings {
            sweep.domains.add(mapping.domain.as_bytes());
        }
        sweep.checked += mappings.len() as u64;
        Ok(mappings.last().map_or(after, |mapping| mapping.id))
    }

    fn differing<'a>(
        &mut self,
        mappings: &'a [Mapping],
        is_filling: bool,
    ) -> Result<Differing<'a>, Failure> {
        if is_filling {
            return Ok(Differing {
                mappings: mappings.iter().collect(),
                missing: mappings.len() as u64,
            });
        }
        let domains = mappings.iter().map(|mapping| &*mapping.domain);
        let found = self.link()?.find_sets(domains)?;
        let mut differing = Differing::default();
        for (mapping, found) in mappings.iter().zip(found) {
            if !is_same(mapping, &found) {
                differing.mappings.push(mapping);
                differing.missing += u64::from(found == Found::Nothing);
            }
        }
        Ok(differing)
    }

    fn repair(
        &mut self,
        seen: Option<&[u8]>,
        differing: &Differing<'_>,
    ) -> Result<Written, Failure> {
        let sets = differing.mappings.iter();
        let sets = sets.map(|mapping| (&*mapping.domain, &*mapping.backends));
        let commands = set_all(&self.target.prefix, sets);
        self.link()?.write_if(seen, &commands, None)
    }

    /// Deletes the keys that are no mapping.
    fn compare_keys(&mut self, sweep: &mut Sweep) -> Result<(), Failure> {
        self.scan(|_, names| {
            names.iter().for_each(|name| sweep.domains.subtract(name));
            Ok(())
        })?;
        if sweep.domains.is_even() {
            return Ok(());
        }
        let mut names = Vec::new();
        self.scan(|worker, found| {
            names.extend(found.into_iter().filter(|name| sweep.domains.is_odd(name)));
            if names.len() >= NAMES_MAX {
                sweep.extra += worker.delete_unknown(&std::mem::take(&mut names))?;
            }
            Ok(())
        })?;
        sweep.extra += self.delete_unknown(&names)?;
        Ok(())
    }

    fn scan(
        &mut self,
        mut see: impl FnMut(&mut Worker, Vec<Vec<u8>>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut cursor = 0;
        loop {
            let names;
            (cursor, names) = self.link()?.scan(cursor)?;
            see(self, names)?;
            if cursor == 0 {
                return Ok(());
            }
            self.between()?;
        }
    }

    /// Deletes those of the keys that are no mapping; how many were there.
    fn delete_unknown(&mut self, names: &[Vec<u8>]) -> Result<u64, Failure> {
        let mut unknown = self.unknown(names)?;
        while !unknown.is_empty() {
            self.apply()?;
            let seen = self.seen.clone();
            unknown = self.unknown(&unknown)?;
            let mut commands = Commands::new();
            if !unknown.is_empty() {
                let names = unknown.iter().map(|name| &**name);
                commands.add_keys(b"DEL", &self.target.prefix, names);
            }
            match self.link()?.write_if(seen.as_deref(), &commands, None)? {
                Written::Void => self.step_back()?,
                Written::Done(count) => {
                    self.status.repaired(count);
                    return Ok(count);
                }
            }
        }
        Ok(0)
    }

    fn unknown(&self, names: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Failure> {
        let names = names.to_vec();
        let unknown = self
            .store
            .read(move |transaction| rows::unknown(transaction, &names));
        Ok(unknown.wait()?)
    }

    fn complete(&mut self, sweep: Sweep) -> Result<Duration, Failure> {
        let (losses, unrecorded) = (sweep.losses, sweep.unrecorded);
        let swept = sweep.end();
        if swept.repaired() > 0 || losses.are_open() {
            // Should Redis come back as it was before, that is seen.
            self.raise()?;
        }
        if swept.repaired() > 0 {
            log::warn!(
                "repaired in Redis: {} mappings were missing, {} wrong, {} keys were none ({})",
                swept.missing,
                swept.wrong,
                swept.extra,
                swept.why
            );
        }
        if losses.are_open() {
            let noted = self
                .store
                .write(move |transaction| rows::repaired_to(transaction, losses.count));
            match self.unrecorded.if_room(noted.wait())? {
                Some(noted) => self.losses = noted,
                None => {
                    self.unrecorded.repaired_to = losses.count;
                    self.losses = self.unrecorded.known(self.losses);
                }
            }
        }
        self.say_filled(unrecorded)?;
        self.status.suspect(self.is_suspect());
        self.due = None;
        let took = swept.took;
        self.next_sweep = Instant::now() + pause_after(took, self.sweep_every);
        self.status.swept(swept);
        Ok(took)
    }
}

/// How long after a sweep that took so long the next one may come that is not needed: it has a tenth
/// of the time, at most.
fn pause_after(took: Duration, sweep_every: Duration) -> Duration {
    sweep_every.max(took.saturating_mul(9))
}

impl Worker {
    /// Says in Redis that everything is there, unless something was lost again since there were so
    /// many losses that are not recorded.
    fn say_filled(&mut self, unrecorded: u64) -> Result<(), Failure> {
        let mut commands = Commands::new();
        commands.add(&[b"SET", &self.target.filled_key, b"1"]);
        loop {
            self.apply()?;
            let is_lost = self.losses.are_open() || self.unrecorded.count != unrecorded;
            if is_lost {
                return Ok(());
            }
            if self.link()?.is_filled()? {
                self.unrecorded.repair();
                return Ok(());
            }
            let seen = self.seen.clone();
            match self.link()?.write_if(seen.as_deref(), &commands, None)? {
                Written::Void => self.step_back()?,
                Written::Done(_) => {
                    self.unrecorded.repair();
                    return Ok(());
                }
            }
        }
    }
}

impl Sweep {
    fn count(&mut self, differing: &Differing<'_>) {
        self.missing += differing.missing;
        self.wrong += differing.mappings.len() as u64 - differing.missing;
    }

    fn end(self) -> Swept {
        Swept {
            why: self.why.to_string(),
            ended: Instant::now(),
            took: self.begin.elapsed(),
            checked: self.checked,
            missing: self.missing,
            wrong: self.wrong,
            extra: self.extra,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::Start => "the service has started",
            Why::Restart => "Redis has started",
            Why::Lost => "Redis has lost something",
            Why::Time => "it was time",
            Why::Full => "the database has no room",
            Why::Asked => "somebody asked for it",
        })
    }
}

fn is_same(mapping: &Mapping, found: &Found) -> bool {
    match found {
        Found::Nothing => mapping.backends.is_empty(),
        Found::Other => false,
        Found::Set(members) => {
            let mut members: Vec<&[u8]> = members.iter().map(|member| &**member).collect();
            let mut backends: Vec<&[u8]> = mapping.backends.iter().map(String::as_bytes).collect();
            members.sort_unstable();
            backends.sort_unstable();
            backends.dedup();
            members == backends
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_are_never_expensive() {
        let pause = |took, every| {
            let pause = pause_after(Duration::from_secs(took), Duration::from_secs(every));
            pause.as_secs()
        };
        assert_eq!(pause(3, 30), 30);
        assert_eq!(pause(4, 30), 36);
        assert_eq!(pause(u64::MAX, 30), u64::MAX);
    }
}
