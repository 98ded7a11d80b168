//! A connection to a server of MySQL or MariaDB.

use std::ops::ControlFlow;
use std::time::Duration;

use mysql::consts::CapabilityFlags;
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};

use super::mysql_error::{from_connecting, from_mysql};
use super::mysql_value::{from_server, parameters};
use super::{Access, Connection, See};
use crate::address::MysqlServer;
use crate::{Dialect, Error, ErrorKind, Row, Value};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the server may take for a statement, or to take one.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long it may take to change a table, with all that is in it.
const SHAPE_TIMEOUT: Duration = Duration::from_secs(600);
/// How many statements are kept prepared.
const STATEMENTS_MAX: usize = 64;
/// How many bytes a statement may have, if the server does not say.
const SIZE_MAX: usize = 1 << 20;
/// How many bytes a value may take besides its own.
const HEAD_MAX: usize = 16;

// Who wants a row that somebody else keeps is in the way of others in the same transaction. Text is
// compared byte by byte, as in SQLite.
const SETTINGS: [&str; 2] = [
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
    "SET SESSION innodb_lock_wait_timeout = 2, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
];

/// A connection to a server.
pub(super) struct Mysql {
    inner: Conn,
    state: State,
    /// How many bytes a statement may have with its values: at more, the server hangs up.
    size_max: usize,
}

/// What is known of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// There is none.
    Idle,
    /// There is one.
    Open,
    /// The server has undone it, or should.
    Over,
}

impl Mysql {
    pub(super) fn connect(server: &MysqlServer, access: Access) -> Result<Mysql, Error> {
        let failed = |error| from_connecting(error, &server.host, server.port);
        let mut inner = Conn::new(options(server, access)).map_err(failed)?;
        let size_max = inner.query_first("SELECT @@max_allowed_packet");
        let size_max: Option<usize> = size_max.map_err(failed)?;
        Ok(Mysql {
            inner,
            state: State::Idle,
            size_max: size_max.unwrap_or(SIZE_MAX),
        })
    }

    fn check_size(&self, sql: &str, values: &[Value]) -> Result<(), Error> {
        let size = sql.len()
            + values
                .iter()
                .map(|value| HEAD_MAX + value.size())
                .sum::<usize>();
        if size <= self.size_max {
            return Ok(());
        }
        let why = format!(
            "a statement has {size} bytes with its values, expected at most {}",
            self.size_max
        );
        Err(Error::new(ErrorKind::Broken, why))
    }

    fn run(&mut self, sql: &str) -> Result<(), Error> {
        let done = self.inner.query_drop(sql);
        done.map_err(|error| self.failed(error))
    }

    // Some failures end the transaction: a deadlock does, a lock that was waited for may, and a lost
    // connection does. (https://dev.mysql.com/doc/refman/8.4/en/innodb-error-handling.html)
    fn failed(&mut self, error: mysql::Error) -> Error {
        let error = from_mysql(error);
        if self.state == State::Open && (error.is_retryable() || error.kind() == ErrorKind::Full) {
            self.state = State::Over;
        }
        error
    }
}

fn options(server: &MysqlServer, access: Access) -> OptsBuilder {
    let timeout = match access {
        Access::Read | Access::Write => STATEMENT_TIMEOUT,
        Access::Shape => SHAPE_TIMEOUT,
    };
    let settings = SETTINGS.into_iter().chain([isolation(access)]);
    OptsBuilder::new()
        .ip_or_hostname(Some(server.host.clone()))
        .tcp_port(server.port)
        .user(Some(server.user.clone()))
        .pass(server.password.clone())
        .db_name(Some(server.database.clone()))
        // A socket of this machine would be another way than the one that was given.
        .prefer_socket(false)
        .tcp_connect_timeout(Some(CONNECT_TIMEOUT))
        .read_timeout(Some(timeout))
        .write_timeout(Some(timeout))
        .stmt_cache_size(STATEMENTS_MAX)
        .additional_capabilities(CapabilityFlags::CLIENT_FOUND_ROWS)
        .init(settings.collect::<Vec<_>>())
}

impl Connection for Mysql {
    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        self.check_size(sql, values)?;
        if values.is_empty() {
            // Not everything can be prepared.
            self.run(sql)?;
        } else {
            let done = self.inner.exec_drop(sql, parameters(values));
            done.map_err(|error| self.failed(error))?;
        }
        Ok(self.inner.affected_rows())
    }

    fn last_id(&self) -> u64 {
        self.inner.last_insert_id()
    }

    fn each(&mut self, sql: &str, values: &[Value], see: See<'_>) -> Result<(), Error> {
        self.check_size(sql, values)?;
        match see_rows(&mut self.inner, sql, values, see) {
            Ok(()) => Ok(()),
            Err(Stop::Server(error)) => Err(self.failed(error)),
            Err(Stop::Seen(error)) => Err(error),
        }
    }

    fn begin(&mut self, access: Access) -> Result<(), Error> {
        self.run(match access {
            Access::Read => "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            Access::Write | Access::Shape => "START TRANSACTION READ WRITE",
        })?;
        self.state = State::Open;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.run("COMMIT").map_err(|error| match error.kind() {
            // Nobody knows how far it came.
            ErrorKind::Unavailable => Error::new(ErrorKind::Uncertain, error.to_string()),
            _ => error,
        })?;
        self.state = State::Idle;
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), Error> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => Ok(()),
            State::Open | State::Over => self.run("ROLLBACK"),
        }
    }

    fn is_in_transaction(&self) -> bool {
        self.state == State::Open
    }

    // One with the name of another takes its place.
    fn begin_piece(&mut self) -> Result<(), Error> {
        self.run("SAVEPOINT piece")
    }

    fn keep_piece(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn undo_piece(&mut self) -> Result<(), Error> {
        self.run("ROLLBACK TO SAVEPOINT piece")
    }

    fn lock_schema(&mut self) -> Result<(), Error> {
        let got = self
            .inner
            .query_first("SELECT GET_LOCK('micro.schema', 60)");
        let got: Option<Option<i64>> = got.map_err(from_mysql)?;
        match got {
            Some(Some(1)) => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Busy,
                "another program has been changing the tables for a minute",
            )),
        }
    }

    fn unlock_schema(&mut self) -> Result<(), Error> {
        self.run("DO RELEASE_LOCK('micro.schema')")
    }
}

/// Why rows are no longer shown.
enum Stop {
    Server(mysql::Error),
    Seen(Error),
}

fn see_rows(inner: &mut Conn, sql: &str, values: &[Value], see: See<'_>) -> Result<(), Stop> {
    let found = inner
        .exec_iter(sql, parameters(values))
        .map_err(Stop::Server)?;
    let mut shown = Row { values: Vec::new() };
    for row in found {
        let row = row.map_err(Stop::Server)?;
        let columns = row.columns();
        let values = row.unwrap().into_iter().zip(columns.iter());
        shown.values.clear();
        for (value, column) in values {
            shown
                .values
                .push(from_server(value, column).map_err(Stop::Seen)?);
        }
        if see(&mut shown).map_err(Stop::Seen)? == ControlFlow::Break(()) {
            break;
        }
    }
    Ok(())
}

// What is read is of one moment. What is changed is looked at anew in each statement, so that it is
// as others left it.
fn isolation(access: Access) -> &'static str {
    match access {
        Access::Read => "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        Access::Write | Access::Shape => "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_either_version_are_connected_to() {
        for host in ["[::1]", "::1", "127.0.0.1", "localhost"] {
            let server = MysqlServer {
                host: host.to_owned(),
                port: 1,
                user: "app".to_owned(),
                password: Some("hunter2".to_owned()),
                database: "shop".to_owned(),
            };
            let Err(error) = Mysql::connect(&server, Access::Read) else {
                panic!("nobody listens there");
            };
            let told = error.to_string();
            assert!(
                told.starts_with(&format!("cannot connect to {host}:1: ")),
                "{told}"
            );
            assert!(told.to_lowercase().contains("refused"), "{told}");
        }
    }
}
