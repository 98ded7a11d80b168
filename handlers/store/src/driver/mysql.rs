//! A connection to a server of MySQL or MariaDB.

use std::ops::ControlFlow;
use std::time::Duration;

use mysql::consts::CapabilityFlags;
use mysql::prelude::Queryable;
use mysql::{Conn, Opts, OptsBuilder, Params};

use super::{Access, Connection, See};
use crate::address::MysqlServer;
use crate::{Dialect, Error, ErrorKind, Row, Value};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the server may take for a statement, or to take one.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// How many statements are kept prepared.
const STATEMENTS_MAX: usize = 64;

// Changes wait for the rows of others no longer than for another process in SQLite.
const SETTINGS: [&str; 2] = [
    "SET NAMES utf8mb4",
    "SET SESSION innodb_lock_wait_timeout = 5, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
];

/// A connection to a server.
pub(super) struct Mysql {
    inner: Conn,
    is_in_transaction: bool,
}

impl Mysql {
    pub(super) fn connect(server: &MysqlServer, access: Access) -> Result<Mysql, Error> {
        let settings = SETTINGS.into_iter().chain([isolation(access)]);
        let options = OptsBuilder::new()
            .ip_or_hostname(Some(server.host.clone()))
            .tcp_port(server.port)
            .user(Some(server.user.clone()))
            .pass(server.password.clone())
            .db_name(Some(server.database.clone()))
            // A socket of this machine would be another way than the one that was given.
            .prefer_socket(false)
            .tcp_connect_timeout(Some(CONNECT_TIMEOUT))
            .read_timeout(Some(STATEMENT_TIMEOUT))
            .write_timeout(Some(STATEMENT_TIMEOUT))
            .stmt_cache_size(STATEMENTS_MAX)
            .additional_capabilities(CapabilityFlags::CLIENT_FOUND_ROWS)
            .init(settings.collect::<Vec<_>>());
        let inner = Conn::new(options).map_err(from_mysql)?;
        Ok(Mysql {
            inner,
            is_in_transaction: false,
        })
    }

    fn run(&mut self, sql: &str) -> Result<(), Error> {
        self.inner.query_drop(sql).map_err(from_mysql)
    }
}

impl Connection for Mysql {
    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        self.inner
            .exec_drop(sql, parameters(values))
            .map_err(from_mysql)?;
        Ok(self.inner.affected_rows())
    }

    fn last_id(&self) -> u64 {
        self.inner.last_insert_id()
    }

    fn each(&mut self, sql: &str, values: &[Value], see: See<'_>) -> Result<(), Error> {
        let found = self
            .inner
            .exec_iter(sql, parameters(values))
            .map_err(from_mysql)?;
        for row in found {
            let values = row.map_err(from_mysql)?.unwrap();
            let values = values
                .into_iter()
                .map(from_server)
                .collect::<Result<_, _>>()?;
            if see(&mut Row { values })? == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn begin(&mut self, access: Access) -> Result<(), Error> {
        self.run(match access {
            Access::Read => "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            Access::Write => "START TRANSACTION READ WRITE",
        })?;
        self.is_in_transaction = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.is_in_transaction = false;
        self.run("COMMIT").map_err(|error| match error.kind() {
            // Nobody knows how far it came.
            ErrorKind::Unavailable => Error::new(ErrorKind::Uncertain, error.to_string()),
            _ => error,
        })
    }

    fn rollback(&mut self) -> Result<(), Error> {
        if !std::mem::take(&mut self.is_in_transaction) {
            return Ok(());
        }
        self.run("ROLLBACK")
    }

    // A deadlock undoes the whole transaction, and a lost connection does
    // (https://mariadb.com/kb/en/mariadb-error-codes/, 1213).
    fn survives(&mut self, error: ErrorKind) -> bool {
        !error.is_retryable() && error != ErrorKind::Full
    }

    fn lock_schema(&mut self) -> Result<(), Error> {
        let got: Option<Option<i64>> = self
            .inner
            .query_first("SELECT GET_LOCK('micro.schema', 60)")
            .map_err(from_mysql)?;
        match got {
            Some(Some(1)) => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Busy,
                "another program has been changing the tables for a minute",
            )),
        }
    }

    fn unlock_schema(&mut self) -> Result<(), Error> {
        self.inner
            .query_drop("DO RELEASE_LOCK('micro.schema')")
            .map_err(from_mysql)
    }
}

/// Reads `mysql://USER:PASSWORD@HOST:PORT/DATABASE`; says what is wrong without telling the URL.
pub(crate) fn parse_url(url: &str) -> Result<MysqlServer, String> {
    let options = Opts::from_url(url).map_err(|error| error.to_string())?;
    let part = |part: Option<&str>, name: &str| {
        part.map(str::to_owned)
            .ok_or_else(|| format!("it has no {name}"))
    };
    Ok(MysqlServer {
        host: options.get_ip_or_hostname().into_owned(),
        port: options.get_tcp_port(),
        user: part(options.get_user(), "user")?,
        password: options.get_pass().map(str::to_owned),
        database: part(options.get_db_name(), "database")?,
    })
}

// What is read is of one moment. What is changed is looked at anew in each statement, so that it is
// as others left it.
fn isolation(access: Access) -> &'static str {
    match access {
        Access::Read => "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        Access::Write => "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    }
}

fn parameters(values: &[Value]) -> Params {
    if values.is_empty() {
        return Params::Empty;
    }
    Params::Positional(values.iter().map(to_server).collect())
}

fn to_server(value: &Value) -> mysql::Value {
    match value {
        Value::Null => mysql::Value::NULL,
        Value::Integer(number) => mysql::Value::Int(*number),
        Value::Real(number) => mysql::Value::Double(*number),
        Value::Text(text) => mysql::Value::Bytes(text.clone().into_bytes()),
        Value::Bytes(bytes) => mysql::Value::Bytes(bytes.clone()),
    }
}

// The server does not tell text from bytes: what is UTF-8 is text.
fn from_server(value: mysql::Value) -> Result<Value, Error> {
    Ok(match value {
        mysql::Value::NULL => Value::Null,
        mysql::Value::Int(number) => Value::Integer(number),
        mysql::Value::UInt(number) => Value::Integer(number.cast_signed()),
        mysql::Value::Float(number) => Value::Real(number.into()),
        mysql::Value::Double(number) => Value::Real(number),
        mysql::Value::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Value::Text(text),
            Err(error) => Value::Bytes(error.into_bytes()),
        },
        mysql::Value::Date(..) | mysql::Value::Time(..) => {
            let why = "a column is a date, expected a number, text or bytes";
            return Err(Error::new(ErrorKind::Broken, why));
        }
    })
}

fn from_mysql(error: mysql::Error) -> Error {
    let kind = match &error {
        mysql::Error::MySqlError(error) => kind_of(error.code),
        mysql::Error::IoError(_) | mysql::Error::DriverError(_) | mysql::Error::CodecError(_) => {
            ErrorKind::Unavailable
        }
        _ => ErrorKind::Broken,
    };
    Error::new(kind, error.to_string())
}

// https://mariadb.com/kb/en/mariadb-error-codes/
fn kind_of(code: u16) -> ErrorKind {
    match code {
        1205 | 1213 => ErrorKind::Busy,
        1062 => ErrorKind::Duplicate,
        1021 | 1114 => ErrorKind::Full,
        1040 | 1053 | 1077..=1079 | 1152 | 1158..=1161 | 1290 | 1836 | 1927 | 2006 | 2013 => {
            ErrorKind::Unavailable
        }
        _ => ErrorKind::Broken,
    }
}
