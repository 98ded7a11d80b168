//! The way in: what the program calls when it calls a function of a module written in Rust.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::rc::Rc;

use super::{answer, contain, contain_drop, failure, here, text, value};
use crate::abi;
use crate::handler::{Begun, IntoHandler, IntoJob, IntoTurn, IntoType, IntoWrapper};
use crate::transform::IntoTransform;
use crate::{Config, Error, Next, Request};

/// A function of a module. What captures nothing is nowhere; what captures something is counted.
#[doc(hidden)]
pub struct Shared<F> {
    data: *const F,
    // It drops what it points to.
    function: PhantomData<Rc<F>>,
}

impl<F> Shared<F> {
    const IS_NOWHERE: bool = size_of::<F>() == 0;

    /// The `data` of a function that captures nothing.
    pub(crate) const NOWHERE: *const c_void = std::ptr::without_provenance(align_of::<F>());

    /// The function behind this `data`, held once more.
    ///
    /// # Safety
    ///
    /// The `data` must be [`NOWHERE`](Shared::NOWHERE), and an `F` that captures nothing must have
    /// been given away for it; or it must come from `Rc::into_raw`.
    unsafe fn retain(data: *const c_void) -> Shared<F> {
        let data = data.cast::<F>();
        if !Shared::<F>::IS_NOWHERE {
            // SAFETY: the caller vouches for it.
            unsafe { Rc::increment_strong_count(data) };
        }
        Shared {
            data,
            function: PhantomData,
        }
    }
}

impl<F> Deref for Shared<F> {
    type Target = F;

    fn deref(&self) -> &F {
        // SAFETY: it is held; or it has no bytes, and `data` is aligned and not null.
        unsafe { &*self.data }
    }
}

impl<F> Clone for Shared<F> {
    fn clone(&self) -> Shared<F> {
        // SAFETY: this one was made so.
        unsafe { Shared::retain(self.data.cast()) }
    }
}

impl<F> Drop for Shared<F> {
    fn drop(&mut self) {
        if !Shared::<F>::IS_NOWHERE {
            // SAFETY: this holds it, once.
            unsafe { Rc::decrement_strong_count(self.data) };
        }
    }
}

/// The function and the state, as the program hands them in.
///
/// # Safety
///
/// `data` must be what [`Shared::retain`] takes, `state` what [`open`] has made.
unsafe fn read<S, F>(data: *const c_void, state: *mut c_void) -> (Shared<F>, ManuallyDrop<Rc<S>>) {
    // SAFETY: the caller vouches for both.
    unsafe {
        let state = Rc::from_raw(state.cast_const().cast::<S>());
        (Shared::retain(data), ManuallyDrop::new(state))
    }
}

/// Opens the state of a module.
pub(crate) unsafe extern "C" fn open<S, F, E>(
    data: *const c_void,
    host: *const abi::Host,
    config: *const abi::Config,
    state: *mut *mut c_void,
    report: *mut abi::Report,
) -> u32
where
    S: 'static,
    F: Fn(&Config) -> Result<S, E>,
    E: Into<Error>,
{
    // SAFETY: the program's table is valid for ever, the report during the call.
    if !unsafe { here::arrive(host, report) } {
        return 0;
    }
    // SAFETY: `data` was made for this function, and the settings are valid during the call.
    let (function, config) = unsafe { (Shared::<F>::retain(data), Config::retain(config)) };
    match contain(|| function(&config).map_err(Into::into)) {
        Ok(Ok(opened)) => {
            let opened = Rc::into_raw(Rc::new(opened));
            // SAFETY: the place for the state is valid.
            unsafe { state.write(opened.cast_mut().cast()) };
            return 1;
        }
        // SAFETY: so is the report.
        Ok(Err(error)) => unsafe { failure::report(report, &error) },
        // SAFETY: as above.
        Err(panic) => unsafe { failure::report_panic(report, &panic) },
    }
    0
}

/// Lets go of a state.
pub(crate) unsafe extern "C" fn close<S>(state: *mut c_void) {
    // SAFETY: `open` made it, and it is given back once.
    contain_drop(unsafe { Rc::from_raw(state.cast_const().cast::<S>()) });
}

pub(crate) unsafe extern "C" fn handler<S, F: IntoHandler<S, M>, M>(
    data: *const c_void,
    state: *mut c_void,
    request: *const abi::Request,
    answer: *mut abi::Answer,
    future: *mut abi::Future,
) -> u32 {
    // SAFETY: both were made for this function; the request is valid during the call.
    let ((function, state), request) =
        unsafe { (read::<S, F>(data, state), Request::retain(request)) };
    // SAFETY: the places for answer and future are valid.
    let ended = contain(|| unsafe { end(F::begin(&function, &state, request), answer, future) });
    // SAFETY: as above.
    ended.unwrap_or_else(|panic| unsafe { end_in_panic(panic, answer) })
}

pub(crate) unsafe extern "C" fn wrapper<S, F: IntoWrapper<S, M>, M>(
    data: *const c_void,
    state: *mut c_void,
    request: *const abi::Request,
    next: *mut abi::Next,
    answer: *mut abi::Answer,
    future: *mut abi::Future,
) -> u32 {
    // SAFETY: as in `handler`; `next` is ours.
    let ((function, state), request, next) = unsafe {
        (
            read::<S, F>(data, state),
            Request::retain(request),
            Next::from_raw(next),
        )
    };
    let begin = || F::begin(&function, &state, request, next);
    // SAFETY: as in `handler`.
    let ended = contain(|| unsafe { end(begin(), answer, future) });
    // SAFETY: as above.
    ended.unwrap_or_else(|panic| unsafe { end_in_panic(panic, answer) })
}

// It is called where a panic is contained, so that no reply has to be carried out of there.
#[inline]
unsafe fn end(begun: Begun, answer: *mut abi::Answer, future: *mut abi::Future) -> u32 {
    match begun {
        Begun::Ready(reply) => {
            // SAFETY: the caller vouches for both places.
            unsafe { answer::give(answer, reply) };
            abi::DONE
        }
        Begun::Pending(later) => {
            // SAFETY: as above.
            unsafe { future.write(later.0.into_raw()) };
            abi::PENDING
        }
    }
}

#[cold]
unsafe fn end_in_panic(panic: String, answer: *mut abi::Answer) -> u32 {
    // SAFETY: the caller vouches for the place.
    unsafe { answer::give_panic(answer, panic) };
    abi::DONE
}

pub(crate) unsafe extern "C" fn job<S, F: IntoJob<S, M>, M>(
    data: *const c_void,
    state: *mut c_void,
    config: *const abi::Config,
    report: *mut abi::Report,
    task: *mut abi::Task,
) -> u32 {
    // SAFETY: as in `handler`.
    let ((function, state), config) =
        unsafe { (read::<S, F>(data, state), Config::retain(config)) };
    match contain(|| F::begin(&function, &state, config)) {
        Ok(begun) => {
            // SAFETY: the place for the task is valid.
            unsafe { task.write(begun.0) };
            abi::PENDING
        }
        Err(panic) => {
            // SAFETY: so is the report.
            unsafe { failure::report_panic(report, &panic) };
            abi::DONE
        }
    }
}

pub(crate) unsafe extern "C" fn turn<S, F: IntoTurn<S, M>, M>(
    data: *const c_void,
    state: *mut c_void,
    report: *mut abi::Report,
) {
    // SAFETY: as in `handler`.
    let (function, state) = unsafe { read::<S, F>(data, state) };
    if let Err(panic) = contain(|| F::run(&function, &state)) {
        // SAFETY: the report is valid.
        unsafe { failure::report_panic(report, &panic) };
    }
}

pub(crate) unsafe extern "C" fn convert<S, F: IntoType<S, M>, M>(
    data: *const c_void,
    state: *mut c_void,
    text: abi::Text,
    sink: *mut abi::ValueSink,
) {
    // SAFETY: as in `handler`; the text is valid during the call.
    let ((function, state), text) = unsafe { (read::<S, F>(data, state), text::text(text)) };
    match contain(|| F::run(&function, &state, &text)) {
        // SAFETY: the sink is valid.
        Ok(result) => unsafe { value::give(sink, result) },
        // SAFETY: as above.
        Err(panic) => unsafe { ((*sink).fail)(sink, abi::Text::new(&panic)) },
    }
}

pub(crate) unsafe extern "C" fn transform<S, F: IntoTransform<S, M>, M>(
    data: *const c_void,
    state: *mut c_void,
    value: abi::Bytes,
    answer: *mut abi::Answer,
    future: *mut abi::Future,
) -> u32 {
    // SAFETY: as in `handler`; the value is valid during the call.
    let ((function, state), value) = unsafe { (read::<S, F>(data, state), text::bytes(value)) };
    // SAFETY: as in `handler`.
    let ended = contain(|| unsafe { end(F::begin(&function, &state, value), answer, future) });
    // SAFETY: as above.
    ended.unwrap_or_else(|panic| unsafe { end_in_panic(panic, answer) })
}
