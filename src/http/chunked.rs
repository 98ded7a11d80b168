//! Undoes the chunked coding in place, as bytes come in (RFC 9112 section 7.1).
//!
//! The buffer holds the head, then the content as far as it was decoded, then what was not looked
//! at; so the content of a request is one piece whatever its chunks were.

use super::Reject;
use super::lines::{Lines, Section};
use crate::config::Limits;

/// How many bytes of chunk extensions a request may have, all chunks together.
const EXTENSION_BYTES_MAX: u32 = 16 << 10;

/// How far the chunks of a request were decoded; places count from the request's first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunked {
    state: State,
    /// Where the content ends, so far.
    filled: u32,
    /// The first byte that was not looked at.
    next: u32,
    /// What is left of this chunk.
    left: u64,
    extension_bytes: u32,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Size { digits: u8 },
    Blank,
    Extension,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    Trailer(Lines),
}

impl Chunked {
    /// Chunks that begin at this place.
    pub(super) fn new(start: u32) -> Chunked {
        let state = State::Size { digits: 0 };
        Chunked {
            state,
            filled: start,
            next: start,
            left: 0,
            extension_bytes: 0,
        }
    }

    /// Where the content ends, once it is whole.
    pub(super) fn filled(&self) -> usize {
        self.filled as usize
    }

    /// Decodes what is there: where the request ends, or `None` while something is missing.
    ///
    /// `start` is where the content starts.
    pub(super) fn decode(
        &mut self,
        bytes: &mut [u8],
        start: usize,
        limits: &Limits,
    ) -> Result<Option<usize>, Reject> {
        while (self.next as usize) < bytes.len() {
            match &mut self.state {
                State::Data => self.take_data(bytes),
                State::Trailer(lines) => {
                    let section = &bytes[self.next as usize..];
                    let Some(length) = lines.find_end(section, limits)? else {
                        return Ok(None);
                    };
                    super::head::check_trailer(&section[..length])?;
                    return Ok(Some(self.next as usize + length));
                }
                _ => {
                    let byte = bytes[self.next as usize];
                    self.next += 1;
                    let room = limits
                        .content_bytes_max
                        .saturating_sub(self.filled() - start);
                    self.take_mark(byte, room as u64)?;
                }
            }
        }
        Ok(None)
    }

    /// Closes the gap between the content and what was not looked at, so that a buffer with many
    /// small chunks grows no further than their content.
    pub(super) fn tidy(&mut self, buffer: &mut Vec<u8>, base: usize) {
        let (to, from) = (base + self.filled as usize, base + self.next as usize);
        if from > to {
            buffer.copy_within(from.., to);
            buffer.truncate(buffer.len() - (from - to));
            self.next = self.filled;
        }
    }

    /// Hands the content so far on: what was looked at leaves the buffer, which it began.
    pub(super) fn split_off(&mut self, buffer: &mut Vec<u8>) -> Vec<u8> {
        let rest = buffer.split_off(self.next as usize);
        let mut content = std::mem::replace(buffer, rest);
        content.truncate(self.filled());
        (self.filled, self.next) = (0, 0);
        content
    }

    /// Forgets how long the extensions were, for content that may go on for ever.
    pub(super) fn forget_extensions(&mut self) {
        self.extension_bytes = 0;
    }

    fn take_data(&mut self, bytes: &mut [u8]) {
        let next = self.next as usize;
        let there = bytes.len() - next;
        let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(there);
        bytes.copy_within(next..next + count, self.filled as usize);
        self.filled += count as u32;
        self.next += count as u32;
        self.left -= count as u64;
        if self.left == 0 {
            self.state = State::DataCr;
        }
    }

    // One byte of what stands between the data of chunks.
    fn take_mark(&mut self, byte: u8, room: u64) -> Result<(), Reject> {
        self.state = match (self.state, byte) {
            (State::Size { digits }, _) if byte.is_ascii_hexdigit() => {
                self.add_digit(digits, byte)?
            }
            (State::Size { digits: 1.. }, b'\r') => State::SizeEnd,
            (State::Size { digits: 1.. } | State::Blank, b';') => State::Extension,
            (State::Size { digits: 1.. } | State::Blank, b' ' | b'\t') => {
                self.skip(State::Blank)?
            }
            (State::Size { .. } | State::Blank, _) => return Err(Reject::ChunkSize),
            (State::Extension, b'\r') => State::SizeEnd,
            (State::Extension, b'\t' | b' '..=b'~' | 0x80..) => self.skip(State::Extension)?,
            (State::Extension, b'\n') => return Err(Reject::BareLf),
            (State::Extension, _) => return Err(Reject::ChunkExtension),
            (State::SizeEnd, b'\n') => self.begin(room)?,
            (State::SizeEnd, _) => return Err(Reject::BareCr),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size { digits: 0 },
            (State::DataCr | State::DataLf, _) => return Err(Reject::ChunkEnd),
            (state @ (State::Data | State::Trailer(_)), _) => state,
        };
        Ok(())
    }

    fn add_digit(&mut self, digits: u8, byte: u8) -> Result<State, Reject> {
        if digits == 16 {
            return Err(Reject::ChunkSize);
        }
        let digit = char::from(byte).to_digit(16).ok_or(Reject::ChunkSize)?;
        self.left = self.left << 4 | u64::from(digit);
        Ok(State::Size { digits: digits + 1 })
    }

    // Blanks and extensions mean nothing here; they only count.
    fn skip(&mut self, state: State) -> Result<State, Reject> {
        self.extension_bytes += 1;
        if self.extension_bytes > EXTENSION_BYTES_MAX {
            return Err(Reject::ChunkExtension);
        }
        Ok(state)
    }

    fn begin(&self, room: u64) -> Result<State, Reject> {
        match self.left {
            0 => Ok(State::Trailer(Lines::new(Section::Trailer))),
            left if left > room => Err(Reject::ContentTooLong),
            _ => Ok(State::Data),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str, limits: &Limits) -> Result<Option<(String, usize)>, Reject> {
        let mut bytes = format!("HEAD{text}").into_bytes();
        let mut chunked = Chunked::new(4);
        let end = chunked.decode(&mut bytes, 4, limits)?;
        let content = String::from_utf8_lossy(&bytes[4..chunked.filled()]).into_owned();
        Ok(end.map(|end| (content, end - 4)))
    }

    #[test]
    fn the_content_moves_together() {
        let text = "3\r\nabc\r\n1;x\r\nd\r\n0\r\nA: b\r\n\r\n";
        let found = decode(&format!("{text}GET"), &Limits::default());
        assert_eq!(found, Ok(Some(("abcd".to_owned(), text.len()))));
        for end in 0..text.len() {
            assert_eq!(decode(&text[..end], &Limits::default()), Ok(None), "{end}");
        }
    }

    #[test]
    fn all_chunks_count_against_the_limit() {
        let limits = |max| Limits {
            content_bytes_max: max,
            ..Limits::default()
        };
        let text = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert!(decode(text, &limits(6)).is_ok_and(|found| found.is_some()));
        assert!(decode(text, &limits(5)).is_ok_and(|found| found.is_some()));
        assert_eq!(decode(text, &limits(4)), Err(Reject::ContentTooLong));
    }

    #[test]
    fn a_gap_is_closed() {
        let mut buffer = b"beforeHEAD3\r\nabc\r\n2\r\nd".to_vec();
        let mut chunked = Chunked::new(4);
        assert_eq!(
            chunked.decode(&mut buffer[6..], 4, &Limits::default()),
            Ok(None)
        );
        chunked.tidy(&mut buffer, 6);
        assert_eq!(buffer, b"beforeHEADabcd");
        buffer.extend_from_slice(b"e\r\n0\r\n\r\n");
        let end = chunked.decode(&mut buffer[6..], 4, &Limits::default());
        assert_eq!(end, Ok(Some(buffer.len() - 6)));
        assert_eq!(&buffer[10..6 + chunked.filled()], b"abcde");
    }
}
