//! Bytes that belong to whoever holds them, and are freed by whoever made them.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;

use super::text;
use crate::abi::Buffer;
use crate::spare;

/// The content of an answer: made here, or on the other side of the border.
pub struct OwnedBytes {
    buffer: Buffer,
}

// SAFETY: nobody else holds the bytes, and `release` may be called on any thread.
unsafe impl Send for OwnedBytes {}
// SAFETY: the bytes do not change.
unsafe impl Sync for OwnedBytes {}

impl OwnedBytes {
    /// The bytes of a buffer that has changed hands.
    ///
    /// # Safety
    ///
    /// The buffer must be valid and nobody else's.
    pub(crate) unsafe fn from_raw(buffer: Buffer) -> OwnedBytes {
        OwnedBytes { buffer }
    }

    /// The bytes as a `Vec`: copied, if they were made on the other side.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        let is_ours = self
            .buffer
            .release
            .is_some_and(|theirs| std::ptr::fn_addr_eq(theirs, release as Release));
        if !is_ours {
            return self.to_vec();
        }
        let Buffer {
            data,
            length,
            capacity,
            ..
        } = self.into_raw();
        // SAFETY: our `release` is only in buffers that `from` made of a `Vec`.
        unsafe { Vec::from_raw_parts(data, length, capacity) }
    }

    /// Whether there can be so many. If not, there are none to be read.
    pub(crate) fn is_possible(&self) -> bool {
        text::is_possible::<u8>(self.buffer.length)
    }

    /// Hands the bytes over to whoever gets the buffer.
    pub(crate) fn into_raw(self) -> Buffer {
        ManuallyDrop::new(self).buffer
    }
}

impl From<Vec<u8>> for OwnedBytes {
    fn from(bytes: Vec<u8>) -> OwnedBytes {
        let mut bytes = ManuallyDrop::new(bytes);
        OwnedBytes {
            buffer: Buffer {
                data: bytes.as_mut_ptr(),
                length: bytes.len(),
                capacity: bytes.capacity(),
                release: Some(release),
            },
        }
    }
}

impl Deref for OwnedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the bytes are valid as long as this is.
        unsafe { text::bytes(self.buffer.bytes()) }
    }
}

impl Drop for OwnedBytes {
    fn drop(&mut self) {
        let Buffer {
            data,
            length,
            capacity,
            release,
        } = self.buffer;
        if let Some(release) = release {
            // SAFETY: the bytes are freed once, by whoever made them.
            unsafe { release(data, length, capacity) };
        }
    }
}

impl fmt::Debug for OwnedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

type Release = unsafe extern "C" fn(*mut u8, usize, usize);

/// Frees the bytes of a `Vec`, or keeps them for one of the next answers.
unsafe extern "C" fn release(data: *mut u8, length: usize, capacity: usize) {
    // SAFETY: these are the parts of the `Vec` that `from` took apart.
    spare::give_back(unsafe { Vec::from_raw_parts(data, length, capacity) });
}
