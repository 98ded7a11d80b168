//! Answering later, from any thread.

#![allow(unsafe_code, reason = "the promise is on the other side of the border")]

use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::IntoReply;
use crate::abi;
use crate::border::reply::hand_over;

/// Answers a request once, now or later, from any thread. See
/// [`Request::delay`](crate::Request::delay).
///
/// ```compile_fail,E0382
/// use micro_api::Responder;
///
/// fn twice(responder: Responder) {
///     responder.answer("first");
///     responder.answer("second");
/// }
/// ```
pub struct Responder {
    raw: NonNull<abi::Responder>,
}

// SAFETY: any thread may use it.
unsafe impl Send for Responder {}
// SAFETY: nothing can be done with a reference to it.
unsafe impl Sync for Responder {}

impl Responder {
    /// Takes over what keeps a promise.
    ///
    /// # Safety
    ///
    /// It must be valid and nobody else's.
    pub(crate) unsafe fn from_raw(raw: *mut abi::Responder) -> Responder {
        Responder {
            raw: NonNull::new(raw).expect("there is always something to answer with"),
        }
    }

    /// Answers the request. If the peer has gone in the meantime, nothing happens.
    pub fn answer(self, reply: impl IntoReply) {
        // If making the reply panics, the promise is broken.
        let reply = reply.into_reply();
        let this = ManuallyDrop::new(self);
        hand_over(reply, |reply| {
            // SAFETY: it is ours, and given back here.
            unsafe { (this.host().responder_answer)(this.raw.as_ptr(), reply) };
        });
    }

    fn host(&self) -> &'static abi::Host {
        // SAFETY: it is valid as long as this is, and the table for ever.
        unsafe { &*self.raw.as_ref().host }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        // SAFETY: it is ours, and given back here.
        unsafe { (self.host().responder_drop)(self.raw.as_ptr()) };
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder")
    }
}
