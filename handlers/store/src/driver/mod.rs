//! A connection to a database, whichever it is.

mod mysql;
mod sqlite;

use std::ops::ControlFlow;

pub(crate) use mysql::parse_url as parse_mysql;

use crate::address::Address;
use crate::{Dialect, Error, ErrorKind, Row, Value};

/// What rows are shown to.
pub(crate) type See<'a> = &'a mut dyn FnMut(&mut Row) -> Result<ControlFlow<()>, Error>;

/// A connection to a database. It belongs to one thread.
pub(crate) trait Connection: Send {
    /// The database's language.
    fn dialect(&self) -> Dialect;
    /// Does what a statement says; how many rows it concerned.
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error>;
    /// The number that the last inserted row was given.
    fn last_id(&self) -> u64;
    /// Shows the rows that a statement finds, one by one.
    fn each(&mut self, sql: &str, values: &[Value], see: See<'_>) -> Result<(), Error>;
    /// Begins a transaction.
    fn begin(&mut self, access: Access) -> Result<(), Error>;
    /// Makes the transaction's changes final. If it fails, the transaction is over as well.
    fn commit(&mut self) -> Result<(), Error>;
    /// Undoes the transaction's changes, if there is one.
    fn rollback(&mut self) -> Result<(), Error>;
    /// Whether the transaction goes on after a statement that failed like this.
    fn survives(&mut self, error: ErrorKind) -> bool;
    /// Keeps others from changing the shape of the tables.
    fn lock_schema(&mut self) -> Result<(), Error>;
    /// Lets them again.
    fn unlock_schema(&mut self) -> Result<(), Error>;
}

/// What a transaction will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It only reads, and sees the database as it was at one moment.
    Read,
    /// It changes something.
    Write,
}

/// Opens a connection for transactions of one kind.
pub(crate) fn connect(address: &Address, access: Access) -> Result<Box<dyn Connection>, Error> {
    match address {
        Address::Sqlite(path) => Ok(Box::new(sqlite::Sqlite::open(path, access)?)),
        Address::Mysql(server) => Ok(Box::new(mysql::Mysql::connect(server, access)?)),
    }
}
