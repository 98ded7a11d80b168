//! What the log says of a call: a line when there is a connection, and one at its end.

use std::fmt;
use std::time::Instant;

use super::failure::Failure;
use super::link::Link;

/// When the steps of a call were done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    begin: Instant,
    /// The connection was there.
    pub(super) open: Option<Instant>,
    /// The handshake of TLS was done.
    pub(super) ready: Option<Instant>,
    /// The first byte of the answer had come.
    pub(super) data: Option<Instant>,
}

impl Times {
    pub(super) fn begin() -> Times {
        Times {
            begin: Instant::now(),
            open: None,
            ready: None,
            data: None,
        }
    }

    fn since(&self, step: Option<Instant>) -> f64 {
        step.map_or(0.0, |step| (step - self.begin).as_secs_f64())
    }
}

/// What the log says of a call. The line at its end is written also when nobody waits for the call
/// any more.
pub(super) struct Line {
    heading: Heading,
    is_verbose: bool,
    pub(super) times: Times,
    end: Option<End>,
}

/// How a call has ended.
struct End {
    reason: String,
    received: u64,
    sent: u64,
    tls: Option<(&'static str, &'static str)>,
}

/// Whose call it is.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    /// The identity of the request on whose behalf it is made.
    pub(super) id: Option<String>,
    /// Its own number.
    pub(super) number: u64,
    /// The CONNECTION and the RESOURCE.
    pub(super) name: String,
}

impl Line {
    pub(super) fn new(heading: Heading, is_verbose: bool) -> Line {
        Line {
            heading,
            is_verbose,
            times: Times::begin(),
            end: None,
        }
    }

    /// A connection is there.
    pub(super) fn opened(&self, link: &Link, what: &str) {
        if self.is_verbose {
            let kept = if link.is_kept { ", kept" } else { "" };
            log::info!(target: TARGET, "{} open: {}{kept}, {what}", self.heading, link.ends());
        }
    }

    /// There will be no connection.
    pub(super) fn fail(&mut self, failure: Failure) -> Failure {
        self.end = Some(End {
            reason: failure.to_string(),
            received: 0,
            sent: 0,
            tls: None,
        });
        failure
    }

    /// The call has ended, for this reason.
    pub(super) fn close(&mut self, link: &mut Link, reason: &str) {
        self.end = Some(End {
            reason: reason.to_owned(),
            received: std::mem::take(&mut link.received),
            sent: std::mem::take(&mut link.sent),
            tls: link.negotiated(),
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.is_verbose {
            return;
        }
        let Some(end) = self.end.take() else {
            return log::info!(target: TARGET, "{} close: reason=given up", self.heading);
        };
        let (times, End { reason, .. }) = (&self.times, &end);
        let total = times.since(Some(Instant::now()));
        let (open, data) = (times.since(times.open), times.since(times.data));
        let ready = match times.ready {
            Some(ready) => format!(" rdy={:.4},", times.since(Some(ready))),
            None => String::new(),
        };
        let tls = match end.tls {
            Some((version, cipher)) => format!(", {version} {cipher}"),
            None => String::new(),
        };
        log::info!(
            target: TARGET,
            "{} close: reason={reason}, opn={open:.4},{ready} dat={data:.4}, tot={total:.4}, \
             rx={}, tx={}{tls}",
            self.heading,
            end.received,
            end.sent,
        );
    }
}

/// The log's word for what is ours.
pub(super) const TARGET: &str = "micro";
/// The log's word for what was sent and received in full, so that it can be shown alone.
pub(super) const TRACE: &str = "micro::trace";

impl fmt::Display for Heading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = &self.id {
            write!(f, "{id} ")?;
        }
        write!(f, "call oid={} {}", self.number, self.name)
    }
}
