//! The shape of the tables, brought up to date step by step.

use std::time::Duration;

use crate::driver::Connection;
use crate::{Dialect, Error, ErrorKind, Sql, Transaction, values};

/// A step from one shape of the tables to the next. Once it was in use it never changes; what comes
/// later is another step.
///
/// Text is compared byte by byte: on a server of MySQL, a `CREATE TABLE` with nothing behind its
/// last parenthesis is given the collation for that.
///
/// Such a server makes each change of a table final at once, and may be stopped in the middle of
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

/// How a server of MySQL keeps and compares text, if a table does not say.
const TEXT: &str = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

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
    step(connection, Sql::same(VERSIONS))?;
    let done = count(connection, schema.pack)?;
    let Some(missing) = schema.migrations.get(done..) else {
        return Err(newer(schema, done));
    };
    for (version, migration) in (done + 1..).zip(missing) {
        for &statement in migration.statements {
            step(connection, statement)?;
        }
        Transaction::new(connection, Duration::MAX).execute(
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

fn step(connection: &mut dyn Connection, statement: Sql) -> Result<(), Error> {
    let text = statement.text(connection.dialect());
    let is_bare_table = text.starts_with("CREATE TABLE") && text.trim_end().ends_with(')');
    let done = match connection.dialect() {
        Dialect::Mysql if is_bare_table => connection.execute(&format!("{text} {TEXT}"), &[]),
        _ => connection.execute(text, &[]),
    };
    done.map(drop)
}

/// How many steps were done.
fn count(connection: &mut dyn Connection, pack: &str) -> Result<usize, Error> {
    let count = Transaction::new(connection, Duration::MAX).find(
        "SELECT COUNT(*) FROM micro_migration WHERE pack = ?",
        &values![pack],
        |row| row.take::<u64>(0),
    )?;
    Ok(usize::try_from(count.unwrap_or(0)).unwrap_or(usize::MAX))
}

fn newer(schema: Schema, done: usize) -> Error {
    let (pack, known) = (schema.pack, schema.migrations.len());
    let why = format!(
        "the tables of {pack} have version {done}, but this program knows versions up to {known}: \
         they were made by a newer one"
    );
    Error::new(ErrorKind::Broken, why)
}
