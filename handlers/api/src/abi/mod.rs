//! The border between the program and a module: structures of C, one version of them.
//!
//! `include/micro.h` says the same in C; a test compares the two. Everything that crosses the
//! border is one of these structures, whether a module is linked into the program or loaded from a
//! shared library. Plain data and no code; what makes the border safe is in `crate::border`.
//!
//! Three rules hold for all of it:
//!
//! - A text or a pointer that a function gets is valid until it returns, unless its line says more.
//! - Nobody frees what the other side has allocated: what changes hands brings its own `release`.
//! - Nothing unwinds across the border.

mod call;
mod function;
mod host;
mod reply;
mod request;
mod waiting;

use std::ffi::c_void;

pub use call::{CALL_STREAMS, Call};
pub use function::{
    Convert, Function, FunctionPointer, Handler, Job, KIND_CONVERT, KIND_HANDLER, KIND_JOB,
    KIND_TRANSFORM, KIND_TURN, KIND_WRAPPER, PARAMETERS_DECLARED, Parameter, TYPE_ANY, TYPE_BOOL,
    TYPE_FLOAT, TYPE_INT, TYPE_TEXT, Transform, Turn, Wrapper,
};
pub use host::Host;
pub use reply::{
    ANSWERED_ALREADY, Answer, BODY_COPY, BODY_EMPTY, BODY_OWNED, BODY_PROBLEM, BODY_STATIC,
    BODY_STREAM, Body, Buffer, Failure, Header, IS_STATIC, ORIGIN_EXPLICIT, ORIGIN_JSON,
    ORIGIN_NOTHING, ORIGIN_PANIC, ORIGIN_TEXT, Reply, Report, STREAM_END, STREAM_FAILED,
    STREAM_PENDING, STREAM_PIECE, Stream, TAKEN,
};
pub use request::{
    Config, Field, Next, Peer, Request, Responder, Span, VALUE_ABSENT, VALUE_BOOL, VALUE_FLOAT,
    VALUE_INT, VALUE_JSON, VALUE_NULL, VALUE_SPAN, VALUE_TEXT, VALUE_UINT, Value, ValueSink,
};
pub use waiting::{DONE, Future, PENDING, Task, Waker, WakerTable, Work};

/// The version of the border. Both sides must have the same one.
pub const VERSION: u32 = 2;

/// The symbol under which a library has its [`Module`].
pub const SYMBOL: &str = "micro_module";

/// The section that holds the [`Module`] of a library, for tools that look for one. The program looks
/// for the symbol, which it finds in the file without running any of the library's code.
pub const SECTION: &str = ".micro_module";

/// UTF-8 text, not ended by a NUL. `data` may be null if there is none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The first byte.
    pub data: *const u8,
    /// How many bytes there are.
    pub length: usize,
}

/// Bytes of any kind. `data` may be null if there are none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// The first byte.
    pub data: *const u8,
    /// How many bytes there are.
    pub length: usize,
}

impl Text {
    /// No text, which is not the same as an empty one where a line says so.
    pub const NONE: Text = Text {
        data: std::ptr::null(),
        length: 0,
    };

    /// This text, for as long as it lives.
    #[must_use]
    pub const fn new(text: &str) -> Text {
        Text {
            data: text.as_ptr(),
            length: text.len(),
        }
    }
}

impl Bytes {
    /// These bytes, for as long as they live.
    #[must_use]
    pub const fn new(bytes: &[u8]) -> Bytes {
        Bytes {
            data: bytes.as_ptr(),
            length: bytes.len(),
        }
    }
}

/// What a library has to say of itself: the static variable `micro_module`.
///
/// The first seven numbers are compared before anything else of it is read.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// [`VERSION`].
    pub abi_version: u32,
    /// The size of this structure.
    pub module_size: u32,
    /// The size of [`Function`].
    pub function_size: u32,
    /// The size of [`Parameter`].
    pub parameter_size: u32,
    /// The size of [`Request`].
    pub request_size: u32,
    /// The size of [`Reply`].
    pub reply_size: u32,
    /// The size of [`Host`].
    pub host_size: u32,
    /// [`PANIC_ABORTS`], or 0.
    pub flags: u32,
    /// The name under which definitions find it.
    pub name: Text,
    /// The module's own version.
    pub version: Text,
    /// Its functions.
    pub functions: *const Function,
    /// How many there are.
    pub function_count: usize,
    /// For `open`.
    pub data: *const c_void,
    /// Called once for each service, before any other function: makes the state that the others
    /// get. What it tells the report is why the service does not start. May be null.
    pub open: Option<Open>,
    /// Called once with each state, when nothing uses it any more; only if there is an `open`, and
    /// it gave 1. May be null.
    pub close: Option<Close>,
}

/// See [`Module::open`]. Gives 1 if it has opened, else 0. `host` is valid for ever.
pub type Open = unsafe extern "C" fn(
    data: *const c_void,
    host: *const Host,
    config: *const Config,
    state: *mut *mut c_void,
    report: *mut Report,
) -> u32;

/// See [`Module::close`].
pub type Close = unsafe extern "C" fn(state: *mut c_void);

/// In [`Module::flags`]: a panic in this module would end the process. Such a module is refused.
pub const PANIC_ABORTS: u32 = 1;

impl Module {
    /// The sizes that this side has, in the order of the structure.
    pub const SIZES: [(&str, u32); 6] = [
        ("MicroModule", size_of::<Module>() as u32),
        ("MicroFunction", size_of::<Function>() as u32),
        ("MicroParameter", size_of::<Parameter>() as u32),
        ("MicroRequest", size_of::<Request>() as u32),
        ("MicroReply", size_of::<Reply>() as u32),
        ("MicroHost", size_of::<Host>() as u32),
    ];
}

// SAFETY: a descriptor and what it points to never change.
#[allow(unsafe_code, reason = "a static variable has to be Sync")]
unsafe impl Sync for Module {}
