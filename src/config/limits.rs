//! The numbers of a listener that an operator may change: `server.NAME.…`.

use std::time::Duration;

use micro_api::units::{find_duration, find_size};

/// How the value of a limit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// A whole number.
    Count,
    /// Bytes, such as `1MiB`.
    Size,
    /// A duration, such as `30s`; `0` means none.
    Duration,
}

/// One limit: its name, default and meaning. Settings, checks and documents are made from it.
#[derive(Debug)]
pub struct Limit {
    /// Its name, behind `server.NAME.`.
    pub name: &'static str,
    /// How its value is written.
    pub kind: LimitKind,
    /// Its value unless it is set.
    pub default: &'static str,
    /// The least value it may have: a number, bytes, or seconds.
    pub least: u64,
    /// The greatest value it may have: a number, bytes, or seconds.
    pub greatest: u64,
    /// What it bounds, and what happens beyond it.
    pub summary: &'static str,
    set: fn(&mut Limits, u64, Duration),
}

impl PartialEq for Limit {
    fn eq(&self, other: &Limit) -> bool {
        self.name == other.name
    }
}

impl Eq for Limit {}

impl Limit {
    /// Reads a value of this limit, if it is one within its range: the number, and the same as
    /// seconds if it is of the kind duration.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<(u64, Duration)> {
        let (number, duration) = match self.kind {
            LimitKind::Count => (text.parse().ok()?, Duration::ZERO),
            LimitKind::Size => (find_size(text)?, Duration::ZERO),
            LimitKind::Duration => {
                let duration = find_duration(text)?;
                // A part of a second beyond the greatest value is beyond it.
                (
                    duration.as_secs() + u64::from(duration.subsec_nanos() > 0),
                    duration,
                )
            }
        };
        (self.least..=self.greatest)
            .contains(&number)
            .then_some((number, duration))
    }

    /// Sets this limit: to `number`, or, if it is of the kind duration, to `duration`.
    pub fn set(&self, limits: &mut Limits, number: u64, duration: Duration) {
        (self.set)(limits, number, duration);
    }
}

/// The limits of one listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the request line, and of each header line.
    pub line_bytes_max: usize,
    /// How many header fields a request may have.
    pub header_count_max: usize,
    /// Bytes of a request's head: its line and all its fields.
    pub head_bytes_max: usize,
    /// Bytes of a request's content.
    pub content_bytes_max: usize,
    /// How many connections may be open.
    pub connections_max: usize,
    /// From the first byte of a head to its last.
    pub head_timeout: Duration,
    /// From the end of a head to the end of the content.
    pub body_timeout: Duration,
    /// Between an answer and the next request, and before the first.
    pub idle_timeout: Duration,
    /// How long a peer may take nothing of what is being sent to it.
    pub write_timeout: Duration,
    /// From a whole request to the handler's answer.
    pub handler_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            line_bytes_max: 10_000,
            header_count_max: 100,
            head_bytes_max: 64 << 10,
            content_bytes_max: 1 << 20,
            connections_max: 1 << 20,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            handler_timeout: Duration::from_secs(60),
        }
    }
}

/// Every limit of a listener.
pub const LIMITS: &[Limit] = &[
    Limit {
        name: "http_max_line_length",
        kind: LimitKind::Size,
        default: "10000",
        least: 64,
        greatest: 1 << 20,
        summary: "bytes of the request line (414 beyond), and of each header line (431)",
        set: |limits, number, _| limits.line_bytes_max = to_usize(number),
    },
    Limit {
        name: "http_max_header_count",
        kind: LimitKind::Count,
        default: "100",
        least: 1,
        greatest: 1024,
        summary: "header fields of a request (431 beyond)",
        set: |limits, number, _| limits.header_count_max = to_usize(number),
    },
    Limit {
        name: "http_max_head_length",
        kind: LimitKind::Size,
        default: "64KiB",
        least: 256,
        greatest: 16 << 20,
        summary: "bytes of a request's line and fields together (431 beyond)",
        set: |limits, number, _| limits.head_bytes_max = to_usize(number),
    },
    Limit {
        name: "http_max_content_length",
        kind: LimitKind::Size,
        default: "1MiB",
        least: 0,
        greatest: 1 << 30,
        summary: "bytes of a request's content (413 beyond)",
        set: |limits, number, _| limits.content_bytes_max = to_usize(number),
    },
    Limit {
        name: "max_connections",
        kind: LimitKind::Count,
        default: "1048576",
        least: 1,
        greatest: 1 << 24,
        summary: "open connections (further ones wait to be accepted)",
        set: |limits, number, _| limits.connections_max = to_usize(number),
    },
    Limit {
        name: "head_timeout",
        kind: LimitKind::Duration,
        default: "10s",
        least: 0,
        greatest: 86_400,
        summary: "from the first byte of a request's head to its last (408 beyond)",
        set: |limits, _, duration| limits.head_timeout = duration,
    },
    Limit {
        name: "body_timeout",
        kind: LimitKind::Duration,
        default: "60s",
        least: 0,
        greatest: 86_400,
        summary: "from the end of a request's head to the end of its content (408 beyond)",
        set: |limits, _, duration| limits.body_timeout = duration,
    },
    Limit {
        name: "idle_timeout",
        kind: LimitKind::Duration,
        default: "75s",
        least: 0,
        greatest: 86_400,
        summary: "between requests on one connection (closed beyond)",
        set: |limits, _, duration| limits.idle_timeout = duration,
    },
    Limit {
        name: "write_timeout",
        kind: LimitKind::Duration,
        default: "30s",
        least: 0,
        greatest: 86_400,
        summary: "while a peer takes nothing of an answer (closed beyond)",
        set: |limits, _, duration| limits.write_timeout = duration,
    },
    Limit {
        name: "handler_timeout",
        kind: LimitKind::Duration,
        default: "60s",
        least: 0,
        greatest: 86_400,
        summary: "from a whole request to the handler's answer (503 beyond); `timeout=` of a method line comes first",
        set: |limits, _, duration| limits.handler_timeout = duration,
    },
];

// A value is checked against `greatest` first, which fits on every machine.
fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
