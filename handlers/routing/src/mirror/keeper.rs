//! Keeps the mirror's thread at work, should a mistake of ours have it panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::orders::Orders;
use super::pause::Pauses;
use super::status::Status;

/// The first and the longest pause after a panic, which may come again at once.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// Runs this until it returns, which it does when it is to end; begins anew, after a pause, if it
/// panics.
pub(super) fn keep_running(orders: &Orders, status: &Status, mut run: impl FnMut()) {
    let mut pauses = Pauses::new(PAUSES.0, PAUSES.1);
    while catch_unwind(AssertUnwindSafe(&mut run)).is_err() {
        status.broken();
        orders.break_off();
        if orders.rest(pauses.next()).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;

    use super::*;
    use crate::mirror::report::State;

    #[test]
    fn what_panics_begins_anew() {
        let (orders, status) = (Orders::default(), Status::new());
        let (live, swept) = (orders.wait_for(1, "a.example"), orders.ask());
        let mut runs = 0;
        keep_running(&orders, &status, || {
            runs += 1;
            if runs == 1 {
                status.sweeping(true);
                resume_unwind(Box::new("a mistake"));
            }
            assert_eq!(status.report().state, State::Broken);
            orders.tell(|waited| waited.row == 1);
        });
        assert_eq!(runs, 2);
        assert!(swept.recv().is_err() && live.recv().is_ok());
    }

    #[test]
    fn nothing_begins_anew_that_is_to_end() {
        let (orders, status) = (Orders::default(), Status::new());
        let mut runs = 0;
        keep_running(&orders, &status, || {
            runs += 1;
            orders.end();
            resume_unwind(Box::new("a mistake"));
        });
        assert_eq!(runs, 1);
    }
}
