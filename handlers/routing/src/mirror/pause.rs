//! How long to wait before something is tried again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Pauses that grow, each up to half shorter by chance, so that those who failed together do not
/// come back together.
pub(crate) struct Pauses {
    first: Duration,
    longest: Duration,
    next: Duration,
    chance: RandomState,
    count: u64,
}

impl Pauses {
    pub(crate) fn new(first: Duration, longest: Duration) -> Pauses {
        Pauses {
            first,
            longest,
            next: first,
            chance: RandomState::new(),
            count: 0,
        }
    }

    /// The next pause.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause.mul_f64(0.5 + self.fraction() / 2.0)
    }

    /// Begins anew, because something succeeded.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }

    /// A number from 0 to 1, by chance.
    fn fraction(&mut self) -> f64 {
        self.count += 1;
        let bits = u32::try_from(self.chance.hash_one(self.count) >> 32).unwrap_or(u32::MAX);
        f64::from(bits) / f64::from(u32::MAX)
    }
}

/// A name that nobody else has, of 32 hexadecimal digits.
pub(crate) fn unique_name() -> String {
    // Each `RandomState` of a thread is one more than the last, which came from the system.
    let chance = RandomState::new();
    let half =
        |which: u8| chance.hash_one((which, std::process::id(), std::time::SystemTime::now()));
    format!("{:016x}{:016x}", half(0), half(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_the_longest() {
        let second = Duration::from_secs(1);
        let mut pauses = Pauses::new(second, second * 3);
        for longest in [1, 2, 3, 3] {
            let pause = pauses.next();
            assert!(pause >= second * longest / 2 && pause <= second * longest);
        }
        pauses.reset();
        assert!(pauses.next() <= second);
    }

    #[test]
    fn pauses_differ() {
        let mut pauses = Pauses::new(Duration::from_secs(1), Duration::from_secs(1));
        let first = pauses.next();
        assert!((0..100).any(|_| pauses.next() != first));
    }

    #[test]
    fn names_differ() {
        assert_ne!(unique_name(), unique_name());
        assert_eq!(unique_name().len(), 32);
    }
}
