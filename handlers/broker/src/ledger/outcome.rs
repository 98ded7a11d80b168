//! What became of a step.

use std::collections::BTreeSet;
use std::time::Duration;

use micro_store::{Error, Transaction, values};

use super::bind::unsettled;
use super::claim::{Claim, release};
use super::instance::{Held, find_by_id};
use super::step::{Deed, Step, next};
use crate::clock::{milliseconds, now};
use crate::provisioner::Failure;
use crate::state::State;

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Instance(u64),
    Bind(u64),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is there.
    Ready,
    /// It is not there any more.
    Gone,
    /// It cannot be.
    Failed(String),
    /// It was tried, and will be tried again.
    Later(String),
}

/// What became of a step, and what comes next.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// What those who wait are told.
    pub(crate) fates: Vec<(Key, Fate)>,
    pub(crate) next: Option<Step>,
    /// Whether another one has taken over meanwhile: nothing was written down.
    pub(crate) is_lost: bool,
}

/// How long an instance is left alone after a step was not done; longer each time.
const BACKOFF_LEAST: Duration = Duration::from_millis(250);
const BACKOFF_MOST: Duration = Duration::from_secs(30);

/// Writes down what became of a step. It does nothing if the claim was lost.
pub(crate) fn settle(
    transaction: &mut Transaction<'_>,
    claim: &Claim,
    step: &Step,
    result: &Result<(), Failure>,
    patience: &Patience,
) -> Result<Settled, Error> {
    let instance = find_by_id(transaction, step.instance.id)?;
    let Some(instance) = instance.filter(|instance| instance.runner == claim.runner) else {
        return Ok(Settled {
            is_lost: true,
            ..Settled::default()
        });
    };
    let key = match &step.deed {
        Deed::Create | Deed::Destroy => Key::Instance(instance.id),
        Deed::Bind(bind) | Deed::Unbind(bind) => Key::Bind(bind.id),
    };
    match result {
        Ok(()) => done(transaction, step, patience)?,
        Err(failure)
            if (failure.is_final || patience.is_over(&instance))
                && may_fail(transaction, &step.deed)? =>
        {
            failed(transaction, step, &failure.message)?;
        }
        Err(failure) => {
            later(transaction, &instance, &failure.message)?;
            let fate = Fate::Later(failure.message.clone());
            let mut keys = BTreeSet::from([key]);
            // Who waits for what comes behind it does so in vain, too.
            if instance.state == State::Deleting {
                keys.insert(Key::Instance(instance.id));
            }
            keys.extend(
                unsettled(transaction, instance.id)?
                    .into_iter()
                    .map(Key::Bind),
            );
            let fates = keys.into_iter().map(|key| (key, fate.clone())).collect();
            return Ok(Settled {
                fates,
                ..Settled::default()
            });
        }
    }
    // Nobody is told of what is unwanted meanwhile, or wanted otherwise, before that is done.
    let fate = match (fate(transaction, key)?, result) {
        (Some(Fate::Ready), Err(failure)) => Some(Fate::Failed(failure.message.clone())),
        (fate, _) => fate,
    };
    let next = go_on(transaction, claim, instance.id)?;
    Ok(Settled {
        fates: fate.map(|fate| (key, fate)).into_iter().collect(),
        next,
        is_lost: false,
    })
}

/// How patient a plan is with the outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How long something is tried.
    pub(crate) give_up_after: Duration,
    /// How long a new instance is said to be pending.
    pub(crate) ready_after: Duration,
}

impl Patience {
    fn is_over(&self, instance: &Held) -> bool {
        now().saturating_sub(instance.since) >= milliseconds(self.give_up_after)
    }
}

fn done(transaction: &mut Transaction<'_>, step: &Step, patience: &Patience) -> Result<(), Error> {
    let id = step.instance.id;
    match &step.deed {
        Deed::Create => {
            let up_at = now().saturating_add(milliseconds(patience.ready_after));
            // Unless it is unwanted or to be something else by now.
            transaction.execute(
                "UPDATE broker_instance SET state = ?, failure = NULL, \
                 up_at = CASE WHEN up_at = 0 THEN ? ELSE up_at END \
                 WHERE id = ? AND state = ? AND plan = ? AND parameters = ?",
                &values![
                    State::Ready,
                    up_at,
                    id,
                    State::Pending,
                    &step.instance.plan,
                    step.instance.outside.parameters.to_string()
                ],
            )
        }
        Deed::Destroy => {
            transaction.execute("DELETE FROM broker_instance WHERE id = ?", &values![id])
        }
        Deed::Bind(bind) => transaction.execute(
            "UPDATE broker_bind SET state = ?, was_ready = 1, failure = NULL \
             WHERE id = ? AND state = ?",
            &values![State::Ready, bind.id, State::Pending],
        ),
        Deed::Unbind(bind) => {
            transaction.execute("DELETE FROM broker_bind WHERE id = ?", &values![bind.id])
        }
    }?;
    transaction.execute(
        "UPDATE broker_instance SET attempts = 0 WHERE id = ? AND attempts > 0",
        &values![id],
    )?;
    Ok(())
}

/// Unless it is unwanted by now: then it is removed, whatever was made of it.
/// Whether something may be given up. What is to be gone is tried for ever, and so is a bind whose
/// secret somebody has: it was promised.
fn may_fail(transaction: &mut Transaction<'_>, deed: &Deed) -> Result<bool, Error> {
    match deed {
        Deed::Create => Ok(true),
        Deed::Destroy | Deed::Unbind(_) => Ok(false),
        Deed::Bind(bind) => {
            let promised = "SELECT was_ready FROM broker_bind WHERE id = ?";
            let promised = transaction.find(promised, &values![bind.id], |row| row.take(0))?;
            Ok(promised != Some(true))
        }
    }
}

/// An instance that was ready, and cannot be changed, stays ready.
fn failed(transaction: &mut Transaction<'_>, step: &Step, why: &str) -> Result<(), Error> {
    match &step.deed {
        Deed::Bind(bind) => transaction.execute(
            "UPDATE broker_bind SET state = ?, failure = ? WHERE id = ? AND state = ?",
            &values![State::Failed, why, bind.id, State::Pending],
        ),
        _ => transaction.execute(
            "UPDATE broker_instance \
             SET state = CASE WHEN up_at = 0 THEN ? ELSE ? END, failure = ? \
             WHERE id = ? AND state = ? AND plan = ?",
            &values![
                State::Failed,
                State::Ready,
                why,
                step.instance.id,
                State::Pending,
                &step.instance.plan
            ],
        ),
    }?;
    Ok(())
}

/// Leaves an instance to whoever takes it after a while.
fn later(transaction: &mut Transaction<'_>, instance: &Held, why: &str) -> Result<(), Error> {
    let doublings = u32::try_from(instance.attempts).unwrap_or(u32::MAX).min(16);
    let pause = BACKOFF_LEAST
        .saturating_mul(1 << doublings)
        .min(BACKOFF_MOST);
    let due = now().saturating_add(milliseconds(pause));
    transaction.execute(
        "UPDATE broker_instance SET runner = '', due = ?, attempts = attempts + 1, failure = ? \
         WHERE id = ?",
        &values![due, why, instance.id],
    )?;
    Ok(())
}

/// Keeps the claim for the next step, or gives it back if there is none.
fn go_on(transaction: &mut Transaction<'_>, claim: &Claim, id: u64) -> Result<Option<Step>, Error> {
    let Some(instance) = find_by_id(transaction, id)? else {
        return Ok(None);
    };
    let step = next(transaction, &instance)?;
    match step {
        Some(_) => drop(renew(transaction, claim, id)?),
        None => release(transaction, id)?,
    }
    Ok(step)
}

/// Renews a claim; false if it was lost.
pub(crate) fn renew(
    transaction: &mut Transaction<'_>,
    claim: &Claim,
    id: u64,
) -> Result<bool, Error> {
    let count = transaction.execute(
        "UPDATE broker_instance SET due = ? WHERE id = ? AND runner = ?",
        &values![claim.end(), id, &claim.runner],
    )?;
    Ok(count > 0)
}

/// What has become of something by now, if anything.
pub(crate) fn fate(transaction: &mut Transaction<'_>, key: Key) -> Result<Option<Fate>, Error> {
    let (sql, id) = match key {
        Key::Instance(id) => (
            "SELECT state, failure FROM broker_instance WHERE id = ?",
            id,
        ),
        Key::Bind(id) => ("SELECT state, failure FROM broker_bind WHERE id = ?", id),
    };
    let found = transaction.find(sql, &values![id], |row| {
        Ok((row.take::<State>(0)?, row.take::<Option<String>>(1)?))
    })?;
    Ok(match found {
        None => Some(Fate::Gone),
        Some((State::Ready, _)) => Some(Fate::Ready),
        Some((State::Failed, why)) => Some(Fate::Failed(why.unwrap_or_default())),
        Some((State::Pending | State::Deleting, _)) => None,
    })
}
