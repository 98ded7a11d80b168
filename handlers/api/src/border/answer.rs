//! Where a function leaves its answer.

use super::failure::panic_on;
use super::{contain_drop, reply};
use crate::abi::{self, Answer};
use crate::{Error, IntoReply, Reply};

/// The place for one answer, lent to the function that makes it.
#[repr(C)]
pub(crate) struct Slot {
    answer: Answer,
    reply: Option<Reply>,
    panic: Option<String>,
}

impl Slot {
    pub(crate) fn new() -> Slot {
        Slot {
            answer: Answer { take },
            reply: None,
            panic: None,
        }
    }

    /// Where the function answers to.
    pub(crate) fn answer(&mut self) -> *mut Answer {
        std::ptr::from_mut(self).cast()
    }

    /// The answer, if it has been given. A panic goes on on this side.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Reply> {
        match self.panic.take() {
            Some(words) => panic_on(words),
            None => self.reply.take(),
        }
    }

    /// The answer of a function that says that it is done. It may have promised one instead.
    pub(crate) fn expect(&mut self) -> Reply {
        self.take().unwrap_or_else(|| {
            Error::internal("the handler is done without an answer").into_reply()
        })
    }
}

unsafe extern "C" fn take(answer: *mut Answer, raw: *mut abi::Reply) -> u32 {
    // SAFETY: the answer is the first field of a slot that `Slot::answer` lent.
    let slot = unsafe { &mut *answer.cast::<Slot>() };
    // SAFETY: the reply is valid during this call.
    let is_usual = unsafe { (*raw).origin } != abi::ORIGIN_PANIC;
    if is_usual && slot.reply.is_none() && slot.panic.is_none() {
        // SAFETY: as above.
        slot.reply = Some(unsafe { reply::take_over(raw) });
        return abi::TAKEN;
    }
    // SAFETY: as above.
    take_unusual(slot, unsafe { reply::take_over(raw) }, is_usual)
}

#[cold]
fn take_unusual(slot: &mut Slot, reply: Reply, is_usual: bool) -> u32 {
    if slot.reply.is_some() || slot.panic.is_some() {
        log::error!("a handler has answered twice; its second answer is left aside");
        contain_drop(reply);
        return abi::ANSWERED_ALREADY;
    }
    match is_usual {
        true => slot.reply = Some(reply),
        false => slot.panic = Some(reply.failure.unwrap_or_default()),
    }
    abi::TAKEN
}

/// Gives an answer.
///
/// # Safety
///
/// The place for it must be valid.
#[inline]
pub(crate) unsafe fn give(answer: *mut Answer, reply: Reply) {
    reply::hand_over(reply, |raw| {
        // SAFETY: the caller vouches for the answer; the reply lives through the call.
        unsafe { ((*answer).take)(answer, raw) };
    });
}

/// Says that there was a panic instead of an answer.
///
/// # Safety
///
/// The place for the answer must be valid.
pub(crate) unsafe fn give_panic(answer: *mut Answer, words: String) {
    let reply = Reply {
        failure: Some(words),
        ..Reply::status(500)
    };
    reply::hand_over(reply, |raw| {
        // SAFETY: as above.
        unsafe {
            (*raw).origin = abi::ORIGIN_PANIC;
            ((*answer).take)(answer, raw);
        }
    });
}
