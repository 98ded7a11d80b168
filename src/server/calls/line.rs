//! What the log says of a call: a line when there is a connection, and one at its end.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Instant;

use super::callee::Callee;
use super::failure::Failure;
use super::link::Link;
use super::order::Order;

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
    stage: Rc<Stage>,
    /// Why the call has ended.
    reason: Option<Cow<'static, str>>,
    /// Bytes on the connection.
    received: u64,
    sent: u64,
    tls: Option<(&'static str, &'static str)>,
}

/// What a call is at, to tell what its time was over for.
#[derive(Default)]
pub(super) struct Stage {
    now: Cell<&'static str>,
    /// Why the call has ended in the midst of it.
    end: RefCell<Option<String>>,
}

impl Stage {
    pub(super) fn set(&self, now: &'static str) {
        self.now.set(now);
    }

    pub(super) fn get(&self) -> &'static str {
        self.now.get()
    }

    /// The call ends here.
    pub(super) fn end(&self, failure: &Failure) {
        self.end.replace(Some(failure.to_string()));
    }
}

/// Whose call it is.
#[derive(Clone)]
pub(super) struct Heading {
    /// The identity of the request on whose behalf it is made.
    pub(super) id: Option<String>,
    /// Its own number.
    pub(super) number: u64,
    pub(super) callee: Rc<Callee>,
    /// The place of the RESOURCE in it.
    pub(super) resource: usize,
}

impl Line {
    pub(super) fn new(heading: Heading, is_verbose: bool, stage: &Rc<Stage>) -> Line {
        Line {
            heading,
            is_verbose,
            times: Times::begin(),
            stage: Rc::clone(stage),
            reason: None,
            received: 0,
            sent: 0,
            tls: None,
        }
    }

    /// A connection is there.
    pub(super) fn opened(&self, link: &Link, order: &Order) {
        if self.is_verbose {
            let kept = if link.is_kept { ", kept" } else { "" };
            log::info!(target: TARGET, "{} open: {}{kept}, {order}", self.heading, link.ends());
        }
    }

    /// Bytes have gone or come.
    pub(super) fn count(&mut self, link: &Link) {
        (self.received, self.sent) = (link.received, link.sent);
        self.tls = self.tls.or_else(|| link.negotiated());
    }

    /// The call has failed.
    pub(super) fn fail(&mut self, failure: Failure) -> Failure {
        self.close(failure.to_string());
        failure
    }

    /// The call has ended, for this reason.
    pub(super) fn close(&mut self, reason: impl Into<Cow<'static, str>>) {
        self.reason = Some(reason.into());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.is_verbose || !log::log_enabled!(target: TARGET, log::Level::Info) {
            return;
        }
        let reason = self.reason.take();
        let reason = reason.or_else(|| self.stage.end.take().map(Cow::Owned));
        let reason = reason.unwrap_or_else(|| format!("given up, {}", self.stage.get()).into());
        let times = &self.times;
        let total = times.since(Some(Instant::now()));
        let (open, data) = (times.since(times.open), times.since(times.data));
        let ready = match times.ready {
            Some(ready) => format!(" rdy={:.4},", times.since(Some(ready))),
            None => String::new(),
        };
        let tls = match self.tls {
            Some((version, cipher)) => format!(", {version} {cipher}"),
            None => String::new(),
        };
        log::info!(
            target: TARGET,
            "{} close: reason={reason}, opn={open:.4},{ready} dat={data:.4}, tot={total:.4}, \
             rx={}, tx={}{tls}",
            self.heading,
            self.received,
            self.sent,
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
        let Callee {
            declared,
            resources,
            ..
        } = &*self.callee;
        let (connection, resource) = (&declared.name, &resources[self.resource].declared.name);
        write!(f, "call oid={} {connection}.{resource}", self.number)
    }
}
