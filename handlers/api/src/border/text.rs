//! Texts and bytes of the other side.

use std::borrow::Cow;

use crate::abi::{Bytes, Text};

/// The bytes.
///
/// # Safety
///
/// They must be valid, and not change, for `'a`.
pub(crate) unsafe fn bytes<'a>(bytes: Bytes) -> &'a [u8] {
    // SAFETY: the caller vouches for it.
    unsafe { slice(bytes.data, bytes.length) }
}

/// The text, if it is UTF-8 and not of an impossible length.
///
/// # Safety
///
/// It must be valid, and not change, for `'a`.
pub(crate) unsafe fn find_text<'a>(text: Text) -> Option<&'a str> {
    let (data, length) = (text.data, text.length);
    if !is_possible::<u8>(length) {
        return None;
    }
    // SAFETY: the caller vouches for it.
    std::str::from_utf8(unsafe { bytes(Bytes { data, length }) }).ok()
}

/// The text; what is not UTF-8 in it is replaced.
///
/// # Safety
///
/// It must be valid, and not change, for `'a`.
pub(crate) unsafe fn text<'a>(text: Text) -> Cow<'a, str> {
    let (data, length) = (text.data, text.length);
    // SAFETY: the caller vouches for it.
    String::from_utf8_lossy(unsafe { bytes(Bytes { data, length }) })
}

/// Whether memory can hold so many things: nothing in it takes more than `isize::MAX` bytes.
pub(crate) fn is_possible<T>(count: usize) -> bool {
    count <= isize::MAX as usize / size_of::<T>().max(1)
}

/// The things of an array; none if there cannot be so many.
///
/// # Safety
///
/// They must be valid, and not change, for `'a`.
pub(crate) unsafe fn slice<'a, T>(data: *const T, count: usize) -> &'a [T] {
    if data.is_null() || count == 0 || !is_possible::<T>(count) {
        return &[];
    }
    // SAFETY: not null; the caller vouches for the rest.
    unsafe { std::slice::from_raw_parts(data, count) }
}
