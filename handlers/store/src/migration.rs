//! The shape of the tables, brought up to date step by step.

use crate::driver::Connection;
use crate::{Error, ErrorKind, Sql, Transaction, values};

/// A step from one shape of the tables to the next. Once it was in use it never changes; what comes
/// later is another step.
///
/// A server of MySQL makes each change of a table final at once, and may be stopped in the middle of
/// a step: its statements say `IF NOT EXISTS`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// What it does, for the version table.
    pub name: &'static str,
    /// Its statements, in order.
    pub statements: &'static [Sql],
}

/// The tables of a pack.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The pack; several may share a database.
    pub pack: &'static str,
    /// Its steps, the oldest first: the version of the tables is how many of them were done.
    pub migrations: &'static [Migration],
}

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS micro_migration (
    pack VARCHAR(64) NOT NULL,
    version INTEGER NOT NULL,
    name VARCHAR(200) NOT NULL,
    PRIMARY KEY (pack, version)
)";

/// Does the steps that were not done yet.
pub(crate) fn migrate(connection: &mut dyn Connection, schema: Schema) -> Result<(), Error> {
    connection.lock_schema()?;
    let result = steps(connection, schema);
    match result {
        Ok(()) => connection.unlock_schema(),
        Err(error) => {
            // The first error says more than a second would.
            let _ = connection.rollback();
            let _ = connection.unlock_schema();
            Err(error)
        }
    }
}

fn steps(connection: &mut dyn Connection, schema: Schema) -> Result<(), Error> {
    let mut transaction = Transaction::new(connection);
    transaction.execute(VERSIONS, &[])?;
    let done = transaction.find(
        "SELECT COUNT(*) FROM micro_migration WHERE pack = ?",
        &values![schema.pack],
        |row| row.take::<u64>(0),
    )?;
    let done = usize::try_from(done.unwrap_or(0)).unwrap_or(usize::MAX);
    let Some(missing) = schema.migrations.get(done..) else {
        return Err(newer(schema, done));
    };
    for (version, migration) in (done + 1..).zip(missing) {
        for &statement in migration.statements {
            transaction.execute(statement, &[])?;
        }
        transaction.execute(
            "INSERT INTO micro_migration (pack, version, name) VALUES (?, ?, ?)",
            &values![schema.pack, version as u64, migration.name],
        )?;
        log::info!(
            "the tables of {} are at version {version}: {}",
            schema.pack,
            migration.name
        );
    }
    Ok(())
}

fn newer(schema: Schema, done: usize) -> Error {
    let (pack, known) = (schema.pack, schema.migrations.len());
    let why = format!(
        "the tables of {pack} have version {done}, but this program knows versions up to {known}: \
         they were made by a newer one"
    );
    Error::new(ErrorKind::Broken, why)
}
