//! Why the mirror cannot go on for now.

use std::fmt;

/// Why the mirror cannot go on for now.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Redis is not there, does not answer, or answers what is no answer.
    Away(String),
    /// Redis says no.
    Refused {
        /// Such as `OOM`.
        code: String,
        /// All that it says.
        text: String,
    },
    /// Redis shows another database, or somebody's keys: what was found there.
    Foreign(String),
    /// The database fails.
    Database(micro_store::Error),
    /// Nobody needs the mirror any more.
    Ended,
}

impl Failure {
    /// Whether Redis has no memory left for anything but deleting.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        matches!(self, Failure::Refused { code, .. } if code == "OOM")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Away(why) => write!(f, "Redis is not available: {why}"),
            Failure::Refused { text, .. } => write!(f, "Redis refuses: {text}"),
            Failure::Foreign(what) => write!(
                f,
                "{what}: nothing is changed there; to have all keys with this prefix replaced, set \
                 ROUTING_REDIS_TAKEOVER=true once, or another ROUTING_REDIS_PREFIX"
            ),
            Failure::Database(error) => write!(f, "the database fails: {error}"),
            Failure::Ended => f.write_str("the mirror has ended"),
        }
    }
}

impl From<micro_store::Error> for Failure {
    fn from(error: micro_store::Error) -> Failure {
        Failure::Database(error)
    }
}
