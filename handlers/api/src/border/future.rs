//! Futures of answers, polled across the border.

use std::ffi::c_void;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::answer::{self, Slot};
use super::{contain, contain_drop, waker};
use crate::abi;
use crate::{Error, IntoReply, Reply};

/// A future of an answer, to be polled by the other side.
pub(crate) struct Exported(abi::Future);

impl Exported {
    pub(crate) fn new<F: Future<Output = Reply> + 'static>(future: F) -> Exported {
        Exported(abi::Future {
            data: Box::into_raw(Box::new(future)).cast(),
            poll: Some(poll::<F>),
            drop: Some(drop_boxed::<F>),
        })
    }

    /// Hands it over.
    pub(crate) fn into_raw(self) -> abi::Future {
        std::mem::ManuallyDrop::new(self).0
    }
}

impl Drop for Exported {
    fn drop(&mut self) {
        // SAFETY: it was not handed over, so it is still ours.
        drop(unsafe { Imported::new(self.0) });
    }
}

unsafe extern "C" fn poll<F: Future<Output = Reply>>(
    data: *mut c_void,
    waker: *const abi::Waker,
    answer: *mut abi::Answer,
) -> u32 {
    // SAFETY: it is what `Exported::new` put in a box, which never moves it.
    let future = unsafe { Pin::new_unchecked(&mut *data.cast::<F>()) };
    // SAFETY: the waker is valid during this call.
    let waker = unsafe { waker::borrow(waker) };
    let polled = contain(|| match future.poll(&mut Context::from_waker(&waker)) {
        Poll::Pending => abi::PENDING,
        Poll::Ready(reply) => {
            // SAFETY: so is the place for the answer.
            unsafe { answer::give(answer, reply) };
            abi::DONE
        }
    });
    polled.unwrap_or_else(|panic| {
        // SAFETY: as above.
        unsafe { answer::give_panic(answer, panic) };
        abi::DONE
    })
}

/// Drops what was boxed.
pub(crate) unsafe extern "C" fn drop_boxed<T>(data: *mut c_void) {
    // SAFETY: it is a `Box<T>` that was handed over as this pointer, and is given back once.
    let boxed = unsafe { Box::from_raw(data.cast::<T>()) };
    contain_drop(boxed);
}

/// A future of the other side.
pub(crate) struct Imported(abi::Future);

impl Imported {
    /// Takes a future over.
    ///
    /// # Safety
    ///
    /// It must be valid and nobody else's.
    pub(crate) unsafe fn new(raw: abi::Future) -> Imported {
        Imported(raw)
    }
}

impl Future for Imported {
    type Output = Reply;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        let Some(poll) = self.0.poll else {
            return Poll::Ready(
                Error::internal("the handler goes on without a future to poll").into_reply(),
            );
        };
        let mut slot = Slot::new();
        let waker = waker::lend(context.waker());
        // SAFETY: the future is ours, and what it is lent lives through the call.
        let progress = unsafe { poll(self.0.data, &raw const waker, slot.answer()) };
        match slot.take() {
            Some(reply) => Poll::Ready(reply),
            None if progress == abi::PENDING => Poll::Pending,
            None => Poll::Ready(slot.expect()),
        }
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
