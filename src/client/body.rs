//! The body of an answer as it was sent: which bytes belong to it, and where it ends
//! (RFC 9112 sections 6 to 8).

use super::fault::Fault;
use super::{Close, Limits};
use crate::config;
use crate::http::{Chunks, ResponseFraming};

/// How far a body was read.
#[derive(Debug)]
pub(super) enum Body {
    /// As many bytes as this are missing, of so many.
    Length { left: u64, whole: u64 },
    /// Chunks.
    Chunked(Chunks),
    /// What comes until the peer closes.
    UntilClose,
}

/// What there was of a body.
pub(super) struct Part {
    pub(super) bytes: Vec<u8>,
    pub(super) is_last: bool,
}

impl Body {
    pub(super) fn new(framing: ResponseFraming) -> Body {
        match framing {
            ResponseFraming::Length(length) => Body::Length {
                left: length,
                whole: length,
            },
            ResponseFraming::Chunked => Body::Chunked(Chunks::default()),
            ResponseFraming::Close => Body::UntilClose,
        }
    }

    /// Whether its end is known without the peer's closing.
    pub(super) fn has_end(&self) -> bool {
        !matches!(self, Body::UntilClose)
    }

    /// Takes what there is of it out of the buffer; `room` is how much more there may be.
    pub(super) fn take(
        &mut self,
        buffer: &mut Vec<u8>,
        room: Option<usize>,
        close: Option<Close>,
        limits: &Limits,
        lines: &config::Limits,
    ) -> Result<Part, Fault> {
        let part = match self {
            Body::Length { left, .. } => {
                let count = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(buffer.len());
                let rest = buffer.split_off(count);
                *left -= count as u64;
                Part {
                    bytes: std::mem::replace(buffer, rest),
                    is_last: *left == 0,
                }
            }
            Body::Chunked(chunks) => {
                let taken = chunks.take(buffer, room, lines);
                let (bytes, is_last) = taken.map_err(|reject| Fault::of_chunks(reject, limits))?;
                Part { bytes, is_last }
            }
            Body::UntilClose => Part {
                bytes: std::mem::take(buffer),
                is_last: close == Some(Close::Clean),
            },
        };
        match close {
            Some(close) if !part.is_last => Err(self.cut_off(close)),
            _ => Ok(part),
        }
    }

    // RFC 9112 section 8: an answer that ends early is no answer, and what came of it no content.
    fn cut_off(&self, close: Close) -> Fault {
        match (self, close) {
            (Body::Length { left, whole }, _) => Fault::body(format!(
                "the peer closed the connection after {} bytes of the body, expected {whole}",
                whole - left
            )),
            (Body::Chunked(_), _) => {
                Fault::body("the peer closed the connection before the last chunk of the body")
            }
            (Body::UntilClose, _) => Fault::body(
                "the connection broke in a body that ends where the peer closes it: it may be cut",
            ),
        }
    }
}
