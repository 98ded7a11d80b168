//! What marks one answer: the identity of its request and the time.

use micro_api::host::RequestId;

/// The marks of an answer, sent as `X-Request-Id` and `Date`.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The identity of the request.
    pub id: RequestId,
    /// The time as an IMF-fixdate (RFC 9110 section 5.6.7).
    pub date: &'a str,
}

/// Both lines, with places for what changes.
const LINES: &[u8; 69] =
    b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Request-Id: 0000000000000000\r\n";

impl Stamp<'_> {
    /// Both lines at once: one copy of known length instead of six. `None` if the date is not of
    /// the length that it should have.
    pub(super) fn render(&self) -> Option<[u8; LINES.len()]> {
        let date: &[u8; 29] = self.date.as_bytes().try_into().ok()?;
        let mut lines = *LINES;
        lines[6..35].copy_from_slice(date);
        lines[51..67].copy_from_slice(self.id.as_bytes());
        Some(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lines_have_their_values() {
        let date = "Mon, 07 Nov 1994 08:49:37 GMT";
        let id = RequestId::new(0x0123_4567_89ab_cdef);
        let lines = Stamp { id, date }
            .render()
            .expect("the date has its length");
        let text = format!("Date: {date}\r\nX-Request-Id: 0123456789abcdef\r\n");
        assert_eq!(std::str::from_utf8(&lines), Ok(text.as_str()));
        assert!(Stamp { id, date: "now" }.render().is_none());
    }
}
