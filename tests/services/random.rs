//! Numbers that look random and follow from a seed, so that a failure can be had again.

use std::time::{SystemTime, UNIX_EPOCH};

/// The variable that says the seed.
const SEED: &str = "MICRO_TEST_SEED";

/// A sequence of numbers (`SplitMix64`).
pub(crate) struct Random(u64);

impl Random {
    /// A sequence that nobody has seen, unless somebody says which; it is told if the test fails.
    pub(crate) fn new() -> Random {
        let seed = match std::env::var(SEED) {
            Ok(seed) => seed.parse().expect("a seed is a number"),
            Err(_) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                u64::from(now.expect("it is later").subsec_nanos())
            }
        };
        println!("{SEED}={seed}");
        Random(seed)
    }

    /// Another sequence that follows from this one.
    pub(crate) fn branch(&mut self) -> Random {
        Random(self.next())
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("it is small");
        usize::try_from(self.next() % end).expect("it is small")
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
