//! A set of bytes: what a class such as `[^/]` or `\d` stands for.

use regex_syntax::hir::{Class, ClassBytes};

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// No byte.
    pub(super) const EMPTY: ByteSet = ByteSet([0; 4]);
    /// Every byte.
    pub(super) const FULL: ByteSet = ByteSet([u64::MAX; 4]);

    /// One byte alone.
    pub(super) fn of(byte: u8) -> ByteSet {
        let mut set = ByteSet::EMPTY;
        set.insert(byte);
        set
    }

    /// The bytes of a class, unless it has characters of several bytes.
    pub(super) fn find_of_class(class: &Class) -> Option<ByteSet> {
        match class {
            Class::Bytes(class) => Some(ByteSet::of_ranges(class)),
            Class::Unicode(class) => class
                .to_byte_class()
                .map(|class| ByteSet::of_ranges(&class)),
        }
    }

    fn of_ranges(class: &ClassBytes) -> ByteSet {
        let mut set = ByteSet::EMPTY;
        for range in class.iter() {
            (range.start()..=range.end()).for_each(|byte| set.insert(byte));
        }
        set
    }

    fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Whether `byte` belongs to the set.
    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    /// The bytes that belong to either set.
    pub(super) fn union(self, other: ByteSet) -> ByteSet {
        ByteSet(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    /// Whether no byte belongs to both sets.
    pub(super) fn is_disjoint(self, other: ByteSet) -> bool {
        self.0.iter().zip(other.0).all(|(a, b)| a & b == 0)
    }

    /// The one byte that does not belong to the set, if there is exactly one.
    pub(super) fn find_exception(self) -> Option<u8> {
        let mut outside = (0..=u8::MAX).filter(|byte| !self.contains(*byte));
        outside.next().filter(|_| outside.next().is_none())
    }
}
