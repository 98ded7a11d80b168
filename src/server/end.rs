//! The end of a server: what is at work is finished, nothing new begins, and not for ever.

use super::Server;
use super::runtime::Due;
use super::session::{After, Session};

impl Server {
    /// Begins to end; told so a second time, ends at once.
    pub(super) fn end(&mut self) {
        if self.ending.is_some() {
            self.cut();
            return;
        }
        log::info!("ending: {} connections are open", self.sessions.len());
        let cut = self.tools.clock.now() + self.grace;
        self.ending = Some(cut);
        self.tools.runtime.set_timer(cut, Due::Grace);
        self.doors.clear();
        let keys: Vec<usize> = self.sessions.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.visit(key, Session::end_soon);
        }
    }

    pub(super) fn cut(&mut self) {
        if !self.sessions.is_empty() {
            log::warn!(
                "cut {} connections that had not ended in time",
                self.sessions.len()
            );
        }
        let keys: Vec<usize> = self.sessions.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.visit(key, |_, _, _| After::Close);
        }
        self.end_if_done();
    }

    pub(super) fn end_if_done(&mut self) {
        if self.ending.is_some() && self.sessions.is_empty() && !self.is_over {
            self.is_over = true;
            log::info!("ended");
        }
    }
}
