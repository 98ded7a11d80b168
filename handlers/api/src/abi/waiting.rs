//! What is not done at once: futures, tasks, blocking work, and how they are woken.

use std::ffi::c_void;

use super::{Answer, Report};

/// It is done.
pub const DONE: u32 = 0;
/// It is not done yet.
pub const PENDING: u32 = 1;

/// An answer in the making. Whoever polls it does so on the loop's thread.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Future {
    /// Handed to the functions.
    pub data: *mut c_void,
    /// Goes on: [`DONE`] when the answer has been given, or [`PENDING`], then the waker will be
    /// woken. It is not called again after [`DONE`].
    pub poll: Option<
        unsafe extern "C" fn(data: *mut c_void, waker: *const Waker, answer: *mut Answer) -> u32,
    >,
    /// Called once, when it is done or no longer wanted.
    pub drop: Option<unsafe extern "C" fn(data: *mut c_void)>,
}

/// Work in the making that answers nobody. As [`Future`], but for its report.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// Handed to the functions.
    pub data: *mut c_void,
    /// Goes on: [`DONE`] at its end, or [`PENDING`], then the waker will be woken.
    pub poll: Option<
        unsafe extern "C" fn(data: *mut c_void, waker: *const Waker, report: *mut Report) -> u32,
    >,
    /// Called once, when it is done or no longer wanted.
    pub drop: Option<unsafe extern "C" fn(data: *mut c_void)>,
}

impl Future {
    /// Nothing yet.
    pub const NONE: Future = Future {
        data: std::ptr::null_mut(),
        poll: None,
        drop: None,
    };
}

impl Task {
    /// Nothing yet.
    pub const NONE: Task = Task {
        data: std::ptr::null_mut(),
        poll: None,
        drop: None,
    };
}

/// Work that blocks, for a helper thread.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Handed to the functions.
    pub data: *mut c_void,
    /// Does it, on another thread. Null is a mistake, which the log tells.
    pub run: Option<unsafe extern "C" fn(data: *mut c_void)>,
    /// Called once, on any thread: behind `run`, or in its place if the service ends. May be
    /// null.
    pub drop: Option<unsafe extern "C" fn(data: *mut c_void)>,
}

/// Wakes what waits, from any thread.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Waker {
    /// For the functions of whoever made it.
    pub data: *const c_void,
    /// For the functions of whoever made it.
    pub extra: *const c_void,
    /// The functions.
    pub table: *const WakerTable,
}

/// The functions of a [`Waker`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WakerTable {
    /// Fills in another one that wakes the same, to be kept.
    pub clone: unsafe extern "C" fn(waker: *const Waker, clone: *mut Waker),
    /// Wakes. A clone is still to be dropped.
    pub wake: unsafe extern "C" fn(waker: *const Waker),
    /// Lets go of a clone.
    pub drop: unsafe extern "C" fn(waker: *const Waker),
}
