//! What is written down of the broker itself, and of everything that is outside.

use std::collections::{BTreeMap, BTreeSet};

use micro_store::{Error, Transaction, values};

use crate::clock::now;
use crate::provisioner::{Label, Ready};
use crate::state::State;

/// What names outside have in common, and what the right key opens.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) mark: String,
    pub(crate) sealed: Vec<u8>,
}

/// The proof of this database, which is this one if it has none yet.
pub(crate) fn find_or_insert_proof(
    transaction: &mut Transaction<'_>,
    new: &Proof,
) -> Result<Proof, Error> {
    const FIND: &str = "SELECT mark, proof FROM broker_self WHERE id = 1";
    let found = transaction.find(FIND, &[], |row| {
        Ok(Proof {
            mark: row.take(0)?,
            sealed: row.take(1)?,
        })
    })?;
    if let Some(found) = found {
        return Ok(found);
    }
    transaction.execute(
        "INSERT INTO broker_self (id, mark, proof) VALUES (1, ?, ?)",
        &values![&new.mark, new.sealed.clone()],
    )?;
    Ok(new.clone())
}

/// The names outside of all instances and binds.
pub(crate) fn known_labels(transaction: &mut Transaction<'_>) -> Result<BTreeSet<String>, Error> {
    let labels = transaction.query(
        "SELECT label FROM broker_instance UNION ALL SELECT label FROM broker_bind",
        &[],
        |row| row.take::<String>(0),
    )?;
    Ok(labels.into_iter().collect())
}

/// What of a plan is ready.
pub(crate) fn ready(transaction: &mut Transaction<'_>, plan: &str) -> Result<Vec<Ready>, Error> {
    let mut found: BTreeMap<Label, Vec<Label>> = BTreeMap::new();
    let rows = transaction.query(
        "SELECT i.label, b.label FROM broker_instance i \
         LEFT JOIN broker_bind b ON b.instance = i.id AND b.state = ? \
         WHERE i.plan = ? AND i.state = ?",
        &values![State::Ready, plan, State::Ready],
        |row| Ok((row.take::<String>(0)?, row.take::<Option<String>>(1)?)),
    )?;
    for (instance, bind) in rows {
        let binds = found.entry(Label(instance)).or_default();
        binds.extend(bind.map(Label));
    }
    let ready = found
        .into_iter()
        .map(|(instance, binds)| Ready { instance, binds });
    Ok(ready.collect())
}

/// Whether something outside belongs to an instance or a bind.
pub(crate) fn is_known(transaction: &mut Transaction<'_>, label: &Label) -> Result<bool, Error> {
    let found: Option<u64> = transaction.find(
        "SELECT 1 FROM broker_instance WHERE label = ? \
         UNION ALL SELECT 1 FROM broker_bind WHERE label = ? LIMIT 1",
        &values![label.as_str(), label.as_str()],
        |row| row.take(0),
    )?;
    Ok(found.is_some())
}

/// Wants a bind that is gone outside to be bound again; false if it is not ready any more.
pub(crate) fn lost(transaction: &mut Transaction<'_>, label: &Label) -> Result<bool, Error> {
    let instance: Option<u64> = transaction.find(
        "SELECT instance FROM broker_bind WHERE label = ?",
        &values![label.as_str()],
        |row| row.take(0),
    )?;
    let Some(instance) = instance else {
        return Ok(false);
    };
    // The instance first, as everybody does, so that nobody waits for one who waits for him.
    let now = now();
    transaction.execute(
        "UPDATE broker_instance SET due = COALESCE(due, ?), since = ? WHERE id = ?",
        &values![now, now, instance],
    )?;
    let count = transaction.execute(
        "UPDATE broker_bind SET state = ? WHERE label = ? AND state = ?",
        &values![State::Pending, label.as_str(), State::Ready],
    )?;
    Ok(count > 0)
}

/// A secret as it is sealed.
pub(crate) struct Sealed {
    bind: u64,
    /// Its owner.
    pub(crate) label: Label,
    pub(crate) content: Vec<u8>,
}

/// Secrets of binds that do not begin so, which the seals of one key do.
pub(crate) fn other_seals(
    transaction: &mut Transaction<'_>,
    head: &[u8],
    most: u64,
) -> Result<Vec<Sealed>, Error> {
    let length = head.len() as u64;
    transaction.query(
        "SELECT id, label, secret FROM broker_bind WHERE SUBSTR(secret, 1, ?) <> ? ORDER BY id LIMIT ?",
        &values![length, head.to_vec(), most],
        |row| {
            Ok(Sealed {
                bind: row.take(0)?,
                label: Label(row.take(1)?),
                content: row.take(2)?,
            })
        },
    )
}

/// Puts another seal in the place of one.
pub(crate) fn replace_seal(
    transaction: &mut Transaction<'_>,
    old: &Sealed,
    new: &[u8],
) -> Result<(), Error> {
    transaction.execute(
        "UPDATE broker_bind SET secret = ? WHERE id = ? AND secret = ?",
        &values![new.to_vec(), old.bind, old.content.clone()],
    )?;
    Ok(())
}

/// The same of the proof.
pub(crate) fn replace_proof(transaction: &mut Transaction<'_>, new: &[u8]) -> Result<(), Error> {
    transaction.execute(
        "UPDATE broker_self SET proof = ? WHERE id = 1",
        &values![new.to_vec()],
    )?;
    Ok(())
}
