//! Routes that take one path each, in a hash table.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Which route takes which path.
#[derive(Debug, Default)]
pub(super) struct Literals {
    routes: HashMap<Box<[u8]>, usize, BuildHasherDefault<WordHasher>>,
}

impl Literals {
    /// Adds a route, unless an earlier one takes the same path.
    pub(super) fn insert(&mut self, path: &[u8], route: usize) {
        self.routes.entry(path.into()).or_insert(route);
    }

    /// The route that takes this path.
    pub(super) fn find(&self, path: &[u8]) -> Option<usize> {
        self.routes.get(path).copied()
    }
}

/// A fast hash. What is in the table comes from the definition, so nobody can flood it.
#[derive(Debug, Default)]
struct WordHasher(u64);

/// An odd number without a pattern in its bits: 2⁶⁴ divided by the golden ratio.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

impl WordHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER);
    }
}

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.add(u64::from_le_bytes(
                word.try_into().expect("a chunk has eight bytes"),
            ));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_usize(&mut self, length: usize) {
        self.add(length as u64);
    }

    // The table looks at the upper bits and at the lower ones; a product is good in its upper.
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
