//! The functions of a module that is open, as the program calls them.

use std::rc::Rc;

use super::opened::{Calling, InUse, Opened};
use super::{Function, Later, Outcome};
use crate::abi::{self, Bytes, Text};
use crate::border::{answer, failure, future, task, value};
use crate::info::Kind;

/// One function of a module that is open.
struct Bound {
    opened: Rc<Opened>,
    function: abi::Function,
}

/// The function, bound to the state of its module; none if it is of no kind that there is.
pub(super) fn bind(opened: &Rc<Opened>, function: abi::Function) -> Option<Function> {
    let bound = Bound {
        opened: Rc::clone(opened),
        function,
    };
    let call = function.call;
    // SAFETY: the kind says which function it is; that is checked before a module is used.
    Some(unsafe {
        match Kind::find(function.kind)? {
            Kind::Handler => bound.handler(call.handler),
            Kind::Wrapper => bound.wrapper(call.wrapper),
            Kind::Job => bound.job(call.job),
            Kind::Turn => bound.turn(call.turn),
            Kind::Type => bound.convert(call.convert),
            Kind::Transform => bound.transform(call.transform),
        }
    })
}

// SAFETY, of every call below: the descriptor vouches for the function, its `data` and the state
// that it has opened; what is lent lives through the call.
impl Bound {
    fn handler(self, call: abi::Handler) -> Function {
        Function::Handler(Rc::new(move |request| {
            let (data, state) = (self.function.data, self.opened.state());
            self.outcome(|answer, future| {
                // SAFETY: see above.
                unsafe { call(data, state, request.as_raw(), answer, future) }
            })
        }))
    }

    fn wrapper(self, call: abi::Wrapper) -> Function {
        Function::Wrapper(Rc::new(move |request, next| {
            let (data, state) = (self.function.data, self.opened.state());
            let next = next.into_raw();
            self.outcome(|answer, future| {
                // SAFETY: see above.
                unsafe { call(data, state, request.as_raw(), next, answer, future) }
            })
        }))
    }

    /// Calls a handler, a wrapper or a transform, which answers or fills in a future.
    #[inline]
    fn outcome(&self, call: impl FnOnce(*mut abi::Answer, *mut abi::Future) -> u32) -> Outcome {
        let _calling = Calling::begin(&self.opened);
        let (mut slot, mut future) = (answer::Slot::new(), abi::Future::NONE);
        let progress = call(slot.answer(), &raw mut future);
        let has_future = future.poll.is_some() || future.drop.is_some();
        // SAFETY: the function has filled it in, or it is none.
        let future = unsafe { future::Imported::new(future) };
        match slot.take() {
            Some(reply) => Outcome::Ready(reply),
            None if progress == abi::PENDING || has_future => {
                let in_use = InUse::of(&self.opened);
                Outcome::Pending(Later::of_module(in_use.poll(future)))
            }
            None => Outcome::Ready(slot.expect()),
        }
    }

    fn job(self, call: abi::Job) -> Function {
        Function::Job(Rc::new(move |config| {
            let _calling = Calling::begin(&self.opened);
            let (mut slot, mut task) = (failure::Slot::new(), abi::Task::NONE);
            // SAFETY: see above.
            let progress = unsafe {
                call(
                    self.function.data,
                    self.opened.state(),
                    config.as_raw(),
                    slot.report(),
                    &raw mut task,
                )
            };
            let has_task = task.poll.is_some();
            // SAFETY: the function has filled it in, or it is none.
            let task = unsafe { task::Imported::new(task) };
            // Also a task that is never polled is dropped before the module may be closed.
            let task = InUse::of(&self.opened).poll(task);
            Box::pin(async move {
                slot.result()?;
                match progress {
                    abi::DONE if !has_task => Ok(()),
                    abi::DONE | abi::PENDING => task.await,
                    unknown => Err(task::neither(unknown)),
                }
            })
        }))
    }

    fn turn(self, call: abi::Turn) -> Function {
        Function::Turn(Rc::new(move || {
            let _calling = Calling::begin(&self.opened);
            let mut slot = failure::Slot::new();
            // SAFETY: see above.
            unsafe { call(self.function.data, self.opened.state(), slot.report()) };
            slot.result()
        }))
    }

    fn convert(self, call: abi::Convert) -> Function {
        Function::Type(Rc::new(move |text| {
            let _calling = Calling::begin(&self.opened);
            let mut slot = value::Slot::new();
            let (state, text) = (self.opened.state(), Text::new(text));
            // SAFETY: see above.
            unsafe { call(self.function.data, state, text, slot.sink()) };
            slot.result()
        }))
    }

    fn transform(self, call: abi::Transform) -> Function {
        Function::Transform(Rc::new(move |value| {
            let (data, state) = (self.function.data, self.opened.state());
            let value = Bytes::new(value.unwrap_or_default());
            self.outcome(|answer, future| {
                // SAFETY: see above.
                unsafe { call(data, state, value, answer, future) }
            })
        }))
    }
}
