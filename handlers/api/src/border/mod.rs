//! What makes the border safe: every structure of [`crate::abi`] is read and written here, and
//! nothing unwinds across it.
//!
//! Both sides are in this crate: the program's, and that of a module written in Rust. A module in
//! a shared library has a copy of its own, so that no Rust type ever has to look the same on both
//! sides.

#![allow(
    unsafe_code,
    reason = "this is where the structures of C become Rust, and back"
)]

pub(crate) mod answer;
pub(crate) mod failure;
pub(crate) mod function;
pub(crate) mod future;
pub(crate) mod here;
pub(crate) mod owned;
pub(crate) mod reply;
pub(crate) mod stream;
pub(crate) mod task;
pub(crate) mod text;
pub(crate) mod value;
pub(crate) mod waker;
pub(crate) mod work;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code on behalf of the other side. A panic ends here, even one whose payload panics when it
/// is dropped; its words are the error.
pub fn contain<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(code)).map_err(words)
}

/// The same for code that has nobody to tell of a panic: the log is told.
pub(crate) fn contain_or<T>(fallback: T, what: &str, code: impl FnOnce() -> T) -> T {
    contain(code).unwrap_or_else(|panic| {
        log::error!("{what}: panic: {panic}");
        fallback
    })
}

/// Drops a value; a panic in its `drop` ends here.
pub(crate) fn contain_drop<T>(value: T) {
    contain_or((), "while dropping what a handler left", || {
        drop(value);
    });
}

// What was thrown may panic itself when it is dropped; then it is left where it is.
fn words(panic: Box<dyn Any + Send>) -> String {
    let text = crate::waiting::panic_text(&*panic).to_owned();
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
    text
}
