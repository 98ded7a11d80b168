//! The numbers of a database that an operator may change: `database.NAME.…`. Who opens the database
//! reads them.

use super::limits::{Limit, LimitKind};

/// Every limit of a database.
pub const DATABASE_LIMITS: &[Limit] = &[
    Limit {
        name: "group_max",
        kind: LimitKind::Count,
        default: "256",
        least: 1,
        greatest: 65_536,
        summary: "changes that are committed together (others wait for the next commit)",
    },
    Limit {
        name: "waiting_max",
        kind: LimitKind::Count,
        default: "4096",
        least: 1,
        greatest: 1 << 20,
        summary: "changes, and as many reads, that may wait (503 beyond)",
    },
    Limit {
        name: "readers_max",
        kind: LimitKind::Count,
        default: "2",
        least: 1,
        greatest: 64,
        summary: "threads that read, each with a connection of its own (other reads wait)",
    },
    Limit {
        name: "snapshots_max",
        kind: LimitKind::Count,
        default: "4",
        least: 1,
        greatest: 64,
        summary: "long reads at once, such as exports (503 beyond)",
    },
    Limit {
        name: "answer_timeout",
        kind: LimitKind::Duration,
        default: "30s",
        least: 1,
        greatest: 3600,
        summary: "from when a handler awaits what it asked for (503 beyond); work that was not begun is not done",
    },
    Limit {
        name: "snapshot_timeout",
        kind: LimitKind::Duration,
        default: "10m",
        least: 1,
        greatest: 3600,
        summary: "how long a long read may take, also if its reader is slow (it breaks off beyond)",
    },
];
