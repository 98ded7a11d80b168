//! An instance as it is written down.

use micro_api::Value;
use micro_store::{Error, Row, Sql, Transaction, values};

use super::from_json;
use crate::provisioner::{Instance, Label};
use crate::state::State;

/// An instance as it is written down.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: u64,
    pub(crate) state: State,
    pub(crate) plan: String,
    pub(crate) team: String,
    pub(crate) description: String,
    pub(crate) tags: Vec<String>,
    pub(crate) creator: String,
    /// When it was created, in milliseconds since 1970.
    pub(crate) created_at: u64,
    /// From when on it is said to be up; 0 if it was never ready.
    pub(crate) up_at: u64,
    /// Why it failed, or why what is to be done about it was not done yet.
    pub(crate) failure: Option<String>,
    /// Since when that is to be done.
    pub(super) since: u64,
    /// How often it was tried.
    pub(super) attempts: u64,
    /// Who is at it, if anybody.
    pub(super) runner: String,
    /// From when on another one may be; nothing if there is nothing to do.
    pub(super) due: Option<u64>,
    /// What a provisioner is told.
    pub(crate) outside: Instance,
}

/// An instance that somebody wants.
pub(crate) struct NewInstance {
    pub(crate) name: String,
    pub(crate) label: Label,
    pub(crate) plan: String,
    pub(crate) team: String,
    pub(crate) description: String,
    pub(crate) tags: Vec<String>,
    pub(crate) parameters: Value,
    pub(crate) creator: String,
}

macro_rules! columns {
    () => {
        "SELECT id, name, label, plan, state, team, description, tags, parameters, creator, created_at, \
         up_at, failure, since, attempts, runner, due FROM broker_instance"
    };
}

impl Held {
    fn read(row: &mut Row) -> Result<Held, Error> {
        let label = Label(row.take(2)?);
        Ok(Held {
            id: row.take(0)?,
            outside: Instance {
                label,
                name: row.take(1)?,
                parameters: from_json(&row.take::<String>(8)?)?,
            },
            plan: row.take(3)?,
            state: row.take(4)?,
            team: row.take(5)?,
            description: row.take(6)?,
            tags: from_json(&row.take::<String>(7)?)?,
            creator: row.take(9)?,
            created_at: row.take(10)?,
            up_at: row.take(11)?,
            failure: row.take(12)?,
            since: row.take(13)?,
            attempts: row.take(14)?,
            runner: row.take(15)?,
            due: row.take(16)?,
        })
    }

    /// What the platform calls it.
    pub(crate) fn name(&self) -> &str {
        &self.outside.name
    }
}

const FIND: &str = concat!(columns!(), " WHERE name = ?");
const FIND_TO_CHANGE: Sql = Sql::each(
    concat!(columns!(), " WHERE name = ?"),
    concat!(columns!(), " WHERE name = ? FOR UPDATE"),
);
const FIND_BY_ID: Sql = Sql::each(
    concat!(columns!(), " WHERE id = ?"),
    concat!(columns!(), " WHERE id = ? FOR UPDATE"),
);

/// The instance with this name.
pub(crate) fn find_instance(
    transaction: &mut Transaction<'_>,
    name: &str,
) -> Result<Option<Held>, Error> {
    transaction.find(FIND, &values![name], Held::read)
}

/// The same, for a change: others wait until it is final.
pub(super) fn find_to_change(
    transaction: &mut Transaction<'_>,
    name: &str,
) -> Result<Option<Held>, Error> {
    transaction.find(FIND_TO_CHANGE, &values![name], Held::read)
}

/// The same, by its number.
pub(super) fn find_by_id(
    transaction: &mut Transaction<'_>,
    id: u64,
) -> Result<Option<Held>, Error> {
    transaction.find(FIND_BY_ID, &values![id], Held::read)
}

/// How many binds an instance has, or will have.
pub(crate) fn count_binds(transaction: &mut Transaction<'_>, id: u64) -> Result<u64, Error> {
    let count = "SELECT COUNT(*) FROM broker_bind WHERE instance = ? AND state <> ?";
    let count = transaction.find(count, &values![id, State::Deleting], |row| row.take(0))?;
    Ok(count.unwrap_or(0))
}
