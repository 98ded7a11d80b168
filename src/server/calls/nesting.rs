//! Calls within calls: a function of a definition may call other services, but not without end.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;

use micro_api::{BoxFuture, CallErrorKind};

use super::failure::Failure;

/// How many calls may be made within each other. Each polls the next, so that they fill the stack.
const DEPTH_MAX: usize = 16;

/// How deep the calls are that are being polled.
#[derive(Clone, Default)]
pub(super) struct Nesting {
    depth: Rc<Cell<usize>>,
}

impl Nesting {
    /// Whether one more call may begin where we are.
    ///
    /// # Errors
    ///
    /// If there are too many around it.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.depth.get() < DEPTH_MAX {
            return Ok(());
        }
        let sentence = format!(
            "{DEPTH_MAX} calls are made within each other, by functions of `code`, `setup` or \
             `wrapper` that call without end"
        );
        Err(Failure::new(CallErrorKind::Setup, sentence))
    }

    /// A call, which those that are made while it is polled are within.
    pub(super) async fn around<T>(self, mut call: BoxFuture<T>) -> T {
        poll_fn(|context| {
            let _deeper = Deeper::new(&self.depth);
            call.as_mut().poll(context)
        })
        .await
    }
}

struct Deeper<'d>(&'d Cell<usize>);

impl Deeper<'_> {
    fn new(depth: &Cell<usize>) -> Deeper<'_> {
        depth.set(depth.get() + 1);
        Deeper(depth)
    }
}

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
