//! Undoes the codings of content: gzip and deflate (RFC 9110 section 8.4.1).
//!
//! Gives no more at once than it is asked for, however much a few bytes unpack to.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::gzip::{GzipHead, GzipTail};

/// How many members of gzip there may be, however little they hold.
const MEMBERS_MAX: u64 = 1024;
/// How much those beyond must hold on average. Each costs as much to begin as many bytes to unpack:
/// an answer of empty ones would keep the loop busy for seconds.
const MEMBER_BYTES: u64 = 1024;

/// A coding that is being undone.
#[derive(Debug)]
pub(super) struct Decoder {
    stage: Stage,
    is_gzip: bool,
    input: Vec<u8>,
    /// How much of the input was used.
    used: usize,
    /// How many members of gzip have begun behind the first.
    members: u64,
    /// How much was unpacked.
    unpacked: u64,
    /// What is wrong behind all that was unpacked.
    damage: Option<&'static str>,
}

#[derive(Debug)]
enum Stage {
    /// The first bytes of deflate say whether it has the frame of zlib.
    Begin,
    Head(GzipHead),
    Data(Box<(Decompress, Crc)>),
    Tail(GzipTail, Crc),
    /// Nothing may follow, or another member of gzip.
    Done,
}

impl Decoder {
    /// What undoes this value of Content-Encoding; `None` if it is not one coding that we know.
    pub(super) fn find(coding: &[u8]) -> Option<Decoder> {
        let is = |name: &str| coding.eq_ignore_ascii_case(name.as_bytes());
        let is_gzip = is("gzip") || is("x-gzip");
        (is_gzip || is("deflate")).then(|| Decoder {
            stage: Stage::Begin,
            is_gzip,
            input: Vec::new(),
            used: 0,
            members: 0,
            unpacked: 0,
            damage: None,
        })
    }

    /// Takes more of the content, as it was sent.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.input.drain(..self.used);
        self.used = 0;
        self.input.extend_from_slice(bytes);
    }

    /// Unpacks up to so many bytes; nothing once all that was received is unpacked.
    pub(super) fn unpack(&mut self, count_max: usize) -> Result<Vec<u8>, &'static str> {
        if let Some(damage) = self.damage {
            return Err(damage);
        }
        let mut output = Vec::new();
        loop {
            match self.step(&mut output, count_max) {
                Ok(true) => {}
                Ok(false) => return Ok(output),
                Err(damage) if output.is_empty() => return Err(damage),
                // What stands before it comes first, however the content was cut.
                Err(damage) => {
                    self.damage = Some(damage);
                    return Ok(output);
                }
            }
        }
    }

    /// Whether the content is whole: it may end here.
    pub(super) fn check_end(&self) -> Result<(), &'static str> {
        match self.stage {
            // An answer without content is sometimes marked as coded all the same.
            Stage::Begin if self.input.is_empty() => Ok(()),
            Stage::Done => Ok(()),
            _ => Err("it ends too early"),
        }
    }

    // Whether to go on: something was done, and there is room for more.
    fn step(&mut self, output: &mut Vec<u8>, count_max: usize) -> Result<bool, &'static str> {
        let rest = &self.input[self.used..];
        match &mut self.stage {
            Stage::Data(data) => {
                let before = output.len();
                let (is_ended, used) = inflate(data, rest, output, count_max)?;
                self.used += used;
                self.unpacked += (output.len() - before) as u64;
                if is_ended {
                    self.end_data();
                    return Ok(true);
                }
                // Without input there may still be output, which was waiting inside for room.
                Ok(output.len() < count_max && (used > 0 || output.len() > before))
            }
            Stage::Begin if self.is_gzip && !rest.is_empty() => {
                self.stage = Stage::Head(GzipHead::default());
                Ok(true)
            }
            Stage::Begin => match rest {
                [first, second, ..] => {
                    self.stage = begin_data(is_zlib(*first, *second));
                    Ok(true)
                }
                _ => Ok(false),
            },
            _ => match rest.first() {
                Some(byte) => {
                    let byte = *byte;
                    self.used += 1;
                    self.take_mark(byte)?;
                    Ok(true)
                }
                None => Ok(false),
            },
        }
    }

    fn end_data(&mut self) {
        let data = std::mem::replace(&mut self.stage, Stage::Done);
        if let (Stage::Data(data), true) = (data, self.is_gzip) {
            self.stage = Stage::Tail(GzipTail::default(), data.1);
        }
    }

    // One byte of what stands around the data.
    fn take_mark(&mut self, byte: u8) -> Result<(), &'static str> {
        match &mut self.stage {
            Stage::Head(head) => {
                if head.take(byte)? {
                    self.stage = begin_data(false);
                }
            }
            Stage::Tail(tail, content) => {
                if tail.take(byte, content)? {
                    self.stage = Stage::Done;
                }
            }
            Stage::Done if self.is_gzip => {
                self.members += 1;
                if self.members > MEMBERS_MAX + self.unpacked / MEMBER_BYTES {
                    return Err("it has too many members of gzip for what they hold");
                }
                let mut head = GzipHead::default();
                head.take(byte)?;
                self.stage = Stage::Head(head);
            }
            _ => return Err("bytes follow its end"),
        }
        Ok(())
    }
}

fn begin_data(has_frame: bool) -> Stage {
    Stage::Data(Box::new((Decompress::new(has_frame), Crc::new())))
}

// RFC 1950 section 2.2. «deflate» is this frame with RFC 1951 in it, but some peers leave it out.
fn is_zlib(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && first >> 4 <= 7 && (u32::from(first) << 8 | u32::from(second)) % 31 == 0
}

// Whether the data ended, and how much of the input was used.
fn inflate(
    (decompress, crc): &mut (Decompress, Crc),
    input: &[u8],
    output: &mut Vec<u8>,
    count_max: usize,
) -> Result<(bool, usize), &'static str> {
    let mut piece = [0; 8 << 10];
    let room = piece.len().min(count_max - output.len());
    let (before, unpacked) = (decompress.total_in(), decompress.total_out());
    let status = decompress.decompress(input, &mut piece[..room], FlushDecompress::None);
    let used = (decompress.total_in() - before) as usize;
    let count = (decompress.total_out() - unpacked) as usize;
    crc.update(&piece[..count]);
    output.extend_from_slice(&piece[..count]);
    match status {
        Ok(Status::StreamEnd) => Ok((true, used)),
        Ok(Status::Ok | Status::BufError) => Ok((false, used)),
        Err(_) => Err("its data is damaged"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    fn zlib(content: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    fn deflate(content: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    fn decode(coding: &str, pieces: &[&[u8]], count_max: usize) -> Result<Vec<u8>, &'static str> {
        let mut decoder = Decoder::find(coding.as_bytes()).expect("the coding is known");
        let mut content = Vec::new();
        for piece in pieces {
            decoder.receive(piece);
            loop {
                let unpacked = decoder.unpack(count_max)?;
                assert!(unpacked.len() <= count_max);
                if unpacked.is_empty() {
                    break;
                }
                content.extend(unpacked);
            }
        }
        decoder.check_end().map(|()| content)
    }

    #[test]
    fn content_is_the_same_however_it_is_cut() {
        let content = "some text, some text, and more of it"
            .repeat(20)
            .into_bytes();
        let twice = [gzip(&content), gzip(b""), gzip(b"!")].concat();
        let longer = [&content[..], b"!"].concat();
        for (coding, bytes, content) in [
            ("gzip", gzip(&content), &content),
            ("X-Gzip", twice, &longer),
            ("deflate", zlib(&content), &content),
            ("Deflate", deflate(&content), &content),
        ] {
            for cut in 0..=bytes.len() {
                let (first, second) = bytes.split_at(cut);
                let found = decode(coding, &[first, second], 100);
                assert_eq!(found.as_ref(), Ok(content), "{coding} {cut}");
            }
            let bytes: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(decode(coding, &bytes, 1).as_ref(), Ok(content), "{coding}");
        }
    }

    #[test]
    fn an_end_too_early_and_bytes_behind_are_refused() {
        let members = gzip(b"a").len();
        let two = [gzip(b"a"), gzip(b"bcd")].concat();
        for (coding, bytes, whole) in [
            ("gzip", two, members),
            ("deflate", zlib(b"content"), usize::MAX),
            ("deflate", deflate(b"content"), usize::MAX),
        ] {
            for end in (1..bytes.len()).filter(|end| *end != whole) {
                assert!(
                    decode(coding, &[&bytes[..end]], 100).is_err(),
                    "{coding} {end}"
                );
            }
            let more = [&bytes[..], b"x"].concat();
            assert!(decode(coding, &[&more], 100).is_err(), "{coding}");
        }
        assert_eq!(decode("gzip", &[b""], 100), Ok(Vec::new()));
        assert_eq!(decode("deflate", &[b""], 100), Ok(Vec::new()));
    }

    #[test]
    fn damage_is_found() {
        let bytes = gzip(b"content");
        for at in (0..bytes.len()).filter(|at| !(4..10).contains(at)) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x55;
            let found = decode("gzip", &[&bytes], 100);
            assert_ne!(found.as_deref(), Ok(&b"content"[..]), "{at}");
        }
    }

    #[test]
    fn a_bomb_is_unpacked_piece_by_piece() {
        let mut decoder = Decoder::find(b"gzip").expect("the coding is known");
        let bomb = gzip(&vec![0; 10 << 20]);
        decoder.receive(&bomb);
        assert_eq!(decoder.unpack(1001).map(|bytes| bytes.len()), Ok(1001));
        assert!(decoder.used < bomb.len() / 2);
    }

    #[test]
    fn members_that_hold_little_are_not_without_end() {
        let empty = gzip(b"");
        let beyond = MEMBERS_MAX as usize + 1;
        let unpacked = decode("gzip", &[&empty.repeat(beyond)], 100);
        assert_eq!(unpacked, Ok(Vec::new()));
        let refused = Err("it has too many members of gzip for what they hold");
        assert_eq!(decode("gzip", &[&empty.repeat(beyond + 1)], 100), refused);
        // Those that hold enough are.
        let block = vec![b'x'; MEMBER_BYTES as usize];
        let blocks = gzip(&block).repeat(2 * beyond);
        assert_eq!(
            decode("gzip", &[&blocks], 1 << 16).map(|content| content.len()),
            Ok(2 * beyond * block.len())
        );
    }

    #[test]
    fn other_codings_are_not_ours() {
        for coding in ["", "br", "identity", "gzip, gzip", "gzip;q=1"] {
            assert!(Decoder::find(coding.as_bytes()).is_none(), "{coding}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_unpack_or_are_refused(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
            head in 0..4_usize,
        ) {
            let heads = [&b""[..], b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\x78\x9c", b"\x03"];
            let bytes = [heads[head], &bytes].concat();
            for coding in ["gzip", "deflate"] {
                let whole = decode(coding, &[&bytes], 1000);
                let pieces: Vec<&[u8]> = bytes.chunks(7).collect();
                proptest::prop_assert_eq!(decode(coding, &pieces, 9), whole);
            }
        }
    }
}
