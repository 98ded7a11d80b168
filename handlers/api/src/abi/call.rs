//! A call of another service, as a module asks for it.

use super::{Bytes, Text};

/// A call of a RESOURCE of a CONNECTION. All of it is copied before the call returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The name of the CONNECTION.
    pub connection: Text,
    /// The name of the RESOURCE in it.
    pub resource: Text,
    /// Arguments by position: a JSON array, or nothing.
    pub arguments: Bytes,
    /// Arguments by name: a JSON object, or nothing.
    pub named: Bytes,
    /// The identity of the request on whose behalf it is made; none if its data is null.
    pub id: Text,
    /// [`CALL_STREAMS`], or 0.
    pub flags: u32,
    /// Reserved, 0.
    pub reserved: u32,
}

/// In [`Call::flags`]: the content of the answer is wanted piece by piece, as
/// [`BODY_STREAM`](super::BODY_STREAM).
pub const CALL_STREAMS: u32 = 1;
