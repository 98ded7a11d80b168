//! A module that is open: its state, and what holds it open.

use std::cell::Cell;
use std::ffi::c_void;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{Descriptor, HOST, attached};
use crate::border::failure;
use crate::{Config, Error};

/// A module with its state, which is closed when nothing uses it any more.
pub(super) struct Opened {
    state: Cell<*mut c_void>,
    /// Whether it is to be closed.
    is_open: Cell<bool>,
    descriptor: Descriptor,
}

impl Opened {
    /// The one that is being called on this thread, or null.
    pub(super) fn current() -> *const Opened {
        CURRENT.get()
    }

    /// Opens a module.
    ///
    /// # Errors
    ///
    /// If the module says that it cannot be opened.
    pub(super) fn open(descriptor: Descriptor, config: &Config) -> Result<Rc<Opened>, Error> {
        let opened = Rc::new(Opened {
            state: Cell::new(ptr::null_mut()),
            is_open: Cell::new(false),
            descriptor,
        });
        opened.make_state(config)?;
        Ok(opened)
    }

    /// What the module's functions get of it.
    pub(super) fn state(&self) -> *mut c_void {
        self.state.get()
    }

    fn make_state(self: &Rc<Self>, config: &Config) -> Result<(), Error> {
        let Some(open) = self.descriptor.raw().open else {
            return Ok(());
        };
        // What it spawns holds it open.
        let _calling = Calling::begin(self);
        let (mut slot, mut state) = (failure::Slot::new(), ptr::null_mut());
        // SAFETY: the descriptor says that this is its function; what is lent lives long enough.
        let is_open = unsafe {
            open(
                self.descriptor.raw().data,
                &raw const HOST,
                config.as_raw(),
                &raw mut state,
                slot.report(),
            )
        };
        self.state.set(state);
        self.is_open.set(is_open != 0);
        slot.result()?;
        match is_open {
            0 => Err(Error::internal("it did not open and does not say why")),
            _ => Ok(()),
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        attached::let_go(self);
        if let Some(close) = self.descriptor.raw().close.filter(|_| self.is_open.get()) {
            // SAFETY: the state was opened, and is closed once.
            unsafe { close(self.state.get()) };
        }
    }
}

thread_local! {
    /// The module that is being called on this thread.
    static CURRENT: Cell<*const Opened> = const { Cell::new(ptr::null()) };
}

/// Holds a module open for what goes on in it.
#[derive(Clone)]
pub(super) struct InUse(Option<Rc<Opened>>);

impl InUse {
    /// That of the call which is being made.
    pub(super) fn current() -> InUse {
        let current = Opened::current();
        InUse(match current.is_null() {
            true => None,
            // SAFETY: `Calling` has it from an `Rc` that is held during the call.
            false => Some(unsafe {
                Rc::increment_strong_count(current);
                Rc::from_raw(current)
            }),
        })
    }

    /// As long as this is held.
    pub(super) fn of(opened: &Rc<Opened>) -> InUse {
        InUse(Some(Rc::clone(opened)))
    }

    /// Polls a future of the module.
    pub(super) fn poll<F: Future + Unpin>(self, future: F) -> Going<F> {
        Going {
            future: Some(future),
            in_use: self,
        }
    }
}

/// A future of a module, which is open as long as it goes on.
pub(super) struct Going<F> {
    /// Gone once it is dropped.
    future: Option<F>,
    in_use: InUse,
}

impl<F: Future + Unpin> Future for Going<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _calling = self.in_use.0.as_ref().map(Calling::begin);
        // The guard borrows nothing of `self`.
        let future = self
            .future
            .as_mut()
            .expect("it is there until it is dropped");
        Pin::new(future).poll(context)
    }
}

impl<F> Drop for Going<F> {
    fn drop(&mut self) {
        // What the module does in a `drop` is its own, too: what it spawns there keeps it open.
        let _calling = self.in_use.0.as_ref().map(Calling::begin);
        self.future = None;
    }
}

/// The span of time in which a module is called.
pub(super) struct Calling {
    previous: *const Opened,
}

impl Calling {
    /// Begins to call it.
    pub(super) fn begin(opened: &Rc<Opened>) -> Calling {
        Calling {
            previous: CURRENT.replace(Rc::as_ptr(opened)),
        }
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}
