//! The head and the tail of a member of a gzip file (RFC 1952 section 2.3), byte by byte.

use flate2::Crc;

/// How long the head of a member may be; names and comments stand in it.
const HEAD_BYTES_MAX: usize = 64 << 10;

const HAS_HEAD_SUM: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// How far the head of a member was read.
#[derive(Debug, Default)]
pub(super) struct GzipHead {
    part: Part,
    flags: u8,
    count: usize,
    /// What is left of a part whose length is known.
    left: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Part {
    #[default]
    Fixed,
    ExtraLength,
    Extra,
    Name,
    Comment,
    Sum,
    End,
}

impl GzipHead {
    /// Takes one byte: whether it was the last of the head.
    pub(super) fn take(&mut self, byte: u8) -> Result<bool, &'static str> {
        self.count += 1;
        if self.count > HEAD_BYTES_MAX {
            return Err("the head of a gzip member is longer than 65536 bytes");
        }
        match self.part {
            Part::Fixed => self.take_fixed(byte)?,
            Part::ExtraLength => {
                self.left = self.left >> 8 | usize::from(byte) << 8;
                if self.count.is_multiple_of(2) {
                    self.part = Part::Extra;
                    self.skip_empty();
                }
            }
            Part::Extra => {
                self.left -= 1;
                self.skip_empty();
            }
            Part::Name | Part::Comment if byte == 0 => self.step(),
            Part::Name | Part::Comment | Part::End => {}
            Part::Sum => {
                self.left -= 1;
                if self.left == 0 {
                    self.step();
                }
            }
        }
        Ok(self.part == Part::End)
    }

    fn take_fixed(&mut self, byte: u8) -> Result<(), &'static str> {
        let expected = [0x1f, 0x8b, 8];
        match self.count {
            1..=3 if expected[self.count - 1] != byte => {
                return Err("expected the head of a gzip member, found other bytes");
            }
            4 if byte & RESERVED != 0 => return Err("a gzip member has unknown flags"),
            4 => self.flags = byte,
            10 => self.step(),
            _ => {}
        }
        Ok(())
    }

    fn skip_empty(&mut self) {
        if self.left == 0 {
            self.step();
        }
    }

    // On to the next part that the flags announce.
    fn step(&mut self) {
        self.part = match self.part {
            Part::Fixed if self.flags & HAS_EXTRA != 0 => Part::ExtraLength,
            Part::Fixed | Part::ExtraLength | Part::Extra if self.flags & HAS_NAME != 0 => {
                Part::Name
            }
            Part::Fixed | Part::ExtraLength | Part::Extra | Part::Name
                if self.flags & HAS_COMMENT != 0 =>
            {
                Part::Comment
            }
            Part::Sum | Part::End => Part::End,
            _ if self.flags & HAS_HEAD_SUM != 0 => {
                self.left = 2;
                Part::Sum
            }
            _ => Part::End,
        };
    }
}

/// How far the tail of a member was read: its checksum and its length.
#[derive(Debug, Default)]
pub(super) struct GzipTail {
    bytes: [u8; 8],
    count: usize,
}

impl GzipTail {
    /// Takes one byte: whether it was the last of a tail that agrees with the content.
    pub(super) fn take(&mut self, byte: u8, content: &Crc) -> Result<bool, &'static str> {
        self.bytes[self.count] = byte;
        self.count += 1;
        if self.count < self.bytes.len() {
            return Ok(false);
        }
        let [a, b, c, d, length @ ..] = self.bytes;
        if u32::from_le_bytes([a, b, c, d]) != content.sum() {
            return Err("the checksum of a gzip member is not that of its content");
        }
        if u32::from_le_bytes(length) != content.amount() {
            return Err("the length of a gzip member is not that of its content");
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<usize>, &'static str> {
        let mut head = GzipHead::default();
        for (at, byte) in bytes.iter().enumerate() {
            if head.take(*byte)? {
                return Ok(Some(at + 1));
            }
        }
        Ok(None)
    }

    fn head(flags: u8, rest: &[u8]) -> Vec<u8> {
        [&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3], rest].concat()
    }

    #[test]
    fn heads_end_where_their_flags_say() {
        for (flags, rest) in [
            (0, &b""[..]),
            (1, b""),
            (HAS_EXTRA, b"\x03\0abc"),
            (HAS_EXTRA, b"\0\0"),
            (HAS_NAME, b"name\0"),
            (HAS_COMMENT, b"\0"),
            (HAS_HEAD_SUM, b"xx"),
            (
                HAS_EXTRA | HAS_NAME | HAS_COMMENT | HAS_HEAD_SUM,
                b"\x01\0a\0c\0xx",
            ),
            (HAS_EXTRA | HAS_COMMENT, b"\0\0c\0"),
            (HAS_EXTRA | HAS_HEAD_SUM, b"\0\0xx"),
        ] {
            let bytes = head(flags, rest);
            let more = [&bytes[..], b"more"].concat();
            assert_eq!(read(&more), Ok(Some(bytes.len())), "{flags:08b}");
            assert_eq!(read(&bytes[..bytes.len() - 1]), Ok(None), "{flags:08b}");
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(read(b"\x1f\x8c").is_err() && read(b"a").is_err());
        assert!(read(b"\x1f\x8b\x07").is_err());
        assert!(read(&head(0x20, b"")).is_err());
        let name = |length| head(HAS_NAME, &vec![b'n'; length]);
        assert_eq!(read(&name(HEAD_BYTES_MAX - 10)), Ok(None));
        assert!(read(&name(HEAD_BYTES_MAX - 9)).is_err());
    }
}
