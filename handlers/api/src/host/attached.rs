//! What functions leave at a request, on the side of the program.

use std::cell::{OnceCell, RefCell};
use std::ffi::c_void;
use std::ptr;
use std::rc::{Rc, Weak};

use super::opened::Opened;

/// Drops a value of the other side.
pub(super) type DropValue = unsafe extern "C" fn(value: *mut c_void);

type Values = RefCell<Vec<Attachment>>;

thread_local! {
    /// Where there are, or were, values: a request may be kept longer than the module that has left
    /// something at it.
    static PLACES: RefCell<Vec<Weak<Values>>> = const { RefCell::new(Vec::new()) };
}

/// Values by key.
#[derive(Default)]
pub(crate) struct Attached {
    values: OnceCell<Rc<Values>>,
}

/// One value, which is dropped with this.
pub(super) struct Attachment {
    key: *const c_void,
    value: *mut c_void,
    drop: Option<DropValue>,
    /// The module that has left it, or null.
    owner: *const Opened,
}

impl Attachment {
    /// A value that the module leaves which is being called.
    pub(super) fn new(
        key: *const c_void,
        value: *mut c_void,
        drop: Option<DropValue>,
    ) -> Attachment {
        Attachment {
            key,
            value,
            drop,
            owner: Opened::current(),
        }
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
    pub(super) fn replace(&self, attachment: Attachment) -> Option<Attachment> {
        let mut values = self.values.get_or_init(place).borrow_mut();
        let is_same = |known: &&mut Attachment| ptr::eq(known.key, attachment.key);
        match values.iter_mut().find(is_same) {
            Some(known) => Some(std::mem::replace(known, attachment)),
            None => {
                values.push(attachment);
                None
            }
        }
    }

    /// The value under this key, or null.
    pub(super) fn find(&self, key: *const c_void) -> *mut c_void {
        let Some(values) = self.values.get() else {
            return ptr::null_mut();
        };
        let values = values.borrow();
        let known = values.iter().find(|known| ptr::eq(known.key, key));
        known.map_or(ptr::null_mut(), |known| known.value)
    }

    /// Drops all values, and keeps their room.
    pub(crate) fn clear(&self) {
        if let Some(values) = self.values.get() {
            // A `drop` is foreign code, so nothing is borrowed meanwhile.
            let mut dropped = values.take();
            dropped.clear();
            values.replace(dropped);
        }
    }
}

/// Drops what a module has left at requests that somebody still keeps: it is about to be closed.
pub(super) fn let_go(owner: *const Opened) {
    // A thread that ends has no places any more, and nobody who looks into them.
    let places = PLACES.try_with(|places| {
        let places = places.borrow();
        places.iter().filter_map(Weak::upgrade).collect::<Vec<_>>()
    });
    let mut left = Vec::new();
    for values in places.iter().flatten() {
        let is_theirs = |value: &mut Attachment| ptr::eq(value.owner, owner);
        left.extend(values.borrow_mut().extract_if(.., is_theirs));
    }
}

/// A new place for values.
fn place() -> Rc<Values> {
    let values = Rc::default();
    let _ = PLACES.try_with(|places| {
        let mut places = places.borrow_mut();
        if places.len() == places.capacity() {
            places.retain(|place| place.strong_count() > 0);
        }
        places.push(Rc::downgrade(&values));
    });
    values
}
