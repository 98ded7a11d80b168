//! A connection to a file of SQLite.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use rusqlite::ffi::ErrorCode;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Statement, ToSql};

use super::{Access, Connection, See};
use crate::{Dialect, Error, ErrorKind, Row, Value};

/// How long a statement waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How many statements are kept prepared.
const STATEMENTS_MAX: usize = 64;

// WAL, so that readers and the writer do not wait for one another; FULL, so that what is committed
// is on the disk (https://sqlite.org/pragma.html#pragma_synchronous).
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -16384;
";

/// A connection to a file.
pub(super) struct Sqlite {
    inner: rusqlite::Connection,
}

impl Sqlite {
    pub(super) fn open(path: &Path, access: Access) -> Result<Sqlite, Error> {
        let inner = rusqlite::Connection::open(path).map_err(from_sqlite)?;
        inner.busy_timeout(BUSY_TIMEOUT).map_err(from_sqlite)?;
        inner.execute_batch(SETTINGS).map_err(from_sqlite)?;
        let is_reader = access == Access::Read;
        inner
            .pragma_update(None, "query_only", is_reader)
            .map_err(from_sqlite)?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Ok(Sqlite { inner })
    }

    fn run(&self, sql: &str) -> Result<(), Error> {
        let mut statement = self.inner.prepare_cached(sql).map_err(from_sqlite)?;
        statement.execute([]).map_err(from_sqlite)?;
        Ok(())
    }
}

impl Connection for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        let mut statement = self.inner.prepare_cached(sql).map_err(from_sqlite)?;
        let count = statement
            .execute(rusqlite::params_from_iter(values))
            .map_err(from_sqlite)?;
        Ok(count as u64)
    }

    fn last_id(&self) -> u64 {
        self.inner.last_insert_rowid().cast_unsigned()
    }

    fn each(&mut self, sql: &str, values: &[Value], see: See<'_>) -> Result<(), Error> {
        let mut statement = self.inner.prepare_cached(sql).map_err(from_sqlite)?;
        see_rows(&mut statement, values, see)
    }

    fn begin(&mut self, access: Access) -> Result<(), Error> {
        match access {
            Access::Read => self.run("BEGIN DEFERRED"),
            Access::Write => self.run("BEGIN IMMEDIATE"),
        }
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.run("COMMIT").inspect_err(|_| {
            // Busy leaves it open.
            let _ = self.rollback();
        })
    }

    fn rollback(&mut self) -> Result<(), Error> {
        if self.inner.is_autocommit() {
            return Ok(());
        }
        self.run("ROLLBACK")
    }

    // A full disk, among others, ends the transaction (https://sqlite.org/lang_transaction.html).
    fn survives(&mut self, _: ErrorKind) -> bool {
        !self.inner.is_autocommit()
    }

    fn lock_schema(&mut self) -> Result<(), Error> {
        self.begin(Access::Write)
    }

    fn unlock_schema(&mut self) -> Result<(), Error> {
        self.commit()
    }
}

fn see_rows(statement: &mut Statement<'_>, values: &[Value], see: See<'_>) -> Result<(), Error> {
    let columns = statement.column_count();
    let mut rows = statement
        .query(rusqlite::params_from_iter(values))
        .map_err(from_sqlite)?;
    while let Some(found) = rows.next().map_err(from_sqlite)? {
        let mut row = Row {
            values: Vec::with_capacity(columns),
        };
        for column in 0..columns {
            let value = found.get_ref(column).map_err(from_sqlite)?;
            row.values.push(owned(value)?);
        }
        if see(&mut row)? == ControlFlow::Break(()) {
            break;
        }
    }
    Ok(())
}

fn owned(value: ValueRef<'_>) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => {
                let why = "a text in the database is not UTF-8";
                return Err(Error::new(ErrorKind::Broken, why));
            }
        },
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn from_sqlite(error: rusqlite::Error) -> Error {
    let kind = match &error {
        rusqlite::Error::SqliteFailure(failure, _) => kind_of(*failure),
        _ => ErrorKind::Broken,
    };
    Error::new(kind, error.to_string())
}

fn kind_of(failure: rusqlite::ffi::Error) -> ErrorKind {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
    match (failure.code, failure.extended_code) {
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => ErrorKind::Busy,
        (ErrorCode::DiskFull, _) => ErrorKind::Full,
        (_, SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_UNIQUE) => ErrorKind::Duplicate,
        (ErrorCode::CannotOpen | ErrorCode::SystemIoFailure, _) => ErrorKind::Unavailable,
        _ => ErrorKind::Broken,
    }
}
