//! The end of a server: what is at work is finished, nothing new begins, and not for ever.

use std::time::Duration;

use super::Server;
use super::door::Door;
use super::runtime::Due;
use super::session::{After, Session};

/// A longer grace time than this ends beyond all clocks.
const GRACE_MAX: Duration = Duration::from_secs(365 * 86_400);

impl Server {
    /// Begins to end; told so a second time, ends at once.
    pub(super) fn end(&mut self) {
        if self.is_ending {
            self.cut();
            return;
        }
        // Whoever has come to the door is let in for a last request.
        self.doors.iter_mut().for_each(Door::knocked);
        self.admit();
        log::info!("ending: {} open", connections(self.sessions.len()));
        self.is_ending = true;
        self.set_grace();
        self.doors.clear();
        for key in self.session_keys() {
            self.visit(key, Session::end_soon);
        }
    }

    /// Sets the time at which what is at work will be cut.
    pub(super) fn set_grace(&self) {
        let cut = self.tools.clock.now() + self.grace.min(GRACE_MAX);
        self.tools.runtime.set_timer(cut, Due::Grace);
    }

    /// Ends what has not ended by itself.
    pub(super) fn cut(&mut self) {
        self.is_cut = true;
        if !self.sessions.is_empty() {
            log::warn!(
                "cut {}: the time to end is over",
                connections(self.sessions.len())
            );
        }
        for key in self.session_keys() {
            self.visit(key, |_, _, _| After::Close);
        }
    }

    /// Notes that there is nothing left to do.
    pub(super) fn end_if_done(&mut self) {
        self.is_over |= self.is_ending && self.sessions.is_empty();
    }

    fn session_keys(&self) -> Vec<usize> {
        self.sessions.iter().map(|(key, _)| key).collect()
    }
}

fn connections(count: usize) -> String {
    format!("{count} connection{}", if count == 1 { "" } else { "s" })
}
