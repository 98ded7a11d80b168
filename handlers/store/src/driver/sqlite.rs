//! A connection to a file of SQLite.

use std::fs::Permissions;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, Statement, ToSql};

use super::sqlite_error::{from_commit, from_opening, from_sqlite, is_busy};
use super::{Access, Connection, See};
use crate::{Dialect, Error, ErrorKind, Row, Value};

/// How long a statement waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it waits before it tries again what SQLite itself does not.
const BUSY_PAUSE: Duration = Duration::from_millis(5);
/// How many statements are kept prepared.
const STATEMENTS_MAX: usize = 64;

// FULL, so that what is committed is on the disk (https://sqlite.org/pragma.html#pragma_synchronous).
const SETTINGS: &str = "
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
        let opened = match access {
            Access::Read => open_to_read(path),
            Access::Write | Access::Shape => open_to_write(path),
        };
        let inner = opened.map_err(|error| from_opening(&error, path))?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Ok(Sqlite { inner })
    }

    fn run(&self, sql: &str) -> Result<(), Error> {
        let mut statement = self.inner.prepare_cached(sql).map_err(from_sqlite)?;
        statement.execute([]).map_err(from_sqlite)?;
        Ok(())
    }
}

// A file that is not there is made by who writes, with its tables. Who reads changes `-shm`, too.
fn open_to_read(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let inner = open(path, OpenFlags::empty())?;
    inner.pragma_update(None, "query_only", true)?;
    Ok(inner)
}

fn open_to_write(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let is_new = !path.exists();
    let inner = open(path, OpenFlags::SQLITE_OPEN_CREATE)?;
    if is_new {
        close_to_others(path);
    }
    let begin = Instant::now();
    // Others that change it at the same time are not waited for by SQLite itself.
    while let Err(error) = use_log(&inner) {
        if !is_busy(&error) || begin.elapsed() > BUSY_TIMEOUT {
            return Err(error);
        }
        std::thread::sleep(BUSY_PAUSE);
    }
    Ok(inner)
}

fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<rusqlite::Connection> {
    let always = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let inner = rusqlite::Connection::open_with_flags(path, always | flags)?;
    inner.busy_timeout(BUSY_TIMEOUT)?;
    inner.execute_batch(SETTINGS)?;
    Ok(inner)
}

// With a log (WAL), readers and the writer do not wait for one another.
fn use_log(inner: &rusqlite::Connection) -> rusqlite::Result<()> {
    inner.pragma_update_and_check(None, "journal_mode", "wal", |row| {
        match row.get::<_, String>(0)?.as_str() {
            "wal" => Ok(()),
            _ => Err(rusqlite::Error::InvalidQuery),
        }
    })
}

// Its log gets the same permissions. A file system without any is none of our business.
fn close_to_others(path: &Path) {
    let _ = std::fs::set_permissions(path, Permissions::from_mode(0o600));
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
        self.run(match access {
            Access::Read => "BEGIN DEFERRED",
            Access::Write | Access::Shape => "BEGIN IMMEDIATE",
        })
    }

    fn commit(&mut self) -> Result<(), Error> {
        let mut statement = self.inner.prepare_cached("COMMIT").map_err(from_sqlite)?;
        statement.execute([]).map_err(from_commit)?;
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), Error> {
        if self.inner.is_autocommit() {
            return Ok(());
        }
        self.run("ROLLBACK")
    }

    // A full disk, among others, ends the transaction (https://sqlite.org/lang_transaction.html).
    fn is_in_transaction(&self) -> bool {
        !self.inner.is_autocommit()
    }

    fn begin_piece(&mut self) -> Result<(), Error> {
        self.run("SAVEPOINT piece")
    }

    fn keep_piece(&mut self) -> Result<(), Error> {
        self.run("RELEASE piece")
    }

    fn undo_piece(&mut self) -> Result<(), Error> {
        self.run("ROLLBACK TO piece")?;
        self.run("RELEASE piece")
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
    let mut shown = Row { values: Vec::new() };
    while let Some(found) = rows.next().map_err(from_sqlite)? {
        shown.values.clear();
        for column in 0..columns {
            let value = found.get_ref(column).map_err(from_sqlite)?;
            shown.values.push(owned(value)?);
        }
        if see(&mut shown)? == ControlFlow::Break(()) {
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
