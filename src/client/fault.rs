//! Why an answer cannot be used: the peer's mistake, in a sentence.

use std::fmt;

use super::Limits;
use crate::http::Reject;

/// How much of what a peer sent is quoted in a sentence.
const QUOTED_CHARS_MAX: usize = 60;

/// Which part of an answer is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The head: it is not known what was answered.
    Head,
    /// The body, or its length as the head announces it.
    Body,
}

/// What is wrong with an answer. The connection it came by is of no more use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which part is wrong.
    pub kind: FaultKind,
    /// What was found and what was expected; lower case, no full stop.
    pub sentence: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    pub(super) fn head(sentence: impl Into<String>) -> Fault {
        Fault {
            kind: FaultKind::Head,
            sentence: sentence.into(),
        }
    }

    pub(super) fn body(sentence: impl Into<String>) -> Fault {
        Fault {
            kind: FaultKind::Body,
            sentence: sentence.into(),
        }
    }

    /// What the reader of a head found, in these bytes.
    pub(super) fn of_head(reject: Reject, bytes: &[u8], limits: &Limits) -> Fault {
        let first_line = || {
            quote(
                bytes
                    .split(|byte| *byte == b'\r')
                    .next()
                    .unwrap_or_default(),
            )
        };
        Fault::head(match reject {
            Reject::RequestLine => format!(
                "the answer begins with {}, expected `HTTP/1.1` and a status",
                first_line()
            ),
            Reject::Version => format!(
                "the answer begins with {}, expected HTTP/1.1 or HTTP/1.0",
                first_line()
            ),
            reject => format!("the head of the answer is refused: {}", say(reject, limits)),
        })
    }

    /// What the reader of chunks found.
    pub(super) fn of_chunks(reject: Reject, limits: &Limits) -> Fault {
        match (reject, limits.content_bytes_max) {
            (Reject::ContentTooLong, Some(max)) => Fault::too_long(max),
            (reject, _) => Fault::body(format!(
                "the chunks of the answer are refused: {}",
                say(reject, limits)
            )),
        }
    }

    pub(super) fn too_long(max: usize) -> Fault {
        Fault::body(format!("the body of the answer is longer than {max} bytes"))
    }
}

fn say(reject: Reject, limits: &Limits) -> String {
    match reject {
        Reject::HeadTooLong | Reject::FieldTooLong | Reject::RequestLineTooLong => {
            let max = limits.head_bytes_max;
            format!("its lines are longer than {max} bytes together")
        }
        Reject::TooManyFields => {
            format!("it has more than {} fields", limits.header_count_max)
        }
        reject => reject.sentence().to_owned(),
    }
}

/// What a peer sent, in backticks: shortened, and without anything that a terminal obeys.
pub(super) fn quote(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * QUOTED_CHARS_MAX)]);
    let mut shown: String = text
        .chars()
        .take(QUOTED_CHARS_MAX)
        .flat_map(|c| {
            let is_plain = !c.is_control() && c != '`';
            let escaped = c.escape_default().filter(move |_| !is_plain);
            is_plain.then_some(c).into_iter().chain(escaped)
        })
        .collect();
    if text.chars().nth(QUOTED_CHARS_MAX).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
