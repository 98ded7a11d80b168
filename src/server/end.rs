//! The end of a server: what is at work is finished, nothing new begins, and not for ever.

use std::time::Duration;

use super::door::Door;
use super::leaving::Leaving;
use super::replace::ENDING;
use super::runtime::Due;
use super::session::{After, Session};
use super::{ServeError, Server};

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
        log::info!(target: "micro", "ending: {} open", connections(self.sessions.len()));
        self.is_ending = true;
        self.give_up_coming(ENDING);
        self.set_grace();
        self.doors.iter_mut().for_each(Door::close);
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
                target: "micro",
                "cut {}: the time to end is over",
                connections(self.sessions.len())
            );
        }
        for key in self.session_keys() {
            self.visit(key, |_, _, _| After::Close);
        }
    }

    /// Calls every TEARDOWN function, within the grace time; the first failure is that of all.
    pub(super) fn tear_down(&mut self) -> Result<(), ServeError> {
        self.is_cut = false;
        self.leaving.push(Leaving::of(&mut self.generation));
        self.set_grace();
        self.see_off();
        while !self.leaving.is_empty() {
            self.turn()?;
        }
        log::info!(target: "micro", "ended");
        self.failure.take().map_or(Ok(()), Err)
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
