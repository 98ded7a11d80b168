//! Finds the end of a head or of a trailer section, line by line, as its bytes come in.
//!
//! Looks at each byte once, however they are cut; the limits bite before the end is there.

use memchr::memchr2;

use super::Reject;
use crate::config::Limits;

/// What stands before the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// A request line: this is a head.
    Head,
    /// A status line: this is the head of an answer.
    AnswerHead,
    /// Nothing: this is a trailer section.
    Trailer,
}

/// How far the lines of a section were looked at; places count from its first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    section: Section,
    line: u32,
    seen: u32,
    fields: u32,
}

impl Lines {
    pub(super) fn new(section: Section) -> Lines {
        Lines {
            section,
            line: 0,
            seen: 0,
            fields: 0,
        }
    }

    /// Whether nothing was looked at yet.
    pub(super) fn is_new(&self) -> bool {
        self.seen == 0
    }

    /// Where the section ends, behind its empty line; `None` while that has not come.
    pub(super) fn find_end(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Option<usize>, Reject> {
        loop {
            let line = self.line as usize;
            let line_end_max = line.saturating_add(limits.line_bytes_max).saturating_add(1);
            let room = bytes.len().min(line_end_max).min(limits.head_bytes_max);
            let from = (self.seen as usize).min(room);
            let Some(at) = memchr2(b'\r', b'\n', &bytes[from..room]) else {
                self.seen = room as u32;
                return match room {
                    _ if room == line_end_max => Err(self.line_too_long()),
                    _ if room == limits.head_bytes_max => Err(Reject::HeadTooLong),
                    _ => Ok(None),
                };
            };
            let at = from + at;
            if bytes[at] == b'\n' {
                return Err(Reject::BareLf);
            }
            if at + 1 >= limits.head_bytes_max {
                return Err(Reject::HeadTooLong);
            }
            match bytes.get(at + 1) {
                None => {
                    self.seen = at as u32;
                    return Ok(None);
                }
                Some(b'\n') if at == line => return Ok(Some(at + 2)),
                Some(b'\n') => self.finish_line(&bytes[line..at + 2], limits)?,
                Some(_) => return Err(Reject::BareCr),
            }
            self.line = at as u32 + 2;
            self.seen = self.line;
        }
    }

    fn line_too_long(&self) -> Reject {
        match (self.section, self.line) {
            (Section::Head, 0) => Reject::RequestLineTooLong,
            _ => Reject::FieldTooLong,
        }
    }

    fn finish_line(&mut self, line: &[u8], limits: &Limits) -> Result<(), Reject> {
        if self.line == 0 {
            match self.section {
                Section::Head => return super::head::check_request_line(line),
                Section::AnswerHead => return super::response::check_status_line(line),
                Section::Trailer => {}
            }
        }
        if matches!(line[0], b' ' | b'\t') {
            return Err(Reject::FoldedLine);
        }
        self.fields += 1;
        if self.fields as usize > limits.header_count_max {
            return Err(Reject::TooManyFields);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            line_bytes_max: 20,
            header_count_max: 2,
            head_bytes_max: 50,
            ..Limits::default()
        }
    }

    fn find(section: Section, text: &str) -> Result<Option<usize>, Reject> {
        Lines::new(section).find_end(text.as_bytes(), &limits())
    }

    #[test]
    fn the_end_is_behind_the_first_empty_line() {
        let head = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
        assert_eq!(
            find(Section::Head, &format!("{head}more")),
            Ok(Some(head.len()))
        );
        assert_eq!(find(Section::Trailer, "\r\nmore"), Ok(Some(2)));
        for end in 0..head.len() {
            assert_eq!(find(Section::Head, &head[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn lines_are_judged_in_their_order() {
        for (text, reject) in [
            ("GET / HTTP/1.1\r\nA: b\nC: d\rE", Reject::BareLf),
            ("GET / HTTP/1.1\r\nA: b\rC: d\nE", Reject::BareCr),
            ("GET / HTTP/1.1\r\nA: b\r\n c\r\n", Reject::FoldedLine),
            ("GET /\r\nA: b\nC", Reject::RequestLine),
            ("GET /aaaaaaaaaaaaaaaaaaaa\n", Reject::RequestLineTooLong),
            (
                "GET / HTTP/1.1\r\nA: bbbbbbbbbbbbbbbbbbb",
                Reject::FieldTooLong,
            ),
            (
                "GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\n",
                Reject::TooManyFields,
            ),
        ] {
            assert_eq!(find(Section::Head, text), Err(reject), "{text:?}");
        }
    }

    #[test]
    fn the_whole_section_is_bounded() {
        let section = |length: usize| {
            format!(
                "A: {}\r\nB: {}\r\n\r\n",
                "a".repeat(17),
                "b".repeat(length - 29)
            )
        };
        assert_eq!(find(Section::Trailer, &section(46)), Ok(Some(46)));
        let tight = |max| Limits {
            head_bytes_max: max,
            ..limits()
        };
        let text = section(46);
        let find = |max| Lines::new(Section::Trailer).find_end(text.as_bytes(), &tight(max));
        assert_eq!(find(47), Ok(Some(46)));
        assert_eq!(find(46), Ok(Some(46)));
        assert_eq!(find(45), Err(Reject::HeadTooLong));
    }
}
