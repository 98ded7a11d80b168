//! Which domains two sides have, compared without a list of either.
//!
//! Each domain is hashed, with a key that is made for this digest, and added to a bucket on the one
//! side, taken from it on the other. A bucket that does not come out as nothing holds a domain that
//! only one side has. That two differences make up for one another takes a coincidence of 64 bits,
//! which nobody can bring about who does not know the key. A side may name a domain twice: then the
//! bucket is looked at for nothing.

use std::hash::{BuildHasher, RandomState};

/// How many buckets there are. Of a million domains, 15 share one, so that a few that differ do
/// not have many looked at.
const BUCKETS: usize = 1 << 16;

/// What two sides have, in buckets.
pub(crate) struct Digest {
    key: RandomState,
    sums: Vec<u64>,
}

impl Digest {
    pub(crate) fn new() -> Digest {
        Digest {
            key: RandomState::new(),
            sums: vec![0; BUCKETS],
        }
    }

    /// Counts a domain that the one side has.
    pub(crate) fn add(&mut self, domain: &[u8]) {
        let (sum, hash) = self.bucket(domain);
        *sum = sum.wrapping_add(hash);
    }

    /// Counts a domain that the other side has.
    pub(crate) fn subtract(&mut self, domain: &[u8]) {
        let (sum, hash) = self.bucket(domain);
        *sum = sum.wrapping_sub(hash);
    }

    /// Whether all domains are on both sides.
    pub(crate) fn is_even(&self) -> bool {
        self.sums.iter().all(|&sum| sum == 0)
    }

    /// Whether this domain may be on one side alone.
    pub(crate) fn is_odd(&self, domain: &[u8]) -> bool {
        self.sums[bucket_of(self.key.hash_one(domain))] != 0
    }

    fn bucket(&mut self, domain: &[u8]) -> (&mut u64, u64) {
        let hash = self.key.hash_one(domain);
        (&mut self.sums[bucket_of(hash)], hash)
    }
}

fn bucket_of(hash: u64) -> usize {
    usize::try_from(hash % BUCKETS as u64).expect("there are not that many buckets")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn digest(ours: &BTreeSet<Vec<u8>>, theirs: &BTreeSet<Vec<u8>>) -> Digest {
        let mut digest = Digest::new();
        ours.iter().for_each(|domain| digest.add(domain));
        theirs.iter().for_each(|domain| digest.subtract(domain));
        digest
    }

    #[test]
    fn what_is_named_twice_is_looked_at() {
        let mut digest = Digest::new();
        digest.add(b"a");
        digest.subtract(b"a");
        assert!(digest.is_even());
        digest.subtract(b"a");
        assert!(!digest.is_even() && digest.is_odd(b"a"));
    }

    proptest! {
        #[test]
        fn finds_every_difference(
            ours: BTreeSet<Vec<u8>>,
            theirs: BTreeSet<Vec<u8>>,
            both: BTreeSet<Vec<u8>>,
        ) {
            let ours = &ours | &both;
            let theirs = &theirs | &both;
            let digest = digest(&ours, &theirs);
            prop_assert_eq!(digest.is_even(), ours == theirs);
            for domain in &ours ^ &theirs {
                prop_assert!(digest.is_odd(&domain));
            }
        }
    }
}
