//! How a connection reads: from the bytes that came in to a whole request in the parts.

use micro_api::Method;
use micro_api::host::{Parts, Span};

use super::chunked::Chunked;
use super::connection::Stage;
use super::framing::Framing;
use super::head::{self, Flaw, Head};
use super::{Connection, Reject};
use crate::config::Limits;

/// How many empty lines may stand before a request line (RFC 9112 section 2.2).
const EMPTY_LINES_MAX: u8 = 4;

impl Connection {
    /// Whether a whole request was moved into the parts.
    pub(super) fn read(&mut self, parts: &mut Parts, limits: &Limits) -> Result<bool, Reject> {
        let is_new = matches!(self.stage, Stage::Head(_));
        if is_new && !self.read_head(parts, limits)? {
            return Ok(false);
        }
        let Some((body, end)) = self.read_body(limits)? else {
            return Ok(false);
        };
        if let Some(reject) = self.deferred.take() {
            self.refused_start = u32::try_from(self.start).ok();
            self.start = end;
            return Err(reject);
        }
        if !is_new {
            // The parts were used for others meanwhile. The head was sound, and still is.
            let again = head::parse(&self.input, self.start, limits, parts);
            again.map_err(|_| Reject::RequestLine)?;
        }
        self.is_lingering |= self.manner.is_last && end < self.input.len();
        self.start = end;
        parts.body = body;
        parts.bytes = std::mem::take(&mut self.input);
        self.is_lent = true;
        self.stage = Stage::Answer;
        Ok(true)
    }

    fn read_head(&mut self, parts: &mut Parts, limits: &Limits) -> Result<bool, Reject> {
        self.skip_empty_lines()?;
        match self.find_head(parts, limits) {
            Ok(Some(head)) => self.begin_body(&head, parts.method, limits).map(|()| true),
            Ok(None) => Ok(false),
            Err(Flaw::Refused(reject)) => {
                self.manner.is_head = parts.method == Method::Head;
                Err(reject)
            }
            Err(Flaw::Syntax(error)) => Err(head::explain(error, &self.input[self.start..])),
            Err(Flaw::Lines) => Err(Reject::RequestLine),
        }
    }

    // RFC 9112 section 2.2: some clients send a CRLF behind the content of a request.
    fn skip_empty_lines(&mut self) -> Result<(), Reject> {
        while self.input[self.start..].starts_with(b"\r\n") {
            self.start += 2;
            self.empty_lines += 1;
            if self.empty_lines > EMPTY_LINES_MAX {
                return Err(Reject::LeadingLines);
            }
        }
        Ok(())
    }

    // A head that is all there, as most are, is read in one go. Otherwise its lines decide first,
    // and in their order, so that the outcome does not depend on how the bytes were cut.
    fn find_head(&mut self, parts: &mut Parts, limits: &Limits) -> Result<Option<Head>, Flaw> {
        parts.method = Method::Get;
        let Stage::Head(lines) = &mut self.stage else {
            return Ok(None);
        };
        let bytes = &self.input[self.start..];
        let Some(first) = bytes.first() else {
            return Ok(None);
        };
        if lines.is_new() && !matches!(first, b'\r' | b'\n') {
            match head::parse(&self.input, self.start, limits, parts) {
                Err(Flaw::Lines | Flaw::Syntax(_)) => {}
                decided => return decided.map(Some),
            }
        }
        // A method begins with a letter or a sign; what does not is no HTTP at all, such as TLS.
        if !matches!(first, b'!'..=b'~' | b'\r' | b'\n') {
            return Err(Flaw::Refused(Reject::RequestLine));
        }
        match lines.find_end(bytes, limits).map_err(Flaw::Refused)? {
            Some(length) => {
                let end = self.start + length;
                head::parse(&self.input[..end], self.start, limits, parts).map(Some)
            }
            None => Ok(None),
        }
    }

    fn begin_body(&mut self, head: &Head, method: Method, limits: &Limits) -> Result<(), Reject> {
        self.manner.is_head = method == Method::Head;
        self.manner.is_old = head.is_old;
        self.manner.is_last = head.is_last;
        self.deferred = head.deferred;
        let head_bytes = head.length as u32;
        let has_content = head.framing != Framing::Length(0);
        self.stage = match head.framing {
            Framing::Length(length) if length > limits.content_bytes_max as u64 => {
                return Err(Reject::ContentTooLong);
            }
            Framing::Length(length) => Stage::Sized {
                head_bytes,
                bytes: length as u32,
            },
            Framing::Chunked => Stage::Chunked {
                head_bytes,
                chunked: Chunked::new(head_bytes),
            },
        };
        let is_waiting = self.input.len() == self.start + head.length && !self.has_peer_ended;
        if head.expects_continue && has_content && is_waiting {
            return self.invite_body();
        }
        Ok(())
    }

    // RFC 9110 section 10.1.1. A request that will be refused is so before its content is sent.
    fn invite_body(&mut self) -> Result<(), Reject> {
        if let Some(reject) = self.deferred.take() {
            self.manner.is_last = true;
            self.is_lingering = true;
            return Err(reject);
        }
        self.output.push(b"HTTP/1.1 100 Continue\r\n\r\n");
        Ok(())
    }

    // Where the content of the request is, once it is whole, and where the request ends.
    fn read_body(&mut self, limits: &Limits) -> Result<Option<(Span, usize)>, Reject> {
        let start = self.start;
        match &mut self.stage {
            Stage::Sized { head_bytes, bytes } => {
                let from = start + *head_bytes as usize;
                let end = from + *bytes as usize;
                Ok((self.input.len() >= end).then(|| (Span::new(from, end), end)))
            }
            Stage::Chunked {
                head_bytes,
                chunked,
            } => {
                let from = *head_bytes as usize;
                let Some(length) = chunked.decode(&mut self.input[start..], from, limits)? else {
                    chunked.tidy(&mut self.input, start);
                    return Ok(None);
                };
                let body = Span::new(start + from, start + chunked.filled());
                Ok(Some((body, start + length)))
            }
            _ => Ok(None),
        }
    }
}
