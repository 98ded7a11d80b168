//! Names that were resolved, for as long as they are believed. Resolves nothing itself, and has
//! no clock.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How much longer than its time an address is used while nothing newer can be had.
const KEPT_TIMES: u32 = 10;
/// What it is used at least, then.
const KEPT_LEAST: Duration = Duration::from_secs(60);

/// What is known of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookUp {
    /// Its addresses; never empty.
    Found(Vec<IpAddr>),
    /// Somebody is asking already: wait for [`Names::resolved`].
    Asked,
    /// The caller is to ask, and to say what was found.
    Ask,
}

/// What comes of having asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// New addresses.
    New(Vec<IpAddr>),
    /// The old addresses: asking failed, and a sentence says so.
    Old(Vec<IpAddr>, String),
    /// None, and why.
    Failed(String),
}

/// A bounded cache of names and their addresses.
#[derive(Debug)]
pub struct Names {
    entries: BTreeMap<String, Entry>,
    entries_max: usize,
}

#[derive(Debug)]
struct Entry {
    addresses: Vec<IpAddr>,
    /// When they were found.
    found: Instant,
    /// When they were last asked for, with success or not.
    answered: Option<Instant>,
    is_asked: bool,
    time_to_live: Duration,
}

impl Names {
    /// A cache of so many names.
    #[must_use]
    pub fn new(entries_max: usize) -> Names {
        Names {
            entries: BTreeMap::new(),
            entries_max: entries_max.max(1),
        }
    }

    /// What is known of a name, not older than `time_to_live`.
    pub fn look_up(&mut self, host: &str, time_to_live: Duration, now: Instant) -> LookUp {
        if let Some(entry) = self.entries.get_mut(host) {
            entry.time_to_live = time_to_live;
            if entry.is_fresh(now) {
                return LookUp::Found(entry.addresses.clone());
            }
            return match std::mem::replace(&mut entry.is_asked, true) {
                true => LookUp::Asked,
                false => LookUp::Ask,
            };
        }
        self.make_room();
        let entry = Entry {
            addresses: Vec::new(),
            found: now,
            answered: None,
            is_asked: true,
            time_to_live,
        };
        self.entries.insert(host.to_owned(), entry);
        LookUp::Ask
    }

    /// The old addresses of a name, which are better than none while it is being asked for again.
    #[must_use]
    pub fn find_old(&self, host: &str, now: Instant) -> Option<Vec<IpAddr>> {
        let entry = self.entries.get(host);
        let old = entry.filter(|entry| entry.is_kept(now));
        old.map(|entry| entry.addresses.clone())
    }

    /// Takes notice of what asking came to, and says what to use.
    ///
    /// Where it failed, the old addresses are good for ten times their time or one minute,
    /// whichever is longer; they are handed out for their time again before somebody is to ask.
    pub fn resolved(
        &mut self,
        host: &str,
        result: Result<Vec<IpAddr>, String>,
        now: Instant,
    ) -> Resolved {
        let result = result.and_then(|addresses| match addresses.is_empty() {
            true => Err("the name has no addresses".to_owned()),
            false => Ok(addresses),
        });
        let entry = self.entries.get_mut(host);
        match (result, entry) {
            (Ok(addresses), Some(entry)) => {
                entry.addresses.clone_from(&addresses);
                (entry.found, entry.answered) = (now, Some(now));
                entry.is_asked = false;
                Resolved::New(addresses)
            }
            (Ok(addresses), None) => Resolved::New(addresses),
            (Err(error), Some(entry)) if entry.is_kept(now) => {
                entry.answered = Some(now);
                entry.is_asked = false;
                let sentence = format!(
                    "cannot resolve `{host}` again ({error}), its addresses of {} seconds ago are used",
                    now.saturating_duration_since(entry.found).as_secs()
                );
                Resolved::Old(entry.addresses.clone(), sentence)
            }
            (Err(error), _) => {
                self.entries.remove(host);
                Resolved::Failed(format!("cannot resolve `{host}`: {error}"))
            }
        }
    }

    /// Takes notice that nobody asks for a name after all: whoever looks it up next is to ask.
    pub fn give_up(&mut self, host: &str) {
        if let Some(entry) = self.entries.get_mut(host) {
            entry.is_asked = false;
            if entry.addresses.is_empty() {
                self.entries.remove(host);
            }
        }
    }

    /// How many names are known or being asked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no name is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    // The name that was asked for longest ago leaves; one that is being asked for only if it must,
    // for whoever asks is still told what was found.
    fn make_room(&mut self) {
        while self.entries.len() >= self.entries_max {
            let entries = self.entries.iter();
            let oldest = entries.min_by_key(|(_, entry)| (entry.is_asked, entry.answered));
            let Some(name) = oldest.map(|(name, _)| name.clone()) else {
                return;
            };
            self.entries.remove(&name);
        }
    }
}

impl Entry {
    fn is_fresh(&self, now: Instant) -> bool {
        let age = |since: Instant| now.saturating_duration_since(since);
        let is_fresh = self
            .answered
            .is_some_and(|answered| age(answered) < self.time_to_live);
        is_fresh && self.is_kept(now)
    }

    fn is_kept(&self, now: Instant) -> bool {
        let kept = self.time_to_live.saturating_mul(KEPT_TIMES).max(KEPT_LEAST);
        !self.addresses.is_empty() && now.saturating_duration_since(self.found) <= kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(30);

    fn addresses(last: u8) -> Vec<IpAddr> {
        vec![IpAddr::from([127, 0, 0, last])]
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn one_asks_and_all_find() {
        let (mut names, now) = (Names::new(10), Instant::now());
        assert_eq!(names.look_up("h", TTL, now), LookUp::Ask);
        assert_eq!(names.look_up("h", TTL, now), LookUp::Asked);
        let resolved = names.resolved("h", Ok(addresses(1)), now);
        assert_eq!(resolved, Resolved::New(addresses(1)));
        let last = now + TTL - Duration::from_nanos(1);
        assert_eq!(names.look_up("h", TTL, last), LookUp::Found(addresses(1)));
        assert_eq!(names.look_up("h", TTL, now + TTL), LookUp::Ask);
        assert_eq!(names.look_up("h", TTL, now + TTL), LookUp::Asked);
        names.resolved("h", Ok(addresses(2)), now + TTL);
        let found = names.look_up("h", TTL, now + TTL);
        assert_eq!(found, LookUp::Found(addresses(2)));
        assert_eq!(names.look_up("h", Duration::ZERO, now + TTL), LookUp::Ask);
    }

    #[test]
    fn old_addresses_are_better_than_none() {
        for (ttl, kept) in [(seconds(1), 60), (seconds(6), 60), (seconds(30), 300)] {
            let (mut names, start) = (Names::new(10), Instant::now());
            names.look_up("h", ttl, start);
            names.resolved("h", Ok(addresses(1)), start);
            let last = start + seconds(kept);
            assert_eq!(names.find_old("h", last), Some(addresses(1)));
            assert_eq!(names.look_up("h", ttl, last), LookUp::Ask);
            assert_eq!(names.find_old("h", last), Some(addresses(1)));
            let sentence = format!(
                "cannot resolve `h` again (no answer), its addresses of {kept} seconds ago are used"
            );
            let old = Resolved::Old(addresses(1), sentence);
            assert_eq!(names.resolved("h", Err("no answer".to_owned()), last), old);
            assert_eq!(names.look_up("h", ttl, last), LookUp::Found(addresses(1)));
            let over = last + Duration::from_nanos(1);
            assert_eq!(names.look_up("h", ttl, over), LookUp::Ask);
            assert_eq!(names.find_old("h", over), None);
            let failed = Resolved::Failed("cannot resolve `h`: no answer".to_owned());
            assert_eq!(
                names.resolved("h", Err("no answer".to_owned()), over),
                failed
            );
            assert_eq!(names.look_up("h", ttl, over), LookUp::Ask);
        }
    }

    #[test]
    fn what_is_given_up_is_asked_for_again() {
        let (mut names, start) = (Names::new(10), Instant::now());
        assert_eq!(names.look_up("h", TTL, start), LookUp::Ask);
        names.give_up("h");
        assert!(names.is_empty());
        assert_eq!(names.look_up("h", TTL, start), LookUp::Ask);
        names.resolved("h", Ok(addresses(1)), start);
        let later = start + TTL;
        assert_eq!(names.look_up("h", TTL, later), LookUp::Ask);
        names.give_up("h");
        names.give_up("unknown");
        assert_eq!(names.look_up("h", TTL, later), LookUp::Ask);
        // The addresses of before are still better than none.
        let old = names.resolved("h", Err("no answer".to_owned()), later);
        assert!(matches!(old, Resolved::Old(..)), "{old:?}");
    }

    #[test]
    fn a_name_without_addresses_has_failed() {
        let (mut names, now) = (Names::new(10), Instant::now());
        names.look_up("h", TTL, now);
        let sentence = "cannot resolve `h`: the name has no addresses".to_owned();
        assert_eq!(
            names.resolved("h", Ok(Vec::new()), now),
            Resolved::Failed(sentence)
        );
        assert!(names.is_empty());
    }

    #[test]
    fn the_oldest_leave_first() {
        let (mut names, start) = (Names::new(2), Instant::now());
        for (at, host) in ["a", "b", "c"].into_iter().enumerate() {
            let now = start + seconds(at as u64);
            assert_eq!(names.look_up(host, TTL, now), LookUp::Ask);
            names.resolved(host, Ok(addresses(at as u8)), now);
            assert!(names.len() <= 2);
        }
        let now = start + seconds(3);
        assert_eq!(names.look_up("b", TTL, now), LookUp::Found(addresses(1)));
        assert_eq!(names.look_up("c", TTL, now), LookUp::Found(addresses(2)));
        for host in ["d", "e", "f"] {
            assert_eq!(names.look_up(host, TTL, now), LookUp::Ask);
            assert_eq!(names.len(), 2);
        }
        let resolved = names.resolved("d", Ok(addresses(4)), now);
        assert_eq!(resolved, Resolved::New(addresses(4)));
        assert_eq!(names.len(), 2);
    }
}
