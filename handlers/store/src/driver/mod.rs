//! A connection to a database, whichever it is.

mod mysql;
mod mysql_error;
mod mysql_url;
mod mysql_value;
mod sqlite;
mod sqlite_error;

use std::ops::ControlFlow;

pub(crate) use mysql_url::parse as parse_mysql;

use crate::address::{Address, Database};
use crate::{Dialect, Error, Row, Value};

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
    /// Makes the transaction's changes final. If it fails, there may be something to roll back.
    fn commit(&mut self) -> Result<(), Error>;
    /// Undoes the transaction's changes, if there is one.
    fn rollback(&mut self) -> Result<(), Error>;
    /// Whether there is a transaction that goes on: some failures of a statement end it.
    fn is_in_transaction(&self) -> bool;
    /// Begins a piece of the transaction that may be undone alone.
    fn begin_piece(&mut self) -> Result<(), Error>;
    /// Ends the piece, whose changes stay in the transaction.
    fn keep_piece(&mut self) -> Result<(), Error>;
    /// Ends the piece, and undoes its changes.
    fn undo_piece(&mut self) -> Result<(), Error>;
    /// Keeps others from changing the shape of the tables.
    fn lock_schema(&mut self) -> Result<(), Error>;
    /// Lets them again.
    fn unlock_schema(&mut self) -> Result<(), Error>;
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It only reads, and sees the database as it was at one moment.
    Read,
    /// It changes something.
    Write,
    /// It changes the shape of the tables, which may take long.
    Shape,
}

/// Opens a connection for transactions of one kind.
pub(crate) fn connect(database: &Database, access: Access) -> Result<Box<dyn Connection>, Error> {
    match &database.address {
        Address::Sqlite(path) => Ok(Box::new(sqlite::Sqlite::open(path, access)?)),
        Address::Mysql(server) => Ok(Box::new(mysql::Mysql::connect(server, access)?)),
    }
}
