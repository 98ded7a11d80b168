//! A buffer that goes from answer to answer, so that a small answer allocates nothing.

use std::cell::Cell;

/// A buffer that grew beyond this is freed.
const BYTES_MAX: usize = 16 * 1024;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// An empty buffer for the content of an answer.
pub(crate) fn take() -> Vec<u8> {
    let spare = SPARE.take();
    if spare.capacity() > 0 {
        spare
    } else {
        Vec::with_capacity(256)
    }
}

/// Gives the content of an answer back when it has been sent, for one of the next answers.
pub fn give_back(mut content: Vec<u8>) {
    if (1..=BYTES_MAX).contains(&content.capacity()) {
        content.clear();
        // What a thread leaves may outlive its spare buffer.
        let _ = SPARE.try_with(|spare| spare.set(content));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty() {
        give_back(vec![1; 300]);
        let buffer = take();
        assert!(buffer.is_empty() && buffer.capacity() >= 300);
        assert!(take().capacity() < 300, "it is given out once");
    }

    #[test]
    fn a_buffer_that_grew_large_is_freed() {
        give_back(Vec::with_capacity(BYTES_MAX + 1));
        assert!(take().capacity() <= BYTES_MAX);
    }
}
