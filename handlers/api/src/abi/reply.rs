//! Answers on their way across, and failures.

use std::ffi::c_void;

use super::{Bytes, Text, Waker};

/// An answer. Whoever takes it copies the texts, and owns the body from then on.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// The status, from 200 to 599.
    pub status: u32,
    /// What it was made from, as RESPONSE wants to know: one of the `ORIGIN_…` numbers.
    pub origin: u32,
    /// The media type; none if its data is null.
    pub content_type: Text,
    /// The other header fields.
    pub headers: *const Header,
    /// How many there are.
    pub header_count: usize,
    /// What the log should know of a failure; none if its data is null.
    pub failure: Text,
    /// The content.
    pub body: Body,
    /// [`IS_STATIC`] if the media type stays valid for ever, else 0. It is about the text that
    /// `content_type` has when the reply is handed over: who sets another one looks at this, too, or
    /// the program keeps a pointer to what is gone.
    pub flags: u32,
    /// Reserved, 0.
    pub reserved: u32,
}

/// A handler said how to answer.
pub const ORIGIN_EXPLICIT: u32 = 0;
/// A bare text.
pub const ORIGIN_TEXT: u32 = 1;
/// A bare value, as JSON.
pub const ORIGIN_JSON: u32 = 2;
/// Nothing at all.
pub const ORIGIN_NOTHING: u32 = 3;
/// A panic; `failure` has its words.
pub const ORIGIN_PANIC: u32 = 4;

/// A header field.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Its name.
    pub name: Text,
    /// Its value.
    pub value: Text,
    /// [`IS_STATIC`] if both stay valid for ever, else 0.
    pub flags: u32,
    /// Reserved, 0.
    pub reserved: u32,
}

/// The texts stay valid for ever: they are part of the program or of a library, which is never
/// unloaded.
pub const IS_STATIC: u32 = 1;

/// The content of an answer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// Which of the others counts: one of the `BODY_…` numbers.
    pub kind: u32,
    /// Reserved, 0.
    pub reserved: u32,
    /// The bytes of [`BODY_STATIC`], [`BODY_COPY`] and [`BODY_OWNED`]; the message of
    /// [`BODY_PROBLEM`].
    pub buffer: Buffer,
    /// The pieces of [`BODY_STREAM`].
    pub stream: Stream,
}

/// No content.
pub const BODY_EMPTY: u32 = 0;
/// Bytes that stay valid for ever.
pub const BODY_STATIC: u32 = 1;
/// Bytes that are to be copied.
pub const BODY_COPY: u32 = 2;
/// Bytes that change hands, with their `release`.
pub const BODY_OWNED: u32 = 3;
/// A failure: its message in UTF-8, told as `{"error": …, "id": …}`; it is copied.
pub const BODY_PROBLEM: u32 = 4;
/// Content that comes piece by piece.
pub const BODY_STREAM: u32 = 5;

/// Bytes that belong to whoever holds this.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    /// The first byte.
    pub data: *mut u8,
    /// How many bytes there are.
    pub length: usize,
    /// For `release`.
    pub capacity: usize,
    /// Frees the bytes; may be called on any thread. Null if nothing is to be freed. Whoever passes
    /// a buffer on that has one, such as a wrapper, leaves `data` and `capacity` as they are.
    pub release: Option<unsafe extern "C" fn(data: *mut u8, length: usize, capacity: usize)>,
}

/// Content that comes piece by piece.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// Handed to the functions.
    pub data: *mut c_void,
    /// The next piece: one of the `STREAM_…` numbers. With [`STREAM_PIECE`] the buffer is filled
    /// in, with [`STREAM_FAILED`] it has the reason as text; an empty one is a cut that is wanted,
    /// and not logged as a failure. It is called on the loop's thread, perhaps when the module is
    /// closed already, which a task that it spawns does not hold open either.
    pub poll: Option<
        unsafe extern "C" fn(data: *mut c_void, waker: *const Waker, piece: *mut Buffer) -> u32,
    >,
    /// Called once, at the end or before it, on any thread.
    pub drop: Option<unsafe extern "C" fn(data: *mut c_void)>,
    /// How many bytes there will be in all, if `has_length`.
    pub length: u64,
    /// 1 if the length is known, else 0.
    pub has_length: u32,
    /// Reserved, 0.
    pub reserved: u32,
}

/// Nothing yet; the waker will be woken.
pub const STREAM_PENDING: u32 = 0;
/// A piece.
pub const STREAM_PIECE: u32 = 1;
/// There are no more.
pub const STREAM_END: u32 = 2;
/// There should be more, and cannot be.
pub const STREAM_FAILED: u32 = 3;

/// Where an answer goes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Takes the answer: [`TAKEN`], or [`ANSWERED_ALREADY`] of a second one. The body has changed
    /// hands in both cases.
    pub take: unsafe extern "C" fn(answer: *mut Answer, reply: *mut Reply) -> u32,
}

/// The answer is on its way.
pub const TAKEN: u32 = 0;
/// There was an answer before; this one is dropped, and the log is told.
pub const ANSWERED_ALREADY: u32 = 1;

/// Why something could not be done.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// The status for a peer, from 400 to 599.
    pub status: u32,
    /// 1 if it was a panic, else 0.
    pub is_panic: u32,
    /// What a peer may know.
    pub message: Text,
    /// What only the log may know; none if its data is null.
    pub detail: Text,
}

/// Where a failure goes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Takes the failure; the first one counts. Its texts are copied.
    pub fail: unsafe extern "C" fn(report: *mut Report, failure: *const Failure),
}

impl Buffer {
    /// No bytes.
    pub const EMPTY: Buffer = Buffer {
        data: std::ptr::null_mut(),
        length: 0,
        capacity: 0,
        release: None,
    };

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        Bytes {
            data: self.data,
            length: self.length,
        }
    }
}

impl Stream {
    /// No pieces.
    pub const NONE: Stream = Stream {
        data: std::ptr::null_mut(),
        poll: None,
        drop: None,
        length: 0,
        has_length: 0,
        reserved: 0,
    };
}
