//! Contents that come piece by piece, from the other side.

use std::ffi::c_void;
use std::task::{Context, Poll};

use super::future::drop_boxed;
use super::owned::OwnedBytes;
use super::{contain, waker};
use crate::abi;
use crate::{ChunkSource, Error};

type Source = Box<dyn ChunkSource>;

/// A stream to be polled by the other side.
pub(crate) fn export(source: Source, length: Option<u64>) -> abi::Stream {
    abi::Stream {
        data: Box::into_raw(Box::new(source)).cast(),
        poll: Some(poll),
        drop: Some(drop_boxed::<Source>),
        length: length.unwrap_or(0),
        has_length: length.is_some().into(),
        reserved: 0,
    }
}

unsafe extern "C" fn poll(
    data: *mut c_void,
    waker: *const abi::Waker,
    piece: *mut abi::Buffer,
) -> u32 {
    // SAFETY: it is what `export` put in a box.
    let source = unsafe { &mut *data.cast::<Source>() };
    // SAFETY: the waker is valid during this call.
    let waker = unsafe { waker::borrow(waker) };
    let polled = contain(|| source.poll_chunk(&mut Context::from_waker(&waker)));
    let (progress, bytes) = match polled {
        Ok(Poll::Pending) => return abi::STREAM_PENDING,
        Ok(Poll::Ready(None)) => return abi::STREAM_END,
        Ok(Poll::Ready(Some(Ok(bytes)))) => (abi::STREAM_PIECE, bytes),
        Ok(Poll::Ready(Some(Err(error)))) => {
            let text = error.detail().unwrap_or(error.message());
            (abi::STREAM_FAILED, text.as_bytes().to_vec())
        }
        Err(panic) => (abi::STREAM_FAILED, format!("panic: {panic}").into_bytes()),
    };
    // SAFETY: so is the place for the piece.
    unsafe { piece.write(OwnedBytes::from(bytes).into_raw()) };
    progress
}

/// A stream of the other side.
pub(crate) struct Imported(abi::Stream);

// SAFETY: it is polled on the loop's thread alone, and may be dropped on any.
unsafe impl Send for Imported {}

impl Imported {
    /// Takes a stream over; `None` if it cannot be polled.
    ///
    /// # Safety
    ///
    /// It must be valid and nobody else's.
    pub(crate) unsafe fn new(raw: abi::Stream) -> Option<Imported> {
        let stream = Imported(raw);
        raw.poll.is_some().then_some(stream)
    }
}

impl ChunkSource for Imported {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        let Some(poll) = self.0.poll else {
            return Poll::Ready(None);
        };
        let mut piece = abi::Buffer::EMPTY;
        let waker = waker::lend(context.waker());
        // SAFETY: the stream is ours, and what it is lent lives through the call.
        let progress = unsafe { poll(self.0.data, &raw const waker, &raw mut piece) };
        // SAFETY: the piece has changed hands, or is empty still.
        let piece = unsafe { OwnedBytes::from_raw(piece) };
        match progress {
            abi::STREAM_PENDING => Poll::Pending,
            abi::STREAM_PIECE if !piece.is_possible() => Poll::Ready(Some(Err(Error::internal(
                "the stream gives a piece that is longer than any memory",
            )))),
            abi::STREAM_PIECE => Poll::Ready(Some(Ok(piece.into_vec()))),
            abi::STREAM_END => Poll::Ready(None),
            abi::STREAM_FAILED => {
                Poll::Ready(Some(Err(Error::internal(String::from_utf8_lossy(&piece)))))
            }
            unknown => Poll::Ready(Some(Err(Error::internal(format!(
                "the stream gives {unknown}, which says nothing of a piece"
            ))))),
        }
    }

    fn length(&self) -> Option<u64> {
        (self.0.has_length != 0).then_some(self.0.length)
    }
}

impl Drop for Imported {
    fn drop(&mut self) {
        if let Some(drop) = self.0.drop {
            // SAFETY: it is ours, and dropped once.
            unsafe { drop(self.0.data) };
        }
    }
}
