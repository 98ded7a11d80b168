//! Work that blocks, done by a helper thread of the program.

use std::ffi::c_void;

use super::contain_or;
use super::future::drop_boxed;
use crate::abi;

/// Work for the other side's helper thread.
pub(crate) fn export<F: FnOnce() + Send + 'static>(work: F) -> abi::Work {
    abi::Work {
        data: Box::into_raw(Box::new(Some(work))).cast(),
        run: Some(run::<F>),
        drop: Some(drop_boxed::<Option<F>>),
    }
}

unsafe extern "C" fn run<F: FnOnce()>(data: *mut c_void) {
    // SAFETY: it is what `export` put in a box, and nobody else uses it now.
    let work = unsafe { &mut *data.cast::<Option<F>>() };
    if let Some(work) = work.take() {
        contain_or((), "in blocking work", work);
    }
}

/// Work of the other side. It is dropped on any thread, run or not.
pub(crate) struct Imported(abi::Work);

// SAFETY: both functions may be called on any thread.
unsafe impl Send for Imported {}

impl Imported {
    /// Takes work over.
    ///
    /// # Safety
    ///
    /// It must be valid and nobody else's.
    pub(crate) unsafe fn new(raw: abi::Work) -> Imported {
        Imported(raw)
    }

    /// Does it.
    pub(crate) fn run(self) {
        match self.0.run {
            // SAFETY: it is ours, and run once.
            Some(run) => unsafe { run(self.0.data) },
            None => log::error!("there is blocking work without a function that does it"),
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
