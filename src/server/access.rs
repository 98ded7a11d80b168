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

/// Logs an answer to what was no request.
pub(super) fn refused(id: RequestId, peer: SocketAddr, sent: &Sent, reason: &str) {
    log::info!(
        target: TARGET,
        "{} {peer} - - {} {} - ({reason})",
        id.as_str(),
        sent.status,
        sent.content_bytes,
    );
}
