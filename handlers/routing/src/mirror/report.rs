//! What the mirror tells of itself.

use micro_api::serde::Serialize;

/// What the mirror tells of itself.
#[derive(Clone, Debug, Serialize)]
#[serde(crate = "micro_api::serde")]
pub(crate) struct Report {
    /// How it is, in a word.
    pub(crate) state: State,
    /// How many changes Redis has not got yet, as far as is known.
    pub(crate) pending: u64,
    /// For how long the oldest of them has been seen waiting.
    pub(crate) oldest_seconds: Option<f64>,
    /// Whether Redis was found to have lost something that is not repaired yet.
    pub(crate) is_suspect: bool,
    /// What Redis does.
    pub(crate) redis: RedisReport,
    /// How many changes were applied.
    pub(crate) applied: u64,
    /// How often another process was quicker, so that it had to be done again.
    pub(crate) void: u64,
    /// How many keys sweeps have repaired.
    pub(crate) repaired: u64,
    /// The last sweep that was completed.
    pub(crate) last_sweep: Option<SweepReport>,
}

/// How the mirror is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(crate = "micro_api::serde", rename_all = "lowercase")]
pub(crate) enum State {
    /// It has done nothing yet.
    Starting,
    /// Redis has what the database has, as far as is known.
    Live,
    /// Changes wait.
    Behind,
    /// Redis and the database are being compared.
    Sweeping,
    /// Redis may have lost something, and has to be compared with the database.
    Suspect,
    /// Redis is not there, or does not answer.
    Unreachable,
    /// Redis says no.
    Refused,
    /// Redis shows another database, or somebody's keys: they are left alone.
    Foreign,
    /// The database fails.
    Blind,
    /// A mistake of ours has stopped it; it begins anew after a pause.
    Broken,
}

/// What Redis does.
#[derive(Clone, Debug, Serialize)]
#[serde(crate = "micro_api::serde")]
pub(crate) struct RedisReport {
    /// Whether it did what it was last asked to.
    pub(crate) is_available: bool,
    /// For how long that has been so.
    pub(crate) for_seconds: f64,
    /// What was last wrong with it; it may be over.
    pub(crate) last_error: Option<String>,
}

/// A sweep that was completed.
#[derive(Clone, Debug, Serialize)]
#[serde(crate = "micro_api::serde")]
pub(crate) struct SweepReport {
    /// Why there was one.
    pub(crate) why: String,
    /// How long ago it ended.
    pub(crate) seconds_ago: f64,
    /// How long it took.
    pub(crate) took_seconds: f64,
    /// How many mappings were looked at.
    pub(crate) checked: u64,
    /// How many of them Redis had not got.
    pub(crate) missing: u64,
    /// How many were otherwise in Redis: with other backends, of another type, or for a time.
    pub(crate) wrong: u64,
    /// How many keys Redis had that are no mapping.
    pub(crate) extra: u64,
    /// How many keys were repaired.
    pub(crate) repaired: u64,
}
