//! The access log: one line for each answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use micro_api::host::{Parts, RequestId};

use crate::http::Sent;

/// The target under which the lines are logged.
const TARGET: &str = "access";

/// The time from which an answer is counted: now, if anybody will read it, else that of the turn,
/// which costs nothing.
pub(super) fn begin(turn: Instant) -> Instant {
    match log::log_enabled!(target: TARGET, log::Level::Info) {
        true => Instant::now(),
        false => turn,
    }
}

/// Logs an answer to a request.
pub(super) fn answered(parts: &Parts, sent: &Sent, is_silent: bool, took: impl Fn() -> Duration) {
    if let Some(failure) = &sent.failure {
        log::error!("{} {}", parts.id.as_str(), failure);
    }
    if is_silent || !log::log_enabled!(target: TARGET, log::Level::Info) {
        return;
    }
    log::info!(
        target: TARGET,
        "{} {} {} {} {} {} {:.6}",
        parts.id.as_str(),
        parts.peer,
        parts.method,
        String::from_utf8_lossy(parts.target.of(&parts.bytes)),
        sent.status,
        sent.content_bytes,
        took().as_secs_f64(),
    );
}

/// The line for an answer that is streamed: it is written when the stream has ended.
pub(super) struct Line {
    id: RequestId,
    request: String,
    status: u16,
    since: Instant,
}

impl Line {
    /// The line for this answer, if anybody will read it.
    pub(super) fn new(parts: &Parts, sent: &Sent, is_silent: bool, since: Instant) -> Option<Line> {
        if let Some(failure) = &sent.failure {
            log::error!("{} {}", parts.id.as_str(), failure);
        }
        if is_silent || !log::log_enabled!(target: TARGET, log::Level::Info) {
            return None;
        }
        let target = String::from_utf8_lossy(parts.target.of(&parts.bytes));
        Some(Line {
            id: parts.id,
            request: format!("{} {} {target}", parts.peer, parts.method),
            status: sent.status,
            since,
        })
    }

    /// Logs the answer at its end.
    pub(super) fn finish(self, content_bytes: u64, is_cut: bool) {
        log::info!(
            target: TARGET,
            "{} {} {} {content_bytes} {:.6}{}",
            self.id.as_str(),
            self.request,
            self.status,
            self.since.elapsed().as_secs_f64(),
            if is_cut { " (cut)" } else { "" },
        );
    }
}

/// Method and target of a request line that was refused, as far as they are there.
pub(super) fn asked(line: &[u8]) -> String {
    if !log::log_enabled!(target: TARGET, log::Level::Info) {
        return String::new();
    }
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    let (method, target) = (words.next().unwrap_or("-"), words.next().unwrap_or("-"));
    format!("{method} {target}")
}

/// Logs an answer to what was no request to a handler; no time was spent on it.
pub(super) fn refused(id: RequestId, peer: SocketAddr, asked: &str, sent: &Sent, reason: &str) {
    log::info!(
        target: TARGET,
        "{} {peer} {asked} {} {} - ({reason})",
        id.as_str(),
        sent.status,
        sent.content_bytes,
    );
}
