//! The head of a request: its line and its fields, checked, and where things are in it.

use std::mem::MaybeUninit;

use httparse::{Error, Header, Status};
use micro_api::Method;
use micro_api::host::{Field, Parts, Span};

use super::framing::{Framing, check_codings, list, parse_length};
use super::{Reject, authority, target};
use crate::config::Limits;

/// What the connection needs to know of a head; everything else is in the parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// How many bytes it takes.
    pub(super) length: usize,
    /// Where the content ends.
    pub(super) framing: Framing,
    /// Whether the version is 1.0.
    pub(super) is_old: bool,
    /// Whether the peer wants no more answers on this connection.
    pub(super) is_last: bool,
    /// Whether the peer waits for `100 Continue`.
    pub(super) expects_continue: bool,
    /// Why to refuse the request once its content was read.
    pub(super) deferred: Option<Reject>,
}

/// Why there is no head.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flaw {
    /// Nothing is decided: it is not all there, or a line breaks a rule that [`Lines`] knows.
    ///
    /// [`Lines`]: super::lines::Lines
    Lines,
    /// Something in it is no HTTP.
    Syntax(Error),
    /// It is whole, and is to be refused.
    Refused(Reject),
}

/// The greatest number of fields that a limit allows.
const FIELDS_MAX: usize = 1024;

/// Reads the head that begins at `start`, and fills in method, target, path, query and headers.
pub(super) fn parse(
    bytes: &[u8],
    start: usize,
    limits: &Limits,
    parts: &mut Parts,
) -> Result<Head, Flaw> {
    let mut room = [const { MaybeUninit::<Header<'_>>::uninit() }; FIELDS_MAX];
    let room = &mut room[..limits.header_count_max.min(FIELDS_MAX)];
    let mut request = httparse::Request::new(&mut []);
    parts.headers.clear();
    parts.method = Method::Get;
    let length = match request.parse_with_uninit_headers(&bytes[start..], room) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Err(Flaw::Lines),
        Err(error) => return Err(Flaw::Syntax(error)),
    };
    let place = Place {
        base: bytes.as_ptr() as usize,
    };
    let marks = read_fields(
        bytes,
        start..start + length,
        request.headers,
        place,
        limits,
        parts,
    )?;
    read_line(&request, place, &marks, parts)
        .and_then(|deferred| {
            let is_old = request.version == Some(0);
            finish(length, is_old, deferred, &marks, request.headers)
        })
        .map_err(Flaw::Refused)
}

/// Checks a request line, with its CRLF, before the rest of the head is there.
pub(super) fn check_request_line(line: &[u8]) -> Result<(), Reject> {
    match httparse::Request::new(&mut []).parse(line) {
        Ok(_) => Ok(()),
        Err(error) => Err(explain(error, line)),
    }
}

/// Checks the fields of a whole trailer section; what they say is not used.
pub(super) fn check_trailer(section: &[u8]) -> Result<(), Reject> {
    let mut room = [httparse::EMPTY_HEADER; FIELDS_MAX];
    match httparse::parse_headers(section, &mut room) {
        Ok(_) => Ok(()),
        Err(error) => Err(explain(error, section)),
    }
}

/// The reason to refuse a head in which httparse found this error.
pub(super) fn explain(error: Error, head: &[u8]) -> Reject {
    match error {
        Error::HeaderName => Reject::FieldName,
        Error::HeaderValue => Reject::FieldValue,
        Error::TooManyHeaders => Reject::TooManyFields,
        Error::Version if has_other_version(head) => Reject::Version,
        Error::Token | Error::NewLine | Error::Version | Error::Status => Reject::RequestLine,
    }
}

// `HTTP/` digit `.` digit as the third and last word of the first line.
fn has_other_version(head: &[u8]) -> bool {
    let end = memchr::memchr(b'\r', head).unwrap_or(head.len());
    let version = head[..end].splitn(3, |&byte| byte == b' ').nth(2);
    let digits = version.and_then(|version| version.strip_prefix(b"HTTP/"));
    digits.is_some_and(|text| {
        matches!(text, [major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit())
    })
}

// Turns slices of the buffer into places.
#[derive(Clone, Copy)]
struct Place {
    base: usize,
}

impl Place {
    fn of(self, slice: &[u8]) -> Span {
        let start = slice.as_ptr() as usize - self.base;
        Span {
            start: start as u32,
            end: (start + slice.len()) as u32,
        }
    }
}

// The fields that the connection itself obeys: how many there are, and the last of each.
#[derive(Default)]
struct Marks {
    hosts: u16,
    lengths: u16,
    codings: u16,
    host: u16,
    length: u16,
    has_close: bool,
    has_keep_alive: bool,
    expects_continue: bool,
    expects_other: bool,
}

fn read_fields(
    bytes: &[u8],
    head: std::ops::Range<usize>,
    fields: &[Header<'_>],
    place: Place,
    limits: &Limits,
    parts: &mut Parts,
) -> Result<Marks, Flaw> {
    let line_bytes_max = limits.line_bytes_max;
    let mut marks = Marks::default();
    let mut line = head.start;
    let mut line_bytes = 0;
    parts.headers.reserve(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let name = place.of(field.name.as_bytes());
        let start = name.start as usize;
        // httparse takes a bare LF for the end of a line.
        if bytes[start - 2] != b'\r' {
            return Err(Flaw::Lines);
        }
        line_bytes = line_bytes.max(start - line);
        line = start;
        parts.headers.push(Field {
            name,
            value: place.of(field.value),
        });
        marks.note(index, field);
    }
    line_bytes = line_bytes.max(head.end - 2 - line);
    let is_sound = bytes[..head.end].ends_with(b"\r\n\r\n")
        && line_bytes <= line_bytes_max.saturating_add(2)
        && head.len() <= limits.head_bytes_max;
    if is_sound {
        Ok(marks)
    } else {
        Err(Flaw::Lines)
    }
}

impl Marks {
    fn note(&mut self, index: usize, field: &Header<'_>) {
        let name = field.name.as_bytes();
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => {
                self.hosts += 1;
                self.host = index as u16;
            }
            6 if name.eq_ignore_ascii_case(b"expect") => self.note_expectations(field.value),
            10 if name.eq_ignore_ascii_case(b"connection") => self.note_options(field.value),
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                self.lengths += 1;
                self.length = index as u16;
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.codings += 1,
            _ => {}
        }
    }

    fn note_options(&mut self, value: &[u8]) {
        for option in list(value) {
            self.has_close |= option.eq_ignore_ascii_case(b"close");
            self.has_keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    fn note_expectations(&mut self, value: &[u8]) {
        for expectation in list(value) {
            let is_known = expectation.eq_ignore_ascii_case(b"100-continue");
            self.expects_continue |= is_known;
            self.expects_other |= !is_known;
        }
    }
}

// Fills in method and target; says why to refuse the request once its content was read, if so.
fn read_line(
    request: &httparse::Request<'_, '_>,
    place: Place,
    marks: &Marks,
    parts: &mut Parts,
) -> Result<Option<Reject>, Reject> {
    let (Some(token), Some(text)) = (request.method, request.path) else {
        return Err(Reject::RequestLine);
    };
    let method = Method::find(token);
    parts.method = method.unwrap_or_default();
    let target = target::parse(text.as_bytes(), method)?;
    let whole = place.of(text.as_bytes());
    let shift = |span: Span| Span {
        start: span.start + whole.start,
        end: span.end + whole.start,
    };
    parts.target = whole;
    parts.path = shift(target.path);
    parts.query = shift(target.query);
    // RFC 9112 section 3.2.2: the target's authority takes the place of Host.
    if let (Some(authority), 1) = (target.authority, marks.hosts) {
        parts.headers[usize::from(marks.host)].value = shift(authority);
    }
    Ok(method.is_none().then_some(Reject::Method))
}

fn finish(
    length: usize,
    is_old: bool,
    deferred: Option<Reject>,
    marks: &Marks,
    fields: &[Header<'_>],
) -> Result<Head, Reject> {
    match marks.hosts {
        0 if is_old => {}
        0 => return Err(Reject::HostMissing),
        1 if authority::is_host_value(fields[usize::from(marks.host)].value) => {}
        1 => return Err(Reject::HostInvalid),
        _ => return Err(Reject::HostRepeated),
    }
    let framing = read_framing(is_old, marks, fields)?;
    if marks.expects_other {
        return Err(Reject::Expectation);
    }
    Ok(Head {
        length,
        framing,
        is_old,
        is_last: marks.has_close || (is_old && !marks.has_keep_alive),
        expects_continue: marks.expects_continue && !is_old,
        deferred,
    })
}

fn read_framing(is_old: bool, marks: &Marks, fields: &[Header<'_>]) -> Result<Framing, Reject> {
    if marks.codings == 0 {
        return match marks.lengths {
            0 => Ok(Framing::Length(0)),
            1 => parse_length(fields[usize::from(marks.length)].value).map(Framing::Length),
            _ => Err(Reject::ContentLengthRepeated),
        };
    }
    if marks.lengths > 0 {
        return Err(Reject::TwoFramings);
    }
    if is_old {
        return Err(Reject::TransferEncodingVersion);
    }
    let is_coding = |field: &&Header<'_>| field.name.eq_ignore_ascii_case("transfer-encoding");
    check_codings(fields.iter().filter(is_coding).map(|field| field.value))?;
    Ok(Framing::Chunked)
}
