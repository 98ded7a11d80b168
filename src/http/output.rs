//! What is to be sent: small things gathered in one buffer, one large content kept apart.

use micro_api::host::OwnedBytes;

use super::Buffers;

/// Content above this is not copied behind its head.
pub(super) const SMALL_BYTES_MAX: usize = 16 << 10;
/// A stream is asked for more while less than this waits to be sent.
pub(super) const LOW_WATER: usize = 64 << 10;
/// No further request is read while more than this waits to be sent.
pub(super) const HIGH_WATER: usize = 256 << 10;

/// Bytes that wait to be sent: first those of `small`, then those of `large`.
#[derive(Debug, Default)]
pub(super) struct Output {
    small: Vec<u8>,
    small_sent: usize,
    large: Large,
    large_sent: usize,
}

/// Content that is sent from where it is.
#[derive(Debug, Default)]
pub(super) enum Large {
    /// None.
    #[default]
    Nothing,
    /// Part of the program.
    Static(&'static [u8]),
    /// Made for this answer.
    Owned(OwnedBytes),
}

impl Large {
    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Large::Nothing => &[],
            Large::Static(bytes) => bytes,
            Large::Owned(bytes) => bytes,
        }
    }
}

impl Output {
    /// The buffer to append to; nothing may be appended while there is a large content.
    pub(super) fn buffer(&mut self, buffers: &mut Buffers) -> &mut Vec<u8> {
        if self.small.capacity() == 0 {
            self.small = buffers.take();
        }
        &mut self.small
    }

    /// Appends a short text that is part of the program.
    pub(super) fn push(&mut self, text: &'static [u8]) {
        self.small.extend_from_slice(text);
    }

    /// Puts content behind everything else: copied if it is small, kept where it is otherwise.
    pub(super) fn push_content(&mut self, content: Large, buffers: &mut Buffers) {
        let bytes = content.as_slice();
        if bytes.len() > SMALL_BYTES_MAX {
            self.large = content;
            return;
        }
        if !bytes.is_empty() {
            self.buffer(buffers).extend_from_slice(bytes);
        }
    }

    /// Whether there is a large content, so that nothing can be appended.
    pub(super) fn is_blocked(&self) -> bool {
        !matches!(self.large, Large::Nothing)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.small.len() == self.small_sent && !self.is_blocked()
    }

    /// How much memory the gathered part has.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.small.capacity()
    }

    pub(super) fn len(&self) -> usize {
        self.small.len() - self.small_sent + self.large.as_slice().len() - self.large_sent
    }

    pub(super) fn slices(&self) -> [&[u8]; 2] {
        [
            &self.small[self.small_sent..],
            &self.large.as_slice()[self.large_sent..],
        ]
    }

    /// Forgets what was sent.
    pub(super) fn sent(&mut self, count: usize, buffers: &mut Buffers) {
        let small = count.min(self.small.len() - self.small_sent);
        self.small_sent += small;
        self.large_sent += count - small;
        if self.small_sent == self.small.len() && self.small_sent > 0 {
            self.small_sent = 0;
            buffers.give(std::mem::take(&mut self.small));
        }
        // A peer that reads, and never reads all, must not make us keep what it has read.
        if self.small_sent > HIGH_WATER && self.small_sent > self.small.len() / 2 {
            self.small.drain(..std::mem::take(&mut self.small_sent));
        }
        if self.is_blocked() && self.large_sent >= self.large.as_slice().len() {
            self.large_sent = 0;
            self.large = Large::Nothing;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_never_reads_all_does_not_make_it_grow() {
        let (mut output, mut buffers) = (Output::default(), Buffers::new());
        output.buffer(&mut buffers).extend_from_slice(&[1; 1000]);
        for _ in 0..10_000 {
            output.buffer(&mut buffers).extend_from_slice(&[2; 1000]);
            output.sent(1000, &mut buffers);
            assert_eq!(output.len(), 1000);
            assert_eq!(output.slices()[0].len(), 1000);
        }
        assert!(output.capacity() < 4 * HIGH_WATER);
    }
}
