//! Where a request's content ends and whether the connection goes on: what Content-Length,
//! Transfer-Encoding and Connection say (RFC 9112 sections 6 and 9).

use super::Reject;

/// How long the content of a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// As many bytes as this.
    Length(u64),
    /// As long as its chunks say.
    Chunked,
}

/// The value of Content-Length: digits, and no number that overflows.
pub(super) fn parse_length(value: &[u8]) -> Result<u64, Reject> {
    if value.is_empty() {
        return Err(Reject::ContentLength);
    }
    value.iter().try_fold(0_u64, |length, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
        let length = length
            .checked_mul(10)
            .zip(digit)
            .and_then(|(n, digit)| n.checked_add(digit));
        length.ok_or(Reject::ContentLength)
    })
}

/// Checks the values of all Transfer-Encoding lines: exactly one `chunked`, nothing else.
pub(super) fn check_codings<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<(), Reject> {
    let mut count = 0;
    let mut chunked = 0;
    let mut last_is_chunked = false;
    for coding in values.flat_map(list) {
        last_is_chunked = coding.eq_ignore_ascii_case(b"chunked");
        chunked += usize::from(last_is_chunked);
        count += 1;
    }
    match (last_is_chunked && chunked == 1, count) {
        (true, 1) => Ok(()),
        (true, _) => Err(Reject::TransferCoding),
        (false, _) => Err(Reject::TransferEncoding),
    }
}

/// The members of a list of tokens, without the blanks around them.
pub(super) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        assert_eq!(parse_length(b"0"), Ok(0));
        assert_eq!(parse_length(b"0042"), Ok(42));
        assert_eq!(parse_length(b"18446744073709551615"), Ok(u64::MAX));
        for value in [
            "",
            "18446744073709551616",
            "+1",
            "-1",
            "1 1",
            "1,1",
            "0x1",
            "1.0",
            "a",
        ] {
            assert_eq!(
                parse_length(value.as_bytes()),
                Err(Reject::ContentLength),
                "{value}"
            );
        }
    }

    #[test]
    fn codings() {
        let check = |values: &[&str]| check_codings(values.iter().map(|value| value.as_bytes()));
        assert_eq!(check(&["chunked"]), Ok(()));
        assert_eq!(check(&["CHUNKED"]), Ok(()));
        for values in [&["gzip, chunked"][..], &["gzip", "chunked"]] {
            assert_eq!(check(values), Err(Reject::TransferCoding), "{values:?}");
        }
        for values in [
            &[""][..],
            &["identity"],
            &["chunked, chunked"],
            &["chunked", "chunked"],
            &["chunked, gzip"],
            &["chunked;a=b"],
            &["xchunked"],
            &["\"chunked\""],
        ] {
            assert_eq!(check(values), Err(Reject::TransferEncoding), "{values:?}");
        }
    }
}
