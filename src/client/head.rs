//! The head of an answer, as callers get it.

use std::fmt;

use crate::http::Response;

/// Fields that say how an answer was carried, and nothing about what it holds. Their work is done
/// when the content is handed on (RFC 9110 section 7.6.1, RFC 9112 section 6).
const CARRYING: &[&str] = &[
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
];

/// Status and header fields of an answer (RFC 9110 section 6.2).
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    /// The status, 200 to 599.
    pub status: u16,
    /// Names as they were sent, and values; bytes of a value that are not UTF-8 are replaced.
    ///
    /// What says how the answer was carried is not among them, nor a coding that was undone.
    pub headers: Vec<(String, String)>,
    /// What Content-Length said: after HEAD, how long the content would be.
    pub content_length: Option<u64>,
    /// The head as it came, if it was to be kept.
    pub received: Option<Box<ReceivedHead>>,
}

/// The head of an answer as it came, to be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedHead {
    /// Version, status and reason.
    pub status_line: String,
    /// All fields.
    pub headers: Vec<(String, String)>,
}

impl ReceivedHead {
    /// Of the bytes that were read as this answer.
    pub(super) fn of(response: &Response<'_>, bytes: &[u8]) -> ReceivedHead {
        let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n'));
        // An empty line may come before it.
        let line = line.into_iter().find(|line| !line.is_empty());
        let fields = response.fields();
        ReceivedHead {
            status_line: text(line.unwrap_or_default()),
            headers: fields
                .map(|(name, value)| (name.to_owned(), text(value)))
                .collect(),
        }
    }
}

fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(value).into_owned(),
    }
}

// Values may be secrets.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({} {:?})", self.status, names(&self.headers))
    }
}

impl fmt::Debug for ReceivedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = names(&self.headers);
        write!(f, "ReceivedHead({} {names:?})", self.status_line)
    }
}

fn names(headers: &[(String, String)]) -> Vec<&str> {
    headers.iter().map(|(name, _)| name.as_str()).collect()
}

impl Head {
    /// The value of the first field of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// What a caller gets of this head; `is_decoded` if the content's coding is undone.
    pub(super) fn of(response: &Response<'_>, is_decoded: bool) -> Head {
        let is_handed_on = |name: &str| {
            let is = |known: &str| known.eq_ignore_ascii_case(name);
            let is_undone = is_decoded && is("content-encoding");
            !is_undone && !CARRYING.iter().any(|known| is(known))
        };
        let fields = response.fields();
        let mut lengths = response.values("content-length");
        let length = lengths
            .next()
            .and_then(|value| std::str::from_utf8(value).ok());
        Head {
            status: response.status(),
            headers: fields
                .filter(|(name, _)| is_handed_on(name))
                .map(|(name, value)| (name.to_owned(), text(value)))
                .collect(),
            content_length: length.and_then(|length| length.parse().ok()),
            received: None,
        }
    }
}
