//! The numbers of a connection that an operator may change: `connection.NAME.…`.

use std::time::Duration;

use super::limits::{Bound, Limit, LimitKind, to_usize};

/// The limits of one connection: of all its calls together, and of each answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// Bytes of an answer's head.
    pub head_bytes_max: usize,
    /// How many header fields an answer may have.
    pub header_count_max: usize,
    /// Bytes of an answer's content once it is decoded; of a stream, of one line.
    pub content_bytes_max: usize,
    /// How many sockets to one host and port may be open.
    pub connections_max: usize,
    /// How many calls may wait for a socket to it.
    pub waiting_max: usize,
    /// How many sockets to it are kept for further calls.
    pub kept_max: usize,
    /// How long a socket is kept.
    pub idle_timeout: Duration,
    /// How long the addresses of a name hold.
    pub name_ttl: Duration,
}

impl Default for CallLimits {
    fn default() -> CallLimits {
        CallLimits {
            head_bytes_max: 64 << 10,
            header_count_max: 100,
            content_bytes_max: 16 << 20,
            connections_max: 1024,
            waiting_max: 10_000,
            kept_max: 32,
            idle_timeout: Duration::from_secs(30),
            name_ttl: Duration::from_secs(30),
        }
    }
}

/// Every limit of a connection.
pub const CALL_LIMITS: &[Bound<CallLimits>] = &[
    Bound {
        limit: Limit {
            name: "http_max_head_length",
            kind: LimitKind::Size,
            default: "64KiB",
            least: 256,
            greatest: 16 << 20,
            summary: "bytes of an answer's status line and fields together (the call fails beyond)",
        },
        set: |limits, number, _| limits.head_bytes_max = to_usize(number),
    },
    Bound {
        limit: Limit {
            name: "http_max_header_count",
            kind: LimitKind::Count,
            default: "100",
            least: 1,
            greatest: 1024,
            summary: "header fields of an answer (the call fails beyond)",
        },
        set: |limits, number, _| limits.header_count_max = to_usize(number),
    },
    Bound {
        limit: Limit {
            name: "http_max_content_length",
            kind: LimitKind::Size,
            default: "16MiB",
            least: 0,
            greatest: 1 << 30,
            summary: "bytes of an answer's decoded content, or of one line of a stream (the call fails beyond)",
        },
        set: |limits, number, _| limits.content_bytes_max = to_usize(number),
    },
    Bound {
        limit: Limit {
            name: "max_connections",
            kind: LimitKind::Count,
            default: "1024",
            least: 1,
            greatest: 1 << 20,
            summary: "open sockets to each host and port (further calls wait for one)",
        },
        set: |limits, number, _| limits.connections_max = to_usize(number),
    },
    Bound {
        limit: Limit {
            name: "max_waiting",
            kind: LimitKind::Count,
            default: "10000",
            least: 0,
            greatest: 1 << 24,
            summary: "calls that wait for a socket to each (further ones fail)",
        },
        set: |limits, number, _| limits.waiting_max = to_usize(number),
    },
    Bound {
        limit: Limit {
            name: "max_kept",
            kind: LimitKind::Count,
            default: "32",
            least: 0,
            greatest: 1 << 20,
            summary: "idle sockets to each kept for further calls (others are closed)",
        },
        set: |limits, number, _| limits.kept_max = to_usize(number),
    },
    Bound {
        limit: Limit {
            name: "idle_timeout",
            kind: LimitKind::Duration,
            default: "30s",
            least: 0,
            greatest: 86_400,
            summary: "how long an idle socket is kept (closed beyond)",
        },
        set: |limits, _, duration| limits.idle_timeout = duration,
    },
    Bound {
        limit: Limit {
            name: "name_ttl",
            kind: LimitKind::Duration,
            default: "30s",
            least: 0,
            greatest: 86_400,
            summary: "how long the addresses of a name hold (resolved again beyond; 0: for each call)",
        },
        set: |limits, _, duration| limits.name_ttl = duration,
    },
];
