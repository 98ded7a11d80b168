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

/// The text, if it is UTF-8.
///
/// # Safety
///
/// It must be valid, and not change, for `'a`.
pub(crate) unsafe fn find_text<'a>(text: Text) -> Option<&'a str> {
    let (data, length) = (text.data, text.length);
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

/// The things of an array.
///
/// # Safety
///
/// They must be valid, and not change, for `'a`.
pub(crate) unsafe fn slice<'a, T>(data: *const T, count: usize) -> &'a [T] {
    let most = isize::MAX as usize / size_of::<T>().max(1);
    if data.is_null() || count == 0 || count > most {
        return &[];
    }
    // SAFETY: not null; the caller vouches for the rest.
    unsafe { std::slice::from_raw_parts(data, count) }
}
