//! What is waited for: with a deadline, never for a time.

use std::time::{Duration, Instant};

use crate::database::Database;

/// How long a thing may take to come about.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for a thing.
#[track_caller]
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} does not come about");
        std::thread::yield_now();
    }
}

/// Waits until nothing is left to be done.
#[track_caller]
pub(super) fn settled(database: &Database) {
    let left = "SELECT (SELECT COUNT(*) FROM broker_instance WHERE due IS NOT NULL \
                OR state IN ('pending', 'deleting')) + (SELECT COUNT(*) FROM broker_bind \
                WHERE state IN ('pending', 'deleting'))";
    until("that nothing is to be done", || {
        database.run(left) == Some(0)
    });
}
