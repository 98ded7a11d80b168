//! Paths that a pattern takes, made up from its expression.

use regex_syntax::hir::{Hir, HirKind, Repetition};

use super::byte_set::ByteSet;

/// How many different samples are worth asking for.
pub(super) const SAMPLES: usize = 4;

/// Bytes that samples are made of, in the order of preference; the letters are unlike words.
const PREFERRED: [&[u8]; SAMPLES] = [b"q7-_", b"Z5.~x", b"k3W", b"j9P/"];

/// A path that an expression probably takes: looking around is not taken into account.
pub(super) fn find_sample(hir: &Hir, number: usize) -> Option<String> {
    let mut sample = Vec::new();
    append(hir, number, &mut sample)?;
    String::from_utf8(sample)
        .ok()
        .filter(|path| path.starts_with('/'))
}

fn append(hir: &Hir, number: usize, sample: &mut Vec<u8>) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(()),
        HirKind::Literal(literal) => {
            sample.extend_from_slice(&literal.0);
            Some(())
        }
        HirKind::Class(class) => {
            sample.push(pick(ByteSet::find_of_class(class)?, number)?);
            Some(())
        }
        HirKind::Repetition(repetition) => repeat(repetition, number, sample),
        HirKind::Capture(capture) => append(&capture.sub, number, sample),
        HirKind::Concat(parts) => parts
            .iter()
            .try_for_each(|part| append(part, number, sample)),
        HirKind::Alternation(parts) => append(&parts[number % parts.len()], number, sample),
    }
}

fn repeat(repetition: &Repetition, number: usize, sample: &mut Vec<u8>) -> Option<()> {
    let wanted = u32::try_from(number).unwrap_or_default();
    let most = repetition.max.unwrap_or(u32::MAX);
    let times = repetition.min.saturating_add(wanted).min(most);
    (0..times).try_for_each(|_| append(&repetition.sub, number, sample))
}

/// A byte of the class; another number gives another one, as far as there are others.
fn pick(class: ByteSet, number: usize) -> Option<u8> {
    let is_in_class = |byte: &u8| class.contains(*byte);
    let mut preferred = PREFERRED[number % SAMPLES].iter().copied();
    preferred.find(is_in_class).or_else(|| {
        let bytes: Vec<u8> = path_bytes().filter(is_in_class).collect();
        bytes.get(number % bytes.len().max(1)).copied()
    })
}

/// The bytes that a path may consist of (RFC 3986 section 3.3, and what peers send besides).
pub(super) fn path_bytes() -> impl Iterator<Item = u8> {
    (0x21..0x7f).filter(|byte| *byte != b'?')
}
