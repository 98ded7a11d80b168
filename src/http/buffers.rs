//! A pool of byte buffers, so that idle connections own none and busy ones allocate none.

/// Buffers that nobody uses at the moment.
#[derive(Debug, Default)]
pub struct Buffers {
    pool: Vec<Vec<u8>>,
}

/// How many buffers are kept.
const COUNT_MAX: usize = 64;
/// Smaller ones are not worth keeping; new ones are of this size.
const CAPACITY_MIN: usize = 4 << 10;
/// Larger ones are given back to the system.
const CAPACITY_MAX: usize = 64 << 10;

impl Buffers {
    /// An empty pool.
    #[must_use]
    pub fn new() -> Buffers {
        Buffers::default()
    }

    /// An empty buffer with some room.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        self.pool
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(CAPACITY_MIN))
    }

    /// Takes back a buffer that is no longer needed.
    pub fn give(&mut self, mut buffer: Vec<u8>) {
        let is_of_use = (CAPACITY_MIN..=CAPACITY_MAX).contains(&buffer.capacity());
        if is_of_use && self.pool.len() < COUNT_MAX {
            buffer.clear();
            self.pool.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_with_its_room() {
        let mut buffers = Buffers::new();
        let mut buffer = buffers.take();
        buffer.extend_from_slice(&[7; 9000]);
        let capacity = buffer.capacity();
        buffers.give(buffer);
        let buffer = buffers.take();
        assert!(buffer.is_empty());
        assert_eq!(buffer.capacity(), capacity);
    }

    #[test]
    fn only_buffers_of_a_usual_size_are_kept() {
        let mut buffers = Buffers::new();
        for (capacity, kept) in [(0, 0), (100, 0), (4 << 10, 1), (64 << 10, 2), (65 << 10, 2)] {
            buffers.give(Vec::with_capacity(capacity));
            assert_eq!(buffers.pool.len(), kept, "{capacity}");
        }
    }

    #[test]
    fn no_more_than_64_are_kept() {
        let mut buffers = Buffers::new();
        for _ in 0..70 {
            buffers.give(Vec::with_capacity(CAPACITY_MIN));
        }
        assert_eq!(buffers.pool.len(), 64);
    }
}
