//! How far a piece of work has come, as who asked for it and who does it agree on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const UNWANTED: u8 = 2;

/// How far a piece of work has come. One side begins it, the other gives it up, and whoever comes
/// second knows of the first.
#[derive(Default)]
pub(crate) struct Stage(AtomicU8);

impl Stage {
    /// Begins the work, or does so again after everything was undone; unless nobody wants it.
    pub(crate) fn begin(&self) -> bool {
        let set = self
            .0
            .compare_exchange(WAITING, BEGUN, Ordering::AcqRel, Ordering::Acquire);
        matches!(set, Ok(_) | Err(BEGUN))
    }

    /// Whether somebody waits for it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Acquire) != UNWANTED
    }

    /// Has it not begun from now on; tells whether it was begun before.
    fn give_up(&self) -> bool {
        self.0.swap(UNWANTED, Ordering::AcqRel) == BEGUN
    }
}

/// Who waits for a piece of work, until it is dropped.
pub(crate) struct Asker(Arc<Stage>);

impl Asker {
    pub(crate) fn new(stage: Arc<Stage>) -> Asker {
        Asker(stage)
    }

    /// Has the work not begun from now on; tells whether it was begun before.
    pub(crate) fn give_up(&self) -> bool {
        self.0.give_up()
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.give_up();
    }
}
