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
        // The logger is somebody's, too.
        let _ = contain(|| log::error!("{what}: panic: {panic}"));
        fallback
    })
}

/// Drops a value; a panic in its `drop` ends here.
pub(crate) fn contain_drop<T>(value: T) {
    contain_or((), "while dropping what a handler left", || {
        drop(value);
    });
}

fn words(panic: Box<dyn Any + Send>) -> String {
    let text = crate::waiting::panic_text(&*panic).to_owned();
    let_go(panic);
    text
}

/// How often what was thrown may throw something else when it is dropped.
const THROWN_MAX: usize = 8;

// What never comes to an end is left where it is.
fn let_go(mut panic: Box<dyn Any + Send>) {
    for _ in 0..THROWN_MAX {
        match catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            Ok(()) => return,
            Err(again) => panic = again,
        }
    }
    std::mem::forget(panic);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::panic::panic_any;

    thread_local! {
        static DROPPED: Cell<usize> = const { Cell::new(0) };
    }

    /// Throws the next one of them when it is dropped, down to the last.
    struct Thrown(usize);

    impl Drop for Thrown {
        fn drop(&mut self) {
            DROPPED.set(DROPPED.get() + 1);
            if self.0 > 0 {
                panic_any(Thrown(self.0 - 1));
            }
        }
    }

    fn dropped_of(depth: usize) -> usize {
        DROPPED.set(0);
        let said = contain(|| panic_any(Thrown(depth)));
        assert_eq!(said, Err::<(), _>("no message".to_owned()));
        DROPPED.get()
    }

    #[test]
    fn what_is_thrown_may_throw_again_but_not_for_ever() {
        assert_eq!(dropped_of(0), 1);
        assert_eq!(dropped_of(THROWN_MAX - 1), THROWN_MAX);
        assert_eq!(dropped_of(THROWN_MAX), THROWN_MAX, "the last one is left");
        assert_eq!(dropped_of(usize::MAX), THROWN_MAX);
    }
}
