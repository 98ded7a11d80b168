//! Who is at the outside of an instance and its binds, and until when.

use std::time::Duration;

use micro_store::{Error, Transaction, values};

use super::instance::{Held, find_by_id};
use super::step::{Step, next};
use crate::clock::{milliseconds, now};

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

/// The instances that somebody should take, the most overdue first.
pub(crate) fn due(transaction: &mut Transaction<'_>, most: u64) -> Result<Vec<u64>, Error> {
    transaction.query(
        "SELECT id FROM broker_instance WHERE due <= ? ORDER BY due LIMIT ?",
        &values![now(), most],
        |row| row.take(0),
    )
}

/// Claims an instance that is due; gives what is to be done first.
pub(crate) fn take(
    transaction: &mut Transaction<'_>,
    id: u64,
    claim: &Claim,
) -> Result<Option<Step>, Error> {
    let Some(instance) = find_by_id(transaction, id)? else {
        return Ok(None);
    };
    if instance.due.is_none_or(|due| due > now()) {
        return Ok(None);
    }
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
