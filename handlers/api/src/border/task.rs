//! Work that answers nobody, polled across the border.

use std::ffi::c_void;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::failure::{self, Slot};
use super::future::drop_boxed;
use super::{contain, waker};
use crate::Error;
use crate::abi;

/// Work to be polled by the other side.
pub(crate) fn export<F>(future: F) -> abi::Task
where
    F: Future<Output = Result<(), Error>> + 'static,
{
    abi::Task {
        data: Box::into_raw(Box::new(future)).cast(),
        poll: Some(poll::<F>),
        drop: Some(drop_boxed::<F>),
    }
}

unsafe extern "C" fn poll<F: Future<Output = Result<(), Error>>>(
    data: *mut c_void,
    waker: *const abi::Waker,
    report: *mut abi::Report,
) -> u32 {
    // SAFETY: it is what `export` put in a box, which never moves it.
    let future = unsafe { Pin::new_unchecked(&mut *data.cast::<F>()) };
    // SAFETY: the waker is valid during this call.
    let waker = unsafe { waker::borrow(waker) };
    match contain(|| future.poll(&mut Context::from_waker(&waker))) {
        Ok(Poll::Pending) => return abi::PENDING,
        Ok(Poll::Ready(Ok(()))) => {}
        // SAFETY: so is the report.
        Ok(Poll::Ready(Err(error))) => unsafe { failure::report(report, &error) },
        // SAFETY: as above.
        Err(panic) => unsafe { failure::report_panic(report, &panic) },
    }
    abi::DONE
}

/// What is said of a function that gives a number which says nothing.
pub(crate) fn neither(progress: u32) -> Error {
    Error::internal(format!(
        "the function gives {progress}, which says neither that it is done nor that it goes on"
    ))
}

/// Work of the other side.
pub(crate) struct Imported(abi::Task);

impl Imported {
    /// Takes work over.
    ///
    /// # Safety
    ///
    /// It must be valid and nobody else's.
    pub(crate) unsafe fn new(raw: abi::Task) -> Imported {
        Imported(raw)
    }
}

impl Future for Imported {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(poll) = self.0.poll else {
            return Poll::Ready(Err(Error::internal(
                "the function goes on without a task to poll",
            )));
        };
        let mut slot = Slot::new();
        let waker = waker::lend(context.waker());
        // SAFETY: the task is ours, and what it is lent lives through the call.
        let progress = unsafe { poll(self.0.data, &raw const waker, slot.report()) };
        match (slot.result(), progress) {
            (Ok(()), abi::PENDING) => Poll::Pending,
            (Ok(()), abi::DONE) => Poll::Ready(Ok(())),
            (Ok(()), unknown) => Poll::Ready(Err(neither(unknown))),
            (failed, _) => Poll::Ready(failed),
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
