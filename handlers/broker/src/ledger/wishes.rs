//! What somebody wants, written down before anything outside is touched.

use micro_api::{Value, json};
use micro_store::{Error, ErrorKind, Transaction, values};

use super::bind::{Bound, BoundKind, NewBind, find_bind, find_by_host, insert, set_state};
use super::claim::Claim;
use super::instance::{Held, NewInstance, count_binds, find_by_id, find_to_change};
use super::step::Step;
use crate::clock::now;
use crate::state::State;

/// How many there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Of instances.
    pub(crate) instances_max: u64,
    /// Of an instance's binds.
    pub(crate) binds_max: u64,
}

/// What is to be changed of an instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub(crate) plan: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) parameters: Option<Value>,
}

/// Writes a new instance down: its number, and what is to be done first.
pub(crate) fn create(
    transaction: &mut Transaction<'_>,
    claim: &Claim,
    limits: Limits,
    new: &NewInstance,
) -> Result<(u64, Option<Step>), Error> {
    let count = "SELECT COUNT(*) FROM broker_instance";
    let count: Option<u64> = transaction.find(count, &[], |row| row.take(0))?;
    if count.unwrap_or(0) >= limits.instances_max {
        let most = limits.instances_max;
        return Err(refuse(
            507,
            format!("there are {most} instances already: no room for more"),
        ));
    }
    let now = now();
    let inserted = transaction.insert(
        "INSERT INTO broker_instance (name, label, plan, state, team, description, tags, parameters, \
         creator, created_at, up_at, since, attempts, runner, due) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, '', ?)",
        &values![
            &new.name,
            new.label.as_str(),
            &new.plan,
            State::Pending,
            &new.team,
            &new.description,
            json!(new.tags).to_string(),
            new.parameters.to_string(),
            &new.creator,
            now,
            now,
            now
        ],
    );
    let id = inserted.map_err(|error| match error.kind() {
        ErrorKind::Duplicate => refuse(409, format!("there is an instance `{}` already", new.name)),
        _ => error,
    })?;
    let instance = find_by_id(transaction, id)?;
    let instance = instance.ok_or_else(|| lost(&new.name))?;
    Ok((id, claim.make(transaction, &instance)?))
}

/// Changes an instance: as it is then, and what is to be done first.
pub(crate) fn update(
    transaction: &mut Transaction<'_>,
    claim: &Claim,
    name: &str,
    change: &Change,
) -> Result<(Held, Option<Step>), Error> {
    let before = expect_instance(transaction, name)?;
    if before.state == State::Deleting {
        return Err(refuse(
            409,
            format!("the instance `{name}` is being deleted"),
        ));
    }
    let plan = change.plan.as_ref().unwrap_or(&before.plan);
    let tags = match change.tags.is_empty() {
        true => &before.tags,
        false => &change.tags,
    };
    transaction.execute(
        "UPDATE broker_instance SET plan = ?, team = ?, description = ?, tags = ?, parameters = ? \
         WHERE id = ?",
        &values![
            plan,
            change.team.as_ref().unwrap_or(&before.team),
            change.description.as_ref().unwrap_or(&before.description),
            json!(tags).to_string(),
            change
                .parameters
                .as_ref()
                .unwrap_or(&before.outside.parameters)
                .to_string(),
            before.id
        ],
    )?;
    // What has failed is given another chance.
    let is_other = *plan != before.plan || change.parameters.is_some();
    if is_other || before.state == State::Failed {
        want(transaction, before.id, State::Pending)?;
    }
    let instance = find_by_id(transaction, before.id)?.ok_or_else(|| lost(name))?;
    let step = claim.make(transaction, &instance)?;
    Ok((instance, step))
}

/// Wants an instance to be gone that could not be made: what is to be done first. If somebody has made
/// something else of it meanwhile, nothing.
pub(crate) fn delete_failed(
    transaction: &mut Transaction<'_>,
    claim: &Claim,
    id: u64,
) -> Result<Option<Step>, Error> {
    let instance = find_by_id(transaction, id)?;
    if instance.is_none_or(|instance| instance.state != State::Failed) {
        return Ok(None);
    }
    want(transaction, id, State::Deleting)?;
    match find_by_id(transaction, id)? {
        Some(instance) => claim.make(transaction, &instance),
        None => Ok(None),
    }
}

/// Wants an instance to be gone, with its binds: its number, and what is to be done first.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    claim: &Claim,
    name: &str,
) -> Result<(u64, Option<Step>), Error> {
    let instance = expect_instance(transaction, name)?;
    if instance.state != State::Deleting {
        want(transaction, instance.id, State::Deleting)?;
        transaction.execute(
            "UPDATE broker_bind SET state = ? WHERE instance = ?",
            &values![State::Deleting, instance.id],
        )?;
    }
    let instance = find_by_id(transaction, instance.id)?.ok_or_else(|| lost(name))?;
    Ok((instance.id, claim.make(transaction, &instance)?))
}

/// What comes of the wish to bind somebody.
pub(crate) enum BindWish {
    /// He is bound already.
    Ready(Box<Held>, Box<Bound>),
    /// He will be, like this; and what is to be done first.
    Wanted(Box<Held>, Box<Bound>, Option<Step>),
    /// The bind that he had is being removed: its number, and what is to be done first.
    Leaving(u64, Option<Step>),
}

/// Wants somebody to be bound.
pub(crate) fn bind(
    transaction: &mut Transaction<'_>,
    claim: &Claim,
    limits: Limits,
    name: &str,
    new: &NewBind,
) -> Result<BindWish, Error> {
    let instance = expect_instance(transaction, name)?;
    expect_up(&instance)?;
    match find_bind(transaction, instance.id, new.kind, &new.subject)? {
        Some(bind) => match bind.state {
            State::Ready => return Ok(BindWish::Ready(Box::new(instance), Box::new(bind))),
            State::Deleting => {
                return Ok(BindWish::Leaving(
                    bind.id,
                    claim.make(transaction, &instance)?,
                ));
            }
            State::Pending => {}
            State::Failed => set_state(transaction, bind.id, State::Pending, None)?,
        },
        None => {
            if count_binds(transaction, instance.id)? >= limits.binds_max {
                let most = limits.binds_max;
                let why =
                    format!("the instance `{name}` has {most} binds already: no room for more");
                return Err(refuse(507, why));
            }
            insert(transaction, instance.id, new, now())?;
        }
    }
    touch(transaction, &instance)?;
    let instance = find_by_id(transaction, instance.id)?.ok_or_else(|| lost(name))?;
    let bind = find_bind(transaction, instance.id, new.kind, &new.subject)?;
    let bind = bind.ok_or_else(|| lost(name))?;
    let step = claim.make(transaction, &instance)?;
    Ok(BindWish::Wanted(Box::new(instance), Box::new(bind), step))
}

/// Wants somebody to be unbound, whom one of these tells: the number of the bind, and what is to be
/// done first.
pub(crate) fn unbind(
    transaction: &mut Transaction<'_>,
    claim: &Claim,
    name: &str,
    kind: BoundKind,
    subject: Option<&str>,
    host: Option<&str>,
) -> Result<(u64, Option<Step>), Error> {
    let instance = expect_instance(transaction, name)?;
    let mut found = None;
    if let Some(subject) = subject.or(host) {
        found = find_bind(transaction, instance.id, kind, subject)?;
    }
    if let (None, None, Some(host)) = (&found, subject, host) {
        found = find_by_host(transaction, instance.id, kind, host)?;
    }
    let Some(bind) = found else {
        let (kind, who) = (kind.word(), subject.or(host).unwrap_or_default());
        let why = format!("the {kind} `{who}` is not bound to the instance `{name}`");
        return Err(refuse(404, why));
    };
    set_state(transaction, bind.id, State::Deleting, None)?;
    touch(transaction, &instance)?;
    let instance = find_by_id(transaction, instance.id)?.ok_or_else(|| lost(name))?;
    Ok((bind.id, claim.make(transaction, &instance)?))
}

/// Does not want a bind any more that is still not there, and never was.
pub(crate) fn give_up_bind(transaction: &mut Transaction<'_>, id: u64) -> Result<(), Error> {
    transaction.execute(
        "UPDATE broker_bind SET state = ? WHERE id = ? AND state = ? AND was_ready = 0",
        &values![State::Deleting, id, State::Pending],
    )?;
    transaction.execute(
        "UPDATE broker_instance SET due = COALESCE(due, ?) \
         WHERE id = (SELECT instance FROM broker_bind WHERE id = ?)",
        &values![now(), id],
    )?;
    Ok(())
}

/// Wants an instance to be in a state, from now on.
fn want(transaction: &mut Transaction<'_>, id: u64, state: State) -> Result<(), Error> {
    let now = now();
    transaction.execute(
        "UPDATE broker_instance SET state = ?, since = ?, attempts = 0, failure = NULL, \
         due = COALESCE(due, ?) WHERE id = ?",
        &values![state, now, now, id],
    )?;
    Ok(())
}

/// Notes that there is something to do about an instance's binds, from now on.
fn touch(transaction: &mut Transaction<'_>, instance: &Held) -> Result<(), Error> {
    let now = now();
    transaction.execute(
        "UPDATE broker_instance SET since = ?, due = COALESCE(due, ?) WHERE id = ?",
        &values![now, now, instance.id],
    )?;
    Ok(())
}

/// An instance that may be bound.
fn expect_up(instance: &Held) -> Result<(), Error> {
    let name = instance.name();
    let why = match instance.state {
        State::Ready if instance.up_at <= now() => return Ok(()),
        State::Ready | State::Pending => format!("the instance `{name}` is not ready yet"),
        State::Failed => format!("the instance `{name}` has failed"),
        State::Deleting => format!("the instance `{name}` is being deleted"),
    };
    Err(refuse(412, why))
}

fn expect_instance(transaction: &mut Transaction<'_>, name: &str) -> Result<Held, Error> {
    let found = find_to_change(transaction, name)?;
    found.ok_or_else(|| refuse(404, format!("there is no instance `{name}`")))
}

fn refuse(status: u16, why: String) -> Error {
    Error::refuse(micro_api::Error::new(status, why))
}

fn lost(name: &str) -> Error {
    Error::new(
        ErrorKind::Broken,
        format!("the instance `{name}` is lost in its own transaction"),
    )
}
