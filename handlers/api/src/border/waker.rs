//! Wakers on their way across, in both directions.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::task::{RawWaker, RawWakerVTable, Waker};

use crate::abi;

/// The functions for wakers of this side: `data` and `extra` are the two halves of a [`Waker`].
static TABLE: abi::WakerTable = abi::WakerTable {
    clone: clone_ours,
    wake: wake_ours,
    drop: drop_ours,
};

/// What makes a [`Waker`] of one of the other side: its data points to an [`abi::Waker`].
static FOREIGN: RawWakerVTable = RawWakerVTable::new(
    clone_foreign,
    wake_foreign,
    wake_foreign_by_ref,
    drop_foreign,
);

/// The waker as the other side uses it, for as long as this one is there.
pub(crate) fn lend(waker: &Waker) -> abi::Waker {
    if std::ptr::eq(waker.vtable(), &raw const FOREIGN) {
        // SAFETY: only `borrow` and `clone_foreign` make wakers with this table.
        return unsafe { *waker.data().cast::<abi::Waker>() };
    }
    abi::Waker {
        data: waker.data().cast(),
        extra: std::ptr::from_ref(waker.vtable()).cast(),
        table: &raw const TABLE,
    }
}

/// A waker that is somebody else's.
pub(crate) struct Borrowed(ManuallyDrop<Waker>);

impl Deref for Borrowed {
    type Target = Waker;

    fn deref(&self) -> &Waker {
        &self.0
    }
}

/// The waker that the other side has lent.
///
/// # Safety
///
/// It must be valid as long as what comes back.
pub(crate) unsafe fn borrow(waker: *const abi::Waker) -> Borrowed {
    // SAFETY: the caller vouches for it.
    let is_ours = std::ptr::eq(unsafe { (*waker).table }, &raw const TABLE);
    Borrowed(match is_ours {
        // SAFETY: it has our table.
        true => unsafe { ours(waker) },
        // SAFETY: the data points to a waker, as the table expects; it is not dropped.
        false => {
            ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(waker.cast(), &FOREIGN)) })
        }
    })
}

/// A waker to be kept, of one that the other side has lent.
///
/// # Safety
///
/// It must be valid during the call.
pub(crate) unsafe fn keep(waker: *const abi::Waker) -> Waker {
    // SAFETY: the caller vouches for it.
    let waker = unsafe { borrow(waker) };
    Waker::clone(&waker)
}

unsafe fn ours(waker: *const abi::Waker) -> ManuallyDrop<Waker> {
    // SAFETY: both halves are those of a waker that `lend` or `clone_ours` took apart.
    let (data, table) = unsafe { ((*waker).data, &*(*waker).extra.cast::<RawWakerVTable>()) };
    // SAFETY: as above; the waker is not dropped here.
    ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(data.cast(), table)) })
}

unsafe extern "C" fn clone_ours(waker: *const abi::Waker, clone: *mut abi::Waker) {
    // SAFETY: it has our table, and is valid during the call.
    let waker = unsafe { ours(waker) };
    let kept = ManuallyDrop::new(Waker::clone(&waker));
    // SAFETY: so is the place for the clone.
    unsafe { clone.write(lend_whole(&kept)) };
}

// As `lend`, but a clone of a foreign waker is dropped by our table, so it keeps its own halves.
fn lend_whole(waker: &Waker) -> abi::Waker {
    abi::Waker {
        data: waker.data().cast(),
        extra: std::ptr::from_ref(waker.vtable()).cast(),
        table: &raw const TABLE,
    }
}

unsafe extern "C" fn wake_ours(waker: *const abi::Waker) {
    // SAFETY: it has our table, and is valid during the call.
    let waker = unsafe { ours(waker) };
    super::contain_or((), "while waking", || waker.wake_by_ref());
}

unsafe extern "C" fn drop_ours(waker: *const abi::Waker) {
    // SAFETY: it has our table, and is dropped once.
    super::contain_drop(ManuallyDrop::into_inner(unsafe { ours(waker) }));
}

unsafe fn clone_foreign(data: *const ()) -> RawWaker {
    let waker = data.cast::<abi::Waker>();
    let mut clone = std::mem::MaybeUninit::uninit();
    // SAFETY: the data points to a waker of the other side, which fills in the clone.
    let clone = unsafe {
        ((*(*waker).table).clone)(waker, clone.as_mut_ptr());
        clone.assume_init()
    };
    RawWaker::new(Box::into_raw(Box::new(clone)).cast_const().cast(), &FOREIGN)
}

unsafe fn wake_foreign(data: *const ()) {
    // SAFETY: a waker that is woken by value is a clone, see `borrow`.
    unsafe {
        wake_foreign_by_ref(data);
        drop_foreign(data);
    }
}

unsafe fn wake_foreign_by_ref(data: *const ()) {
    let waker = data.cast::<abi::Waker>();
    // SAFETY: the data points to a waker of the other side.
    unsafe { ((*(*waker).table).wake)(waker) };
}

unsafe fn drop_foreign(data: *const ()) {
    // SAFETY: it is a clone, which was boxed, and is dropped once.
    let waker = unsafe { Box::from_raw(data.cast_mut().cast::<abi::Waker>()) };
    // SAFETY: as above.
    unsafe { ((*waker.table).drop)(&raw const *waker) };
}
