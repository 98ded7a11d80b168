//! An answer whose content comes piece by piece.

use std::fmt;
use std::task::{Context, Poll};

use micro_api::ChunkSource;

use super::Buffers;
use super::output::{LOW_WATER, Large, Output, SMALL_BYTES_MAX};

/// How far a stream came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Streamed {
    /// There is no room; ask again when some of the output was sent.
    Full,
    /// All of it is in the output.
    Done,
    /// It failed, for this reason, after part of the answer was sent. The connection is over: cut
    /// it, so that the peer cannot take the part for the whole.
    Failed(String),
    /// The same, but no reason was told: it was wanted so.
    Cut,
}

/// How the peer learns where the content ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Each piece is a chunk.
    Chunked,
    /// After this many more bytes.
    Length(u64),
    /// When the connection is closed.
    Close,
}

/// A content on its way.
pub(super) struct Stream {
    source: Box<dyn ChunkSource>,
    ending: Ending,
    bytes: u64,
    /// The end of a chunk that stands apart is still to be written.
    owes_end: bool,
}

impl Stream {
    pub(super) fn new(source: Box<dyn ChunkSource>, ending: Ending) -> Stream {
        Stream {
            source,
            ending,
            bytes: 0,
            owes_end: false,
        }
    }

    /// How many bytes of content there were so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Moves pieces into the output while there is room.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        output: &mut Output,
        buffers: &mut Buffers,
    ) -> Poll<Streamed> {
        loop {
            if output.is_blocked() || output.len() >= LOW_WATER {
                return Poll::Ready(Streamed::Full);
            }
            if std::mem::take(&mut self.owes_end) {
                output.buffer(buffers).extend_from_slice(b"\r\n");
            }
            let piece = match self.source.poll_chunk(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(self.end(output, buffers)),
                Poll::Ready(Some(Ok(piece))) => piece,
                Poll::Ready(Some(Err(error))) => {
                    let text = error.detail().unwrap_or(error.message()).to_owned();
                    return Poll::Ready(match text.is_empty() {
                        true => Streamed::Cut,
                        false => Streamed::Failed(text),
                    });
                }
            };
            if piece.is_empty() {
                // It would end the chunks. A source that yields nothing else must not keep us.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Err(reason) = self.push(piece, output, buffers) {
                return Poll::Ready(Streamed::Failed(reason));
            }
        }
    }

    fn push(
        &mut self,
        piece: Vec<u8>,
        output: &mut Output,
        buffers: &mut Buffers,
    ) -> Result<(), String> {
        let length = piece.len();
        if let Ending::Length(left) = &mut self.ending {
            let Some(less) = left.checked_sub(length as u64) else {
                return Err("the stream has more bytes than it said".to_owned());
            };
            *left = less;
        }
        self.bytes += length as u64;
        let is_chunk = self.ending == Ending::Chunked;
        if is_chunk {
            push_size(output.buffer(buffers), length);
        }
        output.push_content(Large::Owned(piece.into()), buffers);
        match (is_chunk, length > SMALL_BYTES_MAX) {
            (true, true) => self.owes_end = true,
            (true, false) => output.push(b"\r\n"),
            (false, _) => {}
        }
        Ok(())
    }

    fn end(&self, output: &mut Output, buffers: &mut Buffers) -> Streamed {
        match self.ending {
            Ending::Chunked => output.buffer(buffers).extend_from_slice(b"0\r\n\r\n"),
            Ending::Length(0) | Ending::Close => {}
            Ending::Length(left) => {
                return Streamed::Failed(format!("the stream ended {left} bytes early"));
            }
        }
        Streamed::Done
    }
}

fn push_size(buffer: &mut Vec<u8>, size: usize) {
    let digits = (usize::BITS - size.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digits).rev() {
        buffer.push(b"0123456789abcdef"[size >> (4 * place) & 15]);
    }
    buffer.extend_from_slice(b"\r\n");
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}
