//! What functions leave at a request, on the side of the program.

use std::ffi::c_void;
use std::ptr;

/// Drops a value of the other side.
pub(super) type DropValue = unsafe extern "C" fn(value: *mut c_void);

/// Values by key.
#[derive(Default)]
pub(crate) struct Attached {
    values: Vec<Attachment>,
}

/// One value, which is dropped with this.
pub(super) struct Attachment {
    key: *const c_void,
    value: *mut c_void,
    drop: Option<DropValue>,
}

impl Attachment {
    pub(super) fn new(
        key: *const c_void,
        value: *mut c_void,
        drop: Option<DropValue>,
    ) -> Attachment {
        Attachment { key, value, drop }
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if let Some(drop) = self.drop {
            // SAFETY: whoever left the value said how to drop it; it is dropped once.
            unsafe { drop(self.value) };
        }
    }
}

impl Attached {
    /// Adds a value, and gives back the one that was under its key before.
    pub(super) fn replace(&mut self, attachment: Attachment) -> Option<Attachment> {
        let is_same = |known: &&mut Attachment| ptr::eq(known.key, attachment.key);
        match self.values.iter_mut().find(is_same) {
            Some(known) => Some(std::mem::replace(known, attachment)),
            None => {
                self.values.push(attachment);
                None
            }
        }
    }

    /// The value under this key, or null.
    pub(super) fn find(&self, key: *const c_void) -> *mut c_void {
        let known = self.values.iter().find(|known| ptr::eq(known.key, key));
        known.map_or(ptr::null_mut(), |known| known.value)
    }

    /// Drops all values.
    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }
}
