//! The head of an answer, and where its content ends (RFC 9112 sections 4 and 6.3).

use httparse::{EMPTY_HEADER, Error, Header, Status};
use micro_api::Method;

use super::Reject;
use super::framing::{check_codings, list, parse_length};
use super::head::explain;
use super::lines::{Lines, Section};
use crate::config::Limits;

/// Reads the head of an answer as its bytes come in; looks at each of them once until it is whole.
#[derive(Debug)]
pub struct ResponseReader {
    lines: Lines,
}

impl Default for ResponseReader {
    fn default() -> ResponseReader {
        let lines = Lines::new(Section::AnswerHead);
        ResponseReader { lines }
    }
}

impl ResponseReader {
    /// The head at the start of these bytes; `None` while something of it is missing.
    ///
    /// # Errors
    ///
    /// It is no head of HTTP/1.x, or beyond a limit: the first line that is wrong decides.
    pub fn read<'b>(
        &mut self,
        bytes: &'b [u8],
        limits: &Limits,
    ) -> Result<Option<Response<'b>>, Reject> {
        let Some(length) = self.lines.find_end(bytes, limits)? else {
            return Ok(None);
        };
        let mut room = vec![EMPTY_HEADER; limits.header_count_max];
        let mut response = httparse::Response::new(&mut room);
        match response.parse(&bytes[..length]) {
            Ok(Status::Complete(_)) => {}
            // Nothing stands before the empty line.
            Ok(Status::Partial) => return Err(Reject::RequestLine),
            Err(error) => return Err(explain(error, &bytes[..length])),
        }
        Ok(Some(Response {
            length,
            status: response.code.unwrap_or_default(),
            is_old: response.version == Some(0),
            fields: response.headers.to_vec(),
        }))
    }
}

/// The head of an answer, whole and well formed.
#[derive(Debug)]
pub struct Response<'b> {
    length: usize,
    status: u16,
    is_old: bool,
    fields: Vec<Header<'b>>,
}

/// Where the content of an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFraming {
    /// Behind so many bytes.
    Length(u64),
    /// Where its chunks say.
    Chunked,
    /// Where the peer closes the connection.
    Close,
}

impl<'b> Response<'b> {
    /// How many bytes the head takes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The status, as it stands there: three digits.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Names and values, in their order.
    pub fn fields(&self) -> impl Iterator<Item = (&'b str, &'b [u8])> {
        self.fields.iter().map(|field| (field.name, field.value))
    }

    /// The values of all fields of this name.
    pub fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'b [u8]> + 's {
        let fields = self.fields();
        let named = fields.filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value)
    }

    /// Whether the peer is ready for another request on this connection (RFC 9112 section 9.3).
    #[must_use]
    pub fn keeps_connection(&self) -> bool {
        let says = |option: &str| {
            let mut options = self.values("connection").flat_map(list);
            options.any(|found| found.eq_ignore_ascii_case(option.as_bytes()))
        };
        !says("close") && (!self.is_old || says("keep-alive"))
    }

    /// Where the content ends (RFC 9112 section 6.3).
    ///
    /// Stricter than it: an answer with both framings, or with two lengths, is refused even where
    /// they agree. Two readers could take it for different ones, and no honest peer sends it.
    ///
    /// # Errors
    ///
    /// The head says it in more than one way, or in none that is known.
    pub fn framing(&self, method: Method) -> Result<ResponseFraming, Reject> {
        if method == Method::Head || matches!(self.status, 100..=199 | 204 | 304) {
            return Ok(ResponseFraming::Length(0));
        }
        let mut lengths = self.values("content-length");
        let length = lengths.next();
        if self.values("transfer-encoding").next().is_some() {
            return match length {
                Some(_) => Err(Reject::TwoFramings),
                None if self.is_old => Err(Reject::TransferEncodingVersion),
                None => {
                    check_codings(self.values("transfer-encoding"))?;
                    Ok(ResponseFraming::Chunked)
                }
            };
        }
        match (length, lengths.next()) {
            (None, _) => Ok(ResponseFraming::Close),
            (Some(value), None) => parse_length(value).map(ResponseFraming::Length),
            (Some(_), Some(_)) => Err(Reject::ContentLengthRepeated),
        }
    }
}

/// Checks a status line, with its CRLF, before the rest of the head is there.
pub(super) fn check_status_line(line: &[u8]) -> Result<(), Reject> {
    // Three digits and a blank, also where the reason behind them is left out.
    match httparse::Response::new(&mut []).parse(line) {
        Ok(_) if line.starts_with(b"HTTP/") => Ok(()),
        Ok(_) => Err(Reject::RequestLine),
        Err(Error::Version) if line.starts_with(b"HTTP/") => Err(Reject::Version),
        Err(_) => Err(Reject::RequestLine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<(u16, usize)>, Reject> {
        let response = ResponseReader::default().read(text.as_bytes(), &Limits::default())?;
        Ok(response.map(|response| (response.status(), response.length())))
    }

    #[test]
    fn a_head_ends_at_its_empty_line() {
        let head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
        assert_eq!(read(&format!("{head}body")), Ok(Some((200, head.len()))));
        for end in 0..head.len() {
            assert_eq!(read(&head[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn the_first_wrong_line_decides() {
        for (text, reject) in [
            ("\r\nHTTP/1.1 200 OK\r\n\r\n", Reject::RequestLine),
            ("GET / HTTP/1.1\r\n", Reject::RequestLine),
            ("HTTP/1.1 20 OK\r\n", Reject::RequestLine),
            ("HTTP/1.1 2000 OK\r\n", Reject::RequestLine),
            ("HTTP/2.0 200 OK\r\n", Reject::Version),
            ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", Reject::FieldName),
            ("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", Reject::FieldValue),
            ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n", Reject::FoldedLine),
            ("HTTP/1.1 200 OK\n", Reject::BareLf),
        ] {
            assert_eq!(read(text), Err(reject), "{text:?}");
        }
    }
}
