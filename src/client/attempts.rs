//! Connection attempts, one after the other without waiting for the last to fail: «happy
//! eyeballs» (RFC 8305 sections 4 and 5). The clock is handed in.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long an attempt may be alone (RFC 8305 section 8).
const DELAY: Duration = Duration::from_millis(250);

/// How many addresses a sentence tells of.
const TOLD_MAX: usize = 8;

/// What to do next to reach a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Connect to this address, beside the attempts under way.
    Connect(SocketAddr),
    /// Ask again then, or when an attempt ends.
    Wait(Instant),
    /// Every address was tried, and some attempt is under way: ask again when one ends.
    Pending,
    /// Every attempt failed.
    Exhausted,
}

/// The attempts to reach one peer, which has several addresses.
///
/// The first attempt that succeeds wins; the caller drops this, and the other attempts.
#[derive(Debug)]
pub struct Attempts {
    waiting: VecDeque<SocketAddr>,
    pending: Vec<SocketAddr>,
    errors: Vec<(SocketAddr, String)>,
    /// When the next attempt may begin; at once if there is none.
    next: Option<Instant>,
}

impl Attempts {
    /// Tries these addresses: families take turns, IPv6 begins, and within a family the order is
    /// kept (RFC 8305 section 4). Each is tried once.
    #[must_use]
    pub fn new(addresses: impl IntoIterator<Item = SocketAddr>) -> Attempts {
        let mut known: Vec<SocketAddr> = Vec::new();
        for address in addresses {
            if !known.contains(&address) {
                known.push(address);
            }
        }
        let (six, four): (Vec<_>, Vec<_>) = known.into_iter().partition(SocketAddr::is_ipv6);
        let (mut six, mut four) = (six.into_iter(), four.into_iter());
        let mut waiting = VecDeque::new();
        loop {
            let pair = [six.next(), four.next()];
            if pair == [None, None] {
                break;
            }
            waiting.extend(pair.into_iter().flatten());
        }
        Attempts {
            waiting,
            pending: Vec::new(),
            errors: Vec::new(),
            next: None,
        }
    }

    /// What to do now.
    pub fn next(&mut self, now: Instant) -> Step {
        match self.next {
            Some(next) if next > now && !self.waiting.is_empty() => return Step::Wait(next),
            _ => {}
        }
        match self.waiting.pop_front() {
            Some(address) => {
                self.pending.push(address);
                self.next = Some(now + DELAY);
                Step::Connect(address)
            }
            None if self.pending.is_empty() => Step::Exhausted,
            None => Step::Pending,
        }
    }

    /// Takes notice that an attempt failed: the next one need not wait any longer.
    pub fn failed(&mut self, address: SocketAddr, error: impl ToString, now: Instant) {
        let Some(at) = self.pending.iter().position(|known| *known == address) else {
            return;
        };
        self.pending.remove(at);
        self.errors.push((address, error.to_string()));
        self.next = Some(now);
    }

    /// Why the peer cannot be reached: the addresses that failed, and their errors. A name may have
    /// thousands, so that the first few stand for all.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.errors.is_empty() && self.pending.is_empty() {
            return "there is no address to connect to".to_owned();
        }
        let failed = self.errors.iter();
        let failed = failed.map(|(address, error)| format!("{address} ({error})"));
        let pending = self.pending.iter();
        let pending = pending.map(|address| format!("{address} (no answer yet)"));
        let all: Vec<String> = failed.chain(pending).take(TOLD_MAX).collect();
        let told = all.join(", ");
        match self.errors.len() + self.pending.len() - all.len() {
            0 => format!("cannot connect to {told}"),
            others => format!("cannot connect to {told} and {others} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("it is an address")
    }

    fn attempts(addresses: &[&str]) -> Attempts {
        Attempts::new(addresses.iter().map(|text| address(text)))
    }

    #[test]
    fn families_take_turns() {
        let (mut now, mut order) = (Instant::now(), Vec::new());
        let given = [
            "1.1.1.1:1",
            "1.1.1.2:1",
            "1.1.1.1:1",
            "[::1]:1",
            "1.1.1.3:1",
            "[::2]:1",
        ];
        let mut attempts = attempts(&given);
        loop {
            match attempts.next(now) {
                Step::Connect(address) => order.push(address.to_string()),
                Step::Wait(next) => now = next,
                Step::Pending | Step::Exhausted => break,
            }
        }
        assert_eq!(
            order,
            ["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "1.1.1.3:1"]
        );
    }

    #[test]
    fn an_attempt_is_alone_for_a_while() {
        let start = Instant::now();
        let (four, six) = (address("1.1.1.1:1"), address("[::1]:1"));
        let mut attempts = Attempts::new([four, six]);
        assert_eq!(attempts.next(start), Step::Connect(six));
        let second = start + DELAY;
        assert_eq!(attempts.next(start), Step::Wait(second));
        let before = second - Duration::from_nanos(1);
        assert_eq!(attempts.next(before), Step::Wait(second));
        assert_eq!(attempts.next(second), Step::Connect(four));
        assert_eq!(attempts.next(second), Step::Pending);
        attempts.failed(six, "refused", second);
        attempts.failed(six, "said again", second);
        assert_eq!(attempts.next(second), Step::Pending);
        attempts.failed(four, "unreachable", second);
        assert_eq!(attempts.next(second), Step::Exhausted);
        let sentence = "cannot connect to [::1]:1 (refused), 1.1.1.1:1 (unreachable)";
        assert_eq!(attempts.sentence(), sentence);
    }

    #[test]
    fn a_failure_begins_the_next_at_once() {
        let now = Instant::now();
        let mut attempts = attempts(&["[::1]:1", "1.1.1.1:1", "1.1.1.2:1"]);
        let Step::Connect(first) = attempts.next(now) else {
            panic!("there is an address");
        };
        let early = now + Duration::from_millis(10);
        attempts.failed(first, "refused", early);
        assert_eq!(attempts.next(early), Step::Connect(address("1.1.1.1:1")));
        assert_eq!(attempts.next(early), Step::Wait(early + DELAY));
        let sentence = "cannot connect to [::1]:1 (refused), 1.1.1.1:1 (no answer yet)";
        assert_eq!(attempts.sentence(), sentence);
    }

    #[test]
    fn a_sentence_does_not_tell_of_thousands() {
        let now = Instant::now();
        for (count, end) in [
            (TOLD_MAX, "(refused)"),
            (TOLD_MAX + 1, "(refused) and 1 more"),
            (4000, "(refused) and 3992 more"),
        ] {
            let all = (0..count as u32).map(|at| SocketAddr::from((at.to_be_bytes(), 1)));
            let mut attempts = Attempts::new(all);
            while let Step::Connect(address) = attempts.next(now) {
                attempts.failed(address, "refused", now);
            }
            let sentence = attempts.sentence();
            assert_eq!(sentence.matches("refused").count(), TOLD_MAX);
            assert!(sentence.ends_with(end), "{sentence}");
        }
    }

    #[test]
    fn without_addresses_there_is_nothing_to_try() {
        let mut attempts = attempts(&[]);
        assert_eq!(attempts.next(Instant::now()), Step::Exhausted);
        assert_eq!(attempts.sentence(), "there is no address to connect to");
    }
}
