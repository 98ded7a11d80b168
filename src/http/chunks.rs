//! The chunks of an answer: their content is handed on as it comes (RFC 9112 section 7.1).

use super::Reject;
use super::chunked::Chunked;
use crate::config::Limits;

/// How many bytes are decoded at once; places in them fit into 32 bits.
const WINDOW_BYTES: usize = 1 << 30;

/// How far the chunks of an answer were decoded.
#[derive(Debug)]
pub struct Chunks {
    chunked: Chunked,
}

impl Default for Chunks {
    fn default() -> Chunks {
        let chunked = Chunked::new(0);
        Chunks { chunked }
    }
}

impl Chunks {
    /// Takes from the buffer what can be decoded: the content, and whether its end was there.
    ///
    /// `room` is how much more content there may be; without it, there may always be more.
    ///
    /// # Errors
    ///
    /// The bytes are no chunks, or there is no room for the content.
    pub fn take(
        &mut self,
        buffer: &mut Vec<u8>,
        room: Option<usize>,
        limits: &Limits,
    ) -> Result<(Vec<u8>, bool), Reject> {
        let limits = Limits {
            content_bytes_max: room.unwrap_or(usize::MAX),
            ..limits.clone()
        };
        let there = buffer.len().min(WINDOW_BYTES);
        let end = self.chunked.decode(&mut buffer[..there], 0, &limits)?;
        let Some(end) = end else {
            let content = self.chunked.split_off(buffer);
            if room.is_none() && !content.is_empty() {
                self.chunked.forget_extensions();
            }
            return Ok((content, false));
        };
        let rest = buffer.split_off(end);
        let mut content = std::mem::replace(buffer, rest);
        content.truncate(self.chunked.filled());
        Ok((content, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\nmore";

    #[test]
    fn content_comes_piece_by_piece() {
        for cut in 0..TEXT.len() {
            let (mut chunks, limits) = (Chunks::default(), Limits::default());
            let mut buffer = TEXT[..cut].to_vec();
            let first = chunks.take(&mut buffer, Some(5), &limits).expect("chunks");
            buffer.extend_from_slice(&TEXT[cut..]);
            let (content, behind) = match first {
                (content, true) => (content, Vec::new()),
                (content, false) => {
                    let room = Some(5 - content.len());
                    let (more, is_end) = chunks.take(&mut buffer, room, &limits).expect("chunks");
                    assert!(is_end, "{cut}");
                    (content, more)
                }
            };
            assert_eq!([content, behind].concat(), b"abcde", "{cut}");
            assert_eq!(buffer, b"more", "{cut}");
        }
    }

    #[test]
    fn chunks_without_end_keep_nothing() {
        let (mut chunks, limits) = (Chunks::default(), Limits::default());
        let mut buffer = Vec::new();
        for _ in 0..10_000 {
            buffer.extend_from_slice(b"5 ;some=extension\r\nabcde\r\n");
            let taken = chunks.take(&mut buffer, None, &limits);
            assert_eq!(taken, Ok((b"abcde".to_vec(), false)));
            assert!(buffer.is_empty());
        }
    }
}
