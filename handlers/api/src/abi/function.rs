//! What a module says of its functions.

use std::ffi::c_void;

use super::{Answer, Bytes, Config, Future, Next, Report, Request, Task, Text, ValueSink};

/// One function of a module.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Function {
    /// Its name, behind the module's in a definition.
    pub name: Text,
    /// What it does, in a line; may be empty.
    pub summary: Text,
    /// What it is for: one of the `KIND_…` numbers.
    pub kind: u32,
    /// [`PARAMETERS_DECLARED`], or 0.
    pub flags: u32,
    /// The arguments that it reads.
    pub parameters: *const Parameter,
    /// How many there are.
    pub parameter_count: usize,
    /// Handed to it first.
    pub data: *const c_void,
    /// The function itself, by its kind.
    pub call: FunctionPointer,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Function of kind {}", self.kind)
    }
}

/// Answers requests: GET, POST and so on.
pub const KIND_HANDLER: u32 = 1;
/// Stands around handlers: WRAP.
pub const KIND_WRAPPER: u32 = 2;
/// Runs beside the service, or at its start or end: TASK, SETUP, TEARDOWN.
pub const KIND_JOB: u32 = 3;
/// Runs once a turn of the loop: USER.
pub const KIND_TURN: u32 = 4;
/// Converts arguments: ARG and CONTENT.
pub const KIND_CONVERT: u32 = 5;
/// Makes a value of a value: `code`, `setup` and `wrapper` of CONNECTION and RESOURCE, `code` of
/// HEADER.
pub const KIND_TRANSFORM: u32 = 6;

/// In [`Function::flags`]: the function reads the arguments that it lists and no others, so that a
/// definition can be checked against the list.
pub const PARAMETERS_DECLARED: u32 = 1;

/// An argument that a function reads.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name: that of a group of the path or of a CONTENT line.
    pub name: Text,
    /// What it must be able to be read as: one of the `TYPE_…` numbers.
    pub kind: u32,
    /// 1 if the function cannot do without it, else 0.
    pub is_required: u32,
}

/// Whatever it is.
pub const TYPE_ANY: u32 = 0;
/// Text.
pub const TYPE_TEXT: u32 = 1;
/// A whole number.
pub const TYPE_INT: u32 = 2;
/// A number.
pub const TYPE_FLOAT: u32 = 3;
/// True or false.
pub const TYPE_BOOL: u32 = 4;

/// A function, by its kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub union FunctionPointer {
    /// Of [`KIND_HANDLER`].
    pub handler: Handler,
    /// Of [`KIND_WRAPPER`].
    pub wrapper: Wrapper,
    /// Of [`KIND_JOB`].
    pub job: Job,
    /// Of [`KIND_TURN`].
    pub turn: Turn,
    /// Of [`KIND_CONVERT`].
    pub convert: Convert,
    /// Of [`KIND_TRANSFORM`].
    pub transform: Transform,
    /// Null, if somebody forgot it.
    pub address: *const c_void,
}

/// Answers a request. [`DONE`](super::DONE): it has given its answer, or promised it with
/// [`Host::request_delay`](super::Host::request_delay). [`PENDING`](super::PENDING): it has filled
/// in the future, which will answer.
pub type Handler = unsafe extern "C" fn(
    data: *const c_void,
    state: *mut c_void,
    request: *const Request,
    answer: *mut Answer,
    future: *mut Future,
) -> u32;

/// As [`Handler`]; the wrapper owns `next`, and must hand it to
/// [`Host::next_run`](super::Host::next_run) or [`Host::next_drop`](super::Host::next_drop), once:
/// nobody else lets go of it.
pub type Wrapper = unsafe extern "C" fn(
    data: *const c_void,
    state: *mut c_void,
    request: *const Request,
    next: *mut Next,
    answer: *mut Answer,
    future: *mut Future,
) -> u32;

/// Does something. [`DONE`](super::DONE): it is done, or has told the report why not.
/// [`PENDING`](super::PENDING): it has filled in the task, which will do it. Any other number is a
/// failure. A task that is filled in is run, also with [`DONE`](super::DONE).
pub type Job = unsafe extern "C" fn(
    data: *const c_void,
    state: *mut c_void,
    config: *const Config,
    report: *mut Report,
    task: *mut Task,
) -> u32;

/// Does something at once, and tells the report if it could not.
pub type Turn = unsafe extern "C" fn(data: *const c_void, state: *mut c_void, report: *mut Report);

/// Makes a value of a text, or tells why it is none.
pub type Convert =
    unsafe extern "C" fn(data: *const c_void, state: *mut c_void, text: Text, sink: *mut ValueSink);

/// Makes a value of a value, which is JSON, and empty if there is none; it is valid until the
/// function returns. What it makes is the content of its answer; an answer whose status is 400 or
/// more is a failure. As [`Handler`] in all else.
pub type Transform = unsafe extern "C" fn(
    data: *const c_void,
    state: *mut c_void,
    value: Bytes,
    answer: *mut Answer,
    future: *mut Future,
) -> u32;

// SAFETY: a descriptor and what it points to never change.
#[allow(unsafe_code, reason = "a static variable has to be Sync")]
unsafe impl Sync for Function {}
// SAFETY: as above.
#[allow(unsafe_code, reason = "a static variable has to be Sync")]
unsafe impl Sync for Parameter {}
