//! What a function sees of a request and of the configuration.

use super::{Host, Text};

/// A request. It is valid until the function returns that got it;
/// [`Host::request_retain`] keeps it longer. Nothing in it changes, and it belongs to the loop's
/// thread.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The functions for it.
    pub host: *const Host,
    /// The settings of the service.
    pub config: *const Config,
    /// The bytes of the message; places below are places in it.
    pub bytes: *const u8,
    /// How many bytes there are.
    pub length: usize,
    /// The header fields in the order in which they came.
    pub headers: *const Field,
    /// How many there are.
    pub header_count: usize,
    /// The arguments: groups of the path first, then CONTENT lines.
    pub arguments: *const Value,
    /// The names of the arguments.
    pub names: *const Text,
    /// How many arguments there are.
    pub argument_count: usize,
    /// The target as it was sent.
    pub target: Span,
    /// The path of the target, percent-encoded.
    pub path: Span,
    /// The query of the target without its `?`, percent-encoded.
    pub query: Span,
    /// The content, with any transfer coding undone.
    pub body: Span,
    /// The method: its place among GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, counted from 0.
    pub method: u32,
    /// Reserved, 0.
    pub reserved: u32,
    /// The identity of the request: 16 hexadecimal digits.
    pub id: [u8; 16],
}

/// A place in the bytes of a request.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: u32,
    /// Where it has ended.
    pub end: u32,
}

/// One header field.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Field {
    /// The field's name, in the case in which it was sent.
    pub name: Span,
    /// The field's value, without blanks around it.
    pub value: Span,
}

/// A value: that of an argument, or what a text was converted to.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// What it is: one of the `VALUE_…` numbers.
    pub kind: u32,
    /// Reserved for the program; 0 in a value that a module makes.
    pub owner: u32,
    /// The bits of a number: of an `int64_t`, `uint64_t` or `double`; 0 or 1; or the
    /// [`Span`], its start in the lower half.
    pub bits: u64,
    /// The text of [`VALUE_TEXT`] and [`VALUE_JSON`].
    pub text: Text,
}

/// It was not sent, need not be, and has no default.
pub const VALUE_ABSENT: u32 = 0;
/// JSON's null.
pub const VALUE_NULL: u32 = 1;
/// True or false.
pub const VALUE_BOOL: u32 = 2;
/// A whole number that an `int64_t` holds.
pub const VALUE_INT: u32 = 3;
/// A whole number beyond that, which a `uint64_t` holds.
pub const VALUE_UINT: u32 = 4;
/// Another number: finite.
pub const VALUE_FLOAT: u32 = 5;
/// Text that stands in the request's bytes just as it is.
pub const VALUE_SPAN: u32 = 6;
/// Other text.
pub const VALUE_TEXT: u32 = 7;
/// An array or object: its JSON.
pub const VALUE_JSON: u32 = 8;

/// Where a conversion leaves its result: one of its functions is called once.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ValueSink {
    /// Takes the value. The value's text is copied.
    pub take: unsafe extern "C" fn(sink: *mut ValueSink, value: *const Value),
    /// Takes the reason why there is none, which is told to the peer.
    pub refuse: unsafe extern "C" fn(sink: *mut ValueSink, reason: Text),
    /// Takes the reason why the conversion itself has failed: the peer gets a 500, the log the
    /// reason.
    pub fail: unsafe extern "C" fn(sink: *mut ValueSink, reason: Text),
}

/// The address of a peer.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Peer {
    /// 4 or 6.
    pub family: u32,
    /// The port.
    pub port: u32,
    /// The address in network order; of IPv4 the first 4 bytes.
    pub address: [u8; 16],
    /// The scope of an IPv6 address.
    pub scope: u32,
    /// The flow information of an IPv6 address.
    pub flow: u32,
}

/// The settings of a service: an object of whoever made it.
#[repr(C)]
#[derive(Debug)]
pub struct Config {
    /// The functions for it.
    pub host: *const Host,
}

/// What a wrapper wraps: an object of the program.
#[repr(C)]
#[derive(Debug)]
pub struct Next {
    /// The functions for it.
    pub host: *const Host,
}

/// An answer that was promised: an object of the program. Any thread may use it.
#[repr(C)]
#[derive(Debug)]
pub struct Responder {
    /// The functions for it.
    pub host: *const Host,
}
