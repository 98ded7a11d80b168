//! The mark that the mirror leaves in Redis: which database it shows, and how far it is.
//!
//! Each change that the mirror makes raises the number, in Redis together with the change, and
//! then in the database. So the number in Redis is never below the one in the database, unless
//! Redis has lost something.

use std::fmt;

/// By how much the number rises after a loss. What is lost may have had marks that the database knows
/// nothing of, one for each change in Redis that a process did not live to record, or had no room to.
/// Should it come back, it is older than what is marked now.
pub(crate) const LEAP: u64 = 1_000_000;

/// A mark: `SOURCE:NUMBER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Which database, by the name that it once gave itself.
    pub(crate) source: String,
    /// How many changes.
    pub(crate) number: u64,
}

/// What the mark in Redis tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Redis has all that the database knows of.
    Whole,
    /// There is no mark: Redis is new, or was emptied.
    Missing,
    /// It is the mark of another database, or none of ours at all.
    Foreign,
    /// It is an older one: Redis has come back as it was before.
    Older,
}

impl Mark {
    /// Reads a mark.
    pub(crate) fn find(text: &[u8]) -> Option<Mark> {
        let (source, number) = std::str::from_utf8(text).ok()?.rsplit_once(':')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        Some(Mark {
            source: source.to_owned(),
            number: number.parse().ok().filter(|_| is_number)?,
        })
    }

    /// Judges what was found in Redis; this mark is what the database had before Redis was asked.
    pub(crate) fn judge(&self, found: Option<&[u8]>) -> Verdict {
        let Some(found) = found else {
            return Verdict::Missing;
        };
        match Mark::find(found) {
            Some(mark) if mark.source == self.source && mark.number >= self.number => {
                Verdict::Whole
            }
            Some(mark) if mark.source == self.source => Verdict::Older,
            _ => Verdict::Foreign,
        }
    }

    /// The mark of the next change: higher than this, and than what was found in Redis. After a loss
    /// it is higher than any that may have been lost.
    pub(crate) fn next(&self, found: Option<&[u8]>) -> Mark {
        let step = match self.judge(found) {
            Verdict::Whole => 1,
            _ => LEAP,
        };
        let found = found.and_then(Mark::find);
        let found = found.filter(|mark| mark.source == self.source);
        let found = found.map_or(0, |mark| mark.number);
        Mark {
            source: self.source.clone(),
            // The databases count no further than that.
            number: found.max(self.number).min(i64::MAX as u64 - step) + step,
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.number)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Whole => "Redis has everything",
            Verdict::Missing => "Redis is new, or was emptied",
            Verdict::Foreign => "Redis has the mark of another database",
            Verdict::Older => "Redis has come back as it was before",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark(number: u64) -> Mark {
        Mark {
            source: "ours".to_owned(),
            number,
        }
    }

    #[test]
    fn judges_what_it_finds() {
        for (found, verdict) in [
            (None, Verdict::Missing),
            (Some("ours:6"), Verdict::Older),
            (Some("ours:7"), Verdict::Whole),
            (Some("ours:8"), Verdict::Whole),
            (Some("theirs:7"), Verdict::Foreign),
            (Some("ours"), Verdict::Foreign),
            (Some("ours:"), Verdict::Foreign),
            (Some("ours:+8"), Verdict::Foreign),
            (Some("ours:8 "), Verdict::Foreign),
            (Some(""), Verdict::Foreign),
        ] {
            assert_eq!(
                mark(7).judge(found.map(str::as_bytes)),
                verdict,
                "{found:?}"
            );
        }
        assert_eq!(mark(7).judge(Some(b"\xff:8")), Verdict::Foreign);
    }

    #[test]
    fn the_next_is_above_both() {
        assert_eq!(mark(7).next(Some(b"ours:7")), mark(8));
        assert_eq!(mark(7).next(Some(b"ours:9")), mark(10));
        for lost in [None, Some(&b"ours:3"[..]), Some(b"theirs:900")] {
            assert_eq!(mark(7).next(lost), mark(7 + LEAP));
        }
        let last = format!("ours:{}", u64::MAX);
        assert_eq!(mark(7).next(Some(last.as_bytes())).number, i64::MAX as u64);
    }

    proptest! {
        #[test]
        fn is_read_as_written(source in "[^\r\n]{0,20}", number: u64) {
            let mark = Mark { source, number };
            prop_assert_eq!(Mark::find(mark.to_string().as_bytes()), Some(mark));
        }

        #[test]
        fn anything_else_is_none(text: Vec<u8>) {
            if let Some(mark) = Mark::find(&text) {
                prop_assert_eq!(mark.source.as_bytes(), &text[..mark.source.len()]);
            }
        }
    }
}
