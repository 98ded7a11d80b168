//! Failures on their way across.

use super::text;
use crate::Error;
use crate::abi::{Failure, Report, Text};

/// What a function told of its failure, if it did.
#[repr(C)]
pub(crate) struct Slot {
    report: Report,
    failure: Option<Told>,
}

/// A failure, and whether it is a panic.
pub(crate) struct Told {
    error: Error,
    is_panic: bool,
}

impl Slot {
    pub(crate) fn new() -> Slot {
        Slot {
            report: Report { fail },
            failure: None,
        }
    }

    /// Where the function reports to.
    pub(crate) fn report(&mut self) -> *mut Report {
        std::ptr::from_mut(self).cast()
    }

    /// Nothing, or what was told. A panic goes on on this side.
    pub(crate) fn result(self) -> Result<(), Error> {
        match self.failure {
            None => Ok(()),
            Some(Told {
                error,
                is_panic: false,
            }) => Err(error),
            Some(Told { error, .. }) => panic_on(error.message().to_owned()),
        }
    }
}

/// Goes on with a panic that has been on the other side, and was reported there.
pub(crate) fn panic_on(words: String) -> ! {
    std::panic::resume_unwind(Box::new(words))
}

unsafe extern "C" fn fail(report: *mut Report, failure: *const Failure) {
    // SAFETY: the report is the first field of a slot that `Slot::report` lent.
    let slot = unsafe { &mut *report.cast::<Slot>() };
    // SAFETY: the failure is valid during this call.
    let failure = unsafe { &*failure };
    // SAFETY: so are its texts.
    let (message, detail) = unsafe { (text::text(failure.message), text::text(failure.detail)) };
    let status = u16::try_from(failure.status).ok();
    let status = status.filter(|status| (400..600).contains(status));
    let error = Error::new(status.unwrap_or(500), message.into_owned());
    let error = match failure.detail.data.is_null() {
        true => error,
        false => error.with_detail(detail),
    };
    let is_panic = failure.is_panic != 0;
    slot.failure.get_or_insert(Told { error, is_panic });
}

/// Reports an error.
///
/// # Safety
///
/// The report must be valid.
pub(crate) unsafe fn report(report: *mut Report, error: &Error) {
    let failure = Failure {
        status: error.status().into(),
        is_panic: 0,
        message: Text::new(error.message()),
        detail: error.detail().map_or(Text::NONE, Text::new),
    };
    // SAFETY: the caller vouches for the report; the failure lives through the call.
    unsafe { ((*report).fail)(report, &raw const failure) };
}

/// Reports a panic.
///
/// # Safety
///
/// The report must be valid.
pub(crate) unsafe fn report_panic(report: *mut Report, words: &str) {
    let failure = Failure {
        status: 500,
        is_panic: 1,
        message: Text::new(words),
        detail: Text::NONE,
    };
    // SAFETY: as above.
    unsafe { ((*report).fail)(report, &raw const failure) };
}
