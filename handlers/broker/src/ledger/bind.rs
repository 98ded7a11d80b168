//! A bind as it is written down.

use micro_api::Value;
use micro_store::{Error, FromValue, Row, Sql, Transaction, values};

use super::from_json;
use crate::provisioner::Label;
use crate::state::State;

/// Who has a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BoundKind {
    /// An app, by its name.
    App,
    /// A job, by its name.
    Job,
    /// A unit of an app, by its host, as tsuru bound them in 2013.
    Unit,
}

impl BoundKind {
    const ALL: [BoundKind; 3] = [BoundKind::App, BoundKind::Job, BoundKind::Unit];

    /// Its word, in the database and for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            BoundKind::App => "app",
            BoundKind::Job => "job",
            BoundKind::Unit => "unit",
        }
    }
}

impl FromValue for BoundKind {
    const EXPECTED: &'static str = "who has a bind";

    fn from_value(value: micro_store::Value) -> Result<BoundKind, micro_store::Value> {
        let word = String::from_value(value)?;
        let kind = BoundKind::ALL.into_iter().find(|kind| kind.word() == word);
        kind.ok_or(micro_store::Value::Text(word))
    }
}

/// A bind as it is written down.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) id: u64,
    pub(crate) kind: BoundKind,
    /// The name of the app or job, or the host of the unit.
    pub(crate) subject: String,
    pub(crate) label: Label,
    /// Its password, sealed for its label.
    pub(crate) sealed: Vec<u8>,
    pub(crate) parameters: Value,
    pub(crate) state: State,
}

/// A bind that somebody wants.
pub(crate) struct NewBind {
    pub(crate) kind: BoundKind,
    pub(crate) subject: String,
    /// Where the app is, for those that unbind it by that.
    pub(crate) host: String,
    pub(crate) label: Label,
    pub(crate) sealed: Vec<u8>,
    pub(crate) parameters: Value,
    pub(crate) creator: String,
}

macro_rules! columns {
    () => {
        "SELECT id, kind, subject, label, secret, parameters, state FROM broker_bind"
    };
}

impl Bound {
    fn read(row: &mut Row) -> Result<Bound, Error> {
        Ok(Bound {
            id: row.take(0)?,
            kind: row.take(1)?,
            subject: row.take(2)?,
            label: Label(row.take(3)?),
            sealed: row.take(4)?,
            parameters: from_json(&row.take::<String>(5)?)?,
            state: row.take(6)?,
        })
    }
}

const FIND: Sql = Sql::each(
    concat!(
        columns!(),
        " WHERE instance = ? AND kind = ? AND subject = ?"
    ),
    concat!(
        columns!(),
        " WHERE instance = ? AND kind = ? AND subject = ? FOR UPDATE"
    ),
);
const FIND_BY_HOST: Sql = Sql::each(
    concat!(
        columns!(),
        " WHERE instance = ? AND kind = ? AND host = ? ORDER BY id LIMIT 1"
    ),
    concat!(
        columns!(),
        " WHERE instance = ? AND kind = ? AND host = ? ORDER BY id LIMIT 1 FOR UPDATE"
    ),
);
const FIRST: &str = concat!(
    columns!(),
    " WHERE instance = ? AND state = ? ORDER BY id LIMIT 1"
);

/// The bind of somebody.
pub(crate) fn find_bind(
    transaction: &mut Transaction<'_>,
    instance: u64,
    kind: BoundKind,
    subject: &str,
) -> Result<Option<Bound>, Error> {
    transaction.find(FIND, &values![instance, kind.word(), subject], Bound::read)
}

/// The oldest bind of somebody at this host.
pub(super) fn find_by_host(
    transaction: &mut Transaction<'_>,
    instance: u64,
    kind: BoundKind,
    host: &str,
) -> Result<Option<Bound>, Error> {
    transaction.find(
        FIND_BY_HOST,
        &values![instance, kind.word(), host],
        Bound::read,
    )
}

/// The oldest bind of an instance in a state.
pub(super) fn first(
    transaction: &mut Transaction<'_>,
    instance: u64,
    state: State,
) -> Result<Option<Bound>, Error> {
    transaction.find(FIRST, &values![instance, state], Bound::read)
}

/// Writes a new bind down.
pub(super) fn insert(
    transaction: &mut Transaction<'_>,
    instance: u64,
    bind: &NewBind,
    now: u64,
) -> Result<(), Error> {
    transaction.execute(
        "INSERT INTO broker_bind (instance, kind, subject, host, label, secret, parameters, state, \
         creator, created_at, was_ready) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        &values![
            instance,
            bind.kind.word(),
            &bind.subject,
            &bind.host,
            bind.label.as_str(),
            bind.sealed.clone(),
            bind.parameters.to_string(),
            State::Pending,
            &bind.creator,
            now
        ],
    )?;
    Ok(())
}

/// Puts a bind in another state.
pub(super) fn set_state(
    transaction: &mut Transaction<'_>,
    id: u64,
    state: State,
    failure: Option<&str>,
) -> Result<(), Error> {
    transaction.execute(
        "UPDATE broker_bind SET state = ?, failure = ? WHERE id = ?",
        &values![state, failure, id],
    )?;
    Ok(())
}

/// The binds of an instance that are still to be made or removed.
pub(super) fn unsettled(
    transaction: &mut Transaction<'_>,
    instance: u64,
) -> Result<Vec<u64>, Error> {
    transaction.query(
        "SELECT id FROM broker_bind WHERE instance = ? AND state IN (?, ?)",
        &values![instance, State::Pending, State::Deleting],
        |row| row.take(0),
    )
}
