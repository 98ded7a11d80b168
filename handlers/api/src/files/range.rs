//! A part of a file, and the `Range` field that asks for it (RFC 9110 section 14).

/// A part: where it starts, and how many bytes it has, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: u64,
    pub(super) length: u64,
}

/// What a `Range` field asks of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing that we heed: another unit, several ranges, or a mistake. All of it is sent.
    Whole,
    /// This part.
    Part(Range),
    /// A part that there is not.
    Nothing,
}

impl Range {
    /// The value of `Content-Range`.
    pub(super) fn describe(self, size: u64) -> String {
        format!(
            "bytes {}-{}/{size}",
            self.start,
            self.start + self.length - 1
        )
    }
}

/// Reads a `Range` field for a content of `size` bytes.
pub(super) fn parse_range(field: &str, size: u64) -> Asked {
    let Some((first, last)) = find_bounds(field) else {
        return Asked::Whole;
    };
    match (find_position(first), find_position(last)) {
        (Some(first), Some(last)) if first > last => Asked::Whole,
        (Some(first), _) if first >= size && (last.is_empty() || find_position(last).is_some()) => {
            Asked::Nothing
        }
        (Some(start), Some(last)) => Asked::Part(Range {
            start,
            length: last.min(size - 1) - start + 1,
        }),
        (Some(start), None) if last.is_empty() => Asked::Part(Range {
            start,
            length: size - start,
        }),
        (None, Some(0)) if first.is_empty() => Asked::Nothing,
        // The end of nothing is satisfiable, but no `Content-Range` can say so.
        (None, Some(length)) if first.is_empty() && size > 0 => {
            let length = length.min(size);
            Asked::Part(Range {
                start: size - length,
                length,
            })
        }
        _ => Asked::Whole,
    }
}

/// The two sides of the only range of bytes.
fn find_bounds(field: &str) -> Option<(&str, &str)> {
    let (unit, ranges) = field.split_once('=')?;
    let (first, last) = ranges.trim_matches([' ', '\t']).split_once('-')?;
    unit.eq_ignore_ascii_case("bytes").then_some((first, last))
}

/// A position; one beyond all numbers is beyond all files.
fn find_position(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(start: u64, length: u64) -> Asked {
        Asked::Part(Range { start, length })
    }

    #[test]
    fn parts_of_ten_bytes() {
        for (field, expected) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=0-9", part(0, 10)),
            ("bytes=0-10", part(0, 10)),
            ("bytes=9-", part(9, 1)),
            ("bytes=-3", part(7, 3)),
            ("bytes=-10", part(0, 10)),
            ("bytes=-11", part(0, 10)),
            ("BYTES=2-3", part(2, 2)),
            ("bytes= 2-3\t", part(2, 2)),
            ("bytes=1-99999999999999999999999", part(1, 9)),
            ("bytes=-99999999999999999999999", part(0, 10)),
        ] {
            assert_eq!(parse_range(field, 10), expected, "{field}");
        }
    }

    #[test]
    fn parts_that_there_are_not() {
        for field in [
            "bytes=10-",
            "bytes=10-10",
            "bytes=-0",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(parse_range(field, 10), Asked::Nothing, "{field}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Asked::Nothing);
        assert_eq!(parse_range("bytes=-5", 0), Asked::Whole);
    }

    #[test]
    fn what_is_not_heeded() {
        for field in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=3-2",
            "bytes=0-1,3-4",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=1 - 2",
            "bytes=10-a",
            "bytes=a-1",
            "bytes=--1",
            "pages=1-2",
            "bytes =1-2",
        ] {
            assert_eq!(parse_range(field, 10), Asked::Whole, "{field}");
        }
    }

    proptest! {
        #[test]
        fn a_part_is_within_the_content(field in "(bytes=)?[0-9]{0,3}-?[0-9]{0,3}", size in 0..500_u64) {
            if let Asked::Part(range) = parse_range(&field, size) {
                prop_assert!(range.length > 0);
                prop_assert!(range.start + range.length <= size);
            }
        }

        #[test]
        fn first_and_last_are_those_of_a_slice(first in 0..20_usize, last in 0..20_usize) {
            let content: Vec<usize> = (0..10).collect();
            let expected: Vec<usize> =
                content.iter().copied().filter(|at| (first..=last).contains(at)).collect();
            match parse_range(&format!("bytes={first}-{last}"), 10) {
                Asked::Part(Range { start, length }) => {
                    let (start, length) = (start as usize, length as usize);
                    prop_assert_eq!(&content[start..start + length], expected);
                }
                Asked::Nothing => prop_assert!(first >= 10),
                Asked::Whole => prop_assert!(first > last),
            }
        }
    }
}
