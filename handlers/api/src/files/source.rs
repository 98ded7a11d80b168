//! The content of a file, in one piece or in many.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::range::Range;
use crate::reply::Body;
use crate::{ChunkSource, Error, Method, blocking};

/// The size of a piece; a file of this size is sent whole.
const PIECE_BYTES: u64 = 64 * 1024;

/// The content of a part of a file. To be called on a helper thread.
pub(super) fn content(mut file: File, range: Range, method: Method) -> io::Result<Body> {
    file.seek(SeekFrom::Start(range.start))?;
    let length = range.length;
    // Of an answer to HEAD only the length is wanted; a stream is not read for that.
    if length > PIECE_BYTES || method == Method::Head {
        let file = Arc::new(file);
        return Ok(Body::Stream(Box::new(Pieces {
            file,
            length,
            left: length,
            reading: None,
        })));
    }
    read(&file, length).map(|bytes| Body::Bytes(bytes.into()))
}

/// Reads exactly this many bytes, from where the file's cursor is.
fn read(file: &File, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        return Ok(bytes);
    }
    Err(io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the file has shrunk while it was read",
    ))
}

/// The pieces of a file; each is read on a helper thread when it is asked for.
struct Pieces {
    file: Arc<File>,
    length: u64,
    left: u64,
    reading: Option<Reading>,
}

type Reading = Pin<Box<dyn Future<Output = Result<io::Result<Vec<u8>>, Error>> + Send>>;

impl ChunkSource for Pieces {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let reading = self.reading.get_or_insert_with(|| {
            let (file, length) = (Arc::clone(&self.file), self.left.min(PIECE_BYTES));
            Box::pin(blocking(move || read(&file, length)))
        });
        let piece = ready!(reading.as_mut().poll(context));
        self.reading = None;
        let piece = piece.and_then(|piece| piece.map_err(Error::from));
        match &piece {
            Ok(piece) => self.left -= piece.len() as u64,
            Err(_) => self.left = 0,
        }
        Poll::Ready(Some(piece))
    }

    fn length(&self) -> Option<u64> {
        Some(self.length)
    }
}
