//! What a wrapper wraps.

#![allow(unsafe_code, reason = "the handler is on the other side of the border")]

use std::future::Future;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::abi;
use crate::border::future::Imported;
use crate::{Reply, Request};

/// What a wrapper wraps: the handler, or the next wrapper. It runs once, on the loop's thread:
///
/// ```compile_fail,E0382
/// use micro_api::{Next, Reply, Request};
///
/// async fn twice(request: Request, next: Next) -> Reply {
///     next.run(request.clone()).await;
///     next.run(request).await
/// }
/// ```
///
/// ```compile_fail,E0277
/// use micro_api::{Next, Request};
///
/// fn send(next: Next) {
///     std::thread::spawn(move || drop(next));
/// }
/// ```
pub struct Next {
    raw: NonNull<abi::Next>,
}

impl Next {
    /// Takes over what goes on to a handler.
    ///
    /// # Safety
    ///
    /// It must be valid and nobody else's.
    pub(crate) unsafe fn from_raw(raw: *mut abi::Next) -> Next {
        Next {
            raw: NonNull::new(raw).expect("there is always something to go on to"),
        }
    }

    /// Hands it over.
    pub(crate) fn into_raw(self) -> *mut abi::Next {
        ManuallyDrop::new(self).raw.as_ptr()
    }

    /// Goes on to the handler and gives its answer.
    ///
    /// A wrapper that drops this future before it is ready cancels the handler, and with it the
    /// answer that the handler has promised.
    pub fn run(self, request: Request) -> impl Future<Output = Reply> {
        let host = self.host();
        let mut future = abi::Future::NONE;
        // SAFETY: `next` is ours and given back here; the request is valid, and so is the place.
        unsafe { (host.next_run)(self.into_raw(), request.as_raw(), &raw mut future) };
        // SAFETY: the future is ours now.
        unsafe { Imported::new(future) }
    }

    fn host(&self) -> &'static abi::Host {
        // SAFETY: it is valid as long as this is, and the table for ever.
        unsafe { &*self.raw.as_ref().host }
    }
}

impl Drop for Next {
    fn drop(&mut self) {
        // SAFETY: it is ours, and given back here.
        unsafe { (self.host().next_drop)(self.raw.as_ptr()) };
    }
}
