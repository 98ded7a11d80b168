//! When a session has waited long enough, and for what.

use std::time::Duration;

use micro_api::{Error, IntoReply};

use super::{After, LINGER, Session};
use crate::http::{Phase, Reject};
use crate::server::runtime::Due;
use crate::server::tools::Tools;

impl Session {
    /// Acts on a deadline that may have come.
    pub(in crate::server) fn expire(&mut self, key: usize, tools: &mut Tools) -> After {
        self.timer = None;
        let Some(deadline) = self.deadline else {
            return After::Keep;
        };
        if tools.clock.now() < deadline {
            self.set_timer(key, tools);
            return After::Keep;
        }
        log::debug!("{}: its time is over, while {:?}", self.peer, self.phase);
        let reject = match self.phase {
            Phase::Head => Reject::HeadTimeout,
            Phase::Body => Reject::BodyTimeout,
            Phase::Handler => return self.give_up(key, tools),
            Phase::Idle | Phase::Write | Phase::Linger => return After::Close,
        };
        self.refuse(&reject, tools);
        self.drive(key, tools)
    }

    /// Answers in place of a handler that took too long.
    fn give_up(&mut self, key: usize, tools: &mut Tools) -> After {
        if let Some(pending) = &self.pending {
            tools.tasks.cancel(pending.task);
        }
        let error = Error::new(503, "Service Unavailable")
            .with_detail("the handler did not answer in time");
        self.finish(error.into_reply(), key, tools)
    }

    pub(super) fn set_deadline(&mut self, key: usize, tools: &Tools) {
        let limits = &tools.sites[self.site].1;
        let phase = if self.lingered.is_some() {
            Phase::Linger
        } else {
            self.http.phase()
        };
        if phase == self.phase && !self.is_renewed {
            return;
        }
        (self.phase, self.is_renewed) = (phase, false);
        let allowed = match phase {
            Phase::Idle => limits.idle_timeout,
            Phase::Head => limits.head_timeout,
            Phase::Body => limits.body_timeout,
            Phase::Handler => self.handler_timeout().unwrap_or(limits.handler_timeout),
            // A stream may be silent for as long as it likes; what counts is a peer that does not
            // read, or has gone.
            Phase::Write if !self.http.has_output() && !self.is_ended => Duration::ZERO,
            Phase::Write => limits.write_timeout,
            Phase::Linger => LINGER,
        };
        // A time that ends beyond all clocks is none.
        self.deadline = match allowed.is_zero() {
            true => None,
            false => tools.clock.now().checked_add(allowed),
        };
        self.set_timer(key, tools);
    }

    fn handler_timeout(&self) -> Option<Duration> {
        Some(self.pending.as_ref()?.exchange.endpoint.as_ref()?.timeout)
    }

    /// Sees to it that a timer fires no later than the deadline. One that fires earlier stays: it
    /// finds the deadline moved and is set again then, which is rarer than requests are.
    fn set_timer(&mut self, key: usize, tools: &Tools) {
        let Some(deadline) = self.deadline else {
            return;
        };
        if let Some((timer, at)) = self.timer {
            if at <= deadline {
                return;
            }
            tools.runtime.cancel_timer(timer);
        }
        let timer = tools.runtime.set_timer(deadline, Due::Session(key));
        self.timer = Some((timer, deadline));
    }
}
