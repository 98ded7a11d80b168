//! Who is at the outside of an instance and its binds, and until when.

use std::time::Duration;

use micro_store::{Error, Transaction, values};

use super::instance::{Held, find_by_id};
use super::step::{Step, next};
use crate::clock::{milliseconds, now};

/// How long an instance is left alone with which something is wrong.
const PUT_OFF: Duration = Duration::from_secs(30);

/// A claim to an instance, which others respect for a while.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// Whose it is: no two claims have the same.
    pub(crate) runner: String,
    /// How long it holds after it was made or renewed.
    pub(crate) lease: Duration,
}

impl Claim {
    /// When it ends, if it is made now.
    pub(super) fn end(&self) -> u64 {
        now().saturating_add(milliseconds(self.lease))
    }

    /// Makes it, unless another one holds; gives what is to be done first.
    pub(super) fn make(
        &self,
        transaction: &mut Transaction<'_>,
        instance: &Held,
    ) -> Result<Option<Step>, Error> {
        let is_free = instance.runner.is_empty() || instance.due.is_none_or(|due| due <= now());
        if !is_free {
            return Ok(None);
        }
        let Some(step) = next(transaction, instance)? else {
            return Ok(None);
        };
        transaction.execute(
            "UPDATE broker_instance SET runner = ?, due = ? WHERE id = ?",
            &values![&self.runner, self.end(), instance.id],
        )?;
        Ok(Some(step))
    }
}

/// The instances that somebody should take, the most overdue first. What is due later than `far` from
/// now was written down by a clock that was wrong.
pub(crate) fn due(
    transaction: &mut Transaction<'_>,
    most: u64,
    far: Duration,
) -> Result<Vec<u64>, Error> {
    let now = now();
    transaction.query(
        "SELECT id FROM broker_instance WHERE due <= ? OR due > ? ORDER BY due LIMIT ?",
        &values![now, now.saturating_add(milliseconds(far)), most],
        |row| row.take(0),
    )
}

/// Leaves an instance alone for a while with which something is wrong.
pub(crate) fn put_off(transaction: &mut Transaction<'_>, id: u64) -> Result<(), Error> {
    let later = now().saturating_add(milliseconds(PUT_OFF));
    transaction.execute(
        "UPDATE broker_instance SET due = ? WHERE id = ?",
        &values![later, id],
    )?;
    Ok(())
}

/// Claims an instance that is due; gives what is to be done first.
pub(crate) fn take(
    transaction: &mut Transaction<'_>,
    id: u64,
    claim: &Claim,
    far: Duration,
) -> Result<Option<Step>, Error> {
    let Some(mut instance) = find_by_id(transaction, id)? else {
        return Ok(None);
    };
    let now = now();
    let is_due = |due: u64| due <= now || due > now.saturating_add(milliseconds(far));
    if !instance.due.is_some_and(is_due) {
        return Ok(None);
    }
    instance.due = Some(now);
    let step = claim.make(transaction, &instance)?;
    if step.is_none() {
        release(transaction, id)?;
    }
    Ok(step)
}

/// Notes that there is nothing to do about an instance.
pub(super) fn release(transaction: &mut Transaction<'_>, id: u64) -> Result<(), Error> {
    transaction.execute(
        "UPDATE broker_instance SET runner = '', due = NULL WHERE id = ?",
        &values![id],
    )?;
    Ok(())
}
