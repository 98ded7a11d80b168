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
        if self.section == Section::Head && self.line == 0 {
            return super::head::check_request_line(line);
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
