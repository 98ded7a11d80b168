//! What work does in a database: statements that are done together, or not at all.

use std::ops::ControlFlow;

use crate::driver::Connection;
use crate::{Error, Row, Sql, Value};

/// Statements that are done together, or not at all.
///
/// A statement that fails leaves the others as they are, and work may go on without it. Some failures
/// end the transaction, such as a deadlock: then every further statement fails as well, and so does
/// the work.
pub struct Transaction<'a> {
    connection: &'a mut dyn Connection,
    /// Why there is no transaction any more.
    ended: Option<Error>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(connection: &'a mut dyn Connection) -> Transaction<'a> {
        Transaction {
            connection,
            ended: None,
        }
    }

    /// Why it is over before its work was, if it is.
    pub(crate) fn ended(self) -> Option<Error> {
        self.ended
    }

    /// Does what a statement says; gives the number of rows that it inserted, deleted, or found to
    /// update.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub fn execute(&mut self, sql: impl Into<Sql>, values: &[Value]) -> Result<u64, Error> {
        let text = sql.into().text(self.connection.dialect());
        self.go_on()?;
        let result = self.connection.execute(text, values);
        self.watch(result)
    }

    /// Inserts a row, and gives the number that the database gave it.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub fn insert(&mut self, sql: impl Into<Sql>, values: &[Value]) -> Result<u64, Error> {
        self.execute(sql, values)?;
        Ok(self.connection.last_id())
    }

    /// All rows that a statement finds, each read by `read`.
    ///
    /// # Errors
    ///
    /// If the database refuses, or `read` fails.
    pub fn query<T>(
        &mut self,
        sql: impl Into<Sql>,
        values: &[Value],
        mut read: impl FnMut(&mut Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        self.each(sql, values, |row| {
            found.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// The first row that a statement finds, read by `read`.
    ///
    /// # Errors
    ///
    /// If the database refuses, or `read` fails.
    pub fn find<T>(
        &mut self,
        sql: impl Into<Sql>,
        values: &[Value],
        mut read: impl FnMut(&mut Row) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut found = None;
        self.each(sql, values, |row| {
            found = Some(read(row)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// Shows `see` the rows that a statement finds, one by one, until it has seen enough.
    ///
    /// # Errors
    ///
    /// If the database refuses, or `see` fails.
    pub fn each(
        &mut self,
        sql: impl Into<Sql>,
        values: &[Value],
        mut see: impl FnMut(&mut Row) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let text = sql.into().text(self.connection.dialect());
        self.go_on()?;
        let result = self.connection.each(text, values, &mut see);
        self.watch(result)
    }

    // Without a transaction, a statement would be made final by itself.
    fn go_on(&self) -> Result<(), Error> {
        self.ended
            .as_ref()
            .map_or(Ok(()), |error| Err(error.share()))
    }

    fn watch<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result
            && !self.connection.is_in_transaction()
        {
            self.ended = Some(error.share());
        }
        result
    }
}
