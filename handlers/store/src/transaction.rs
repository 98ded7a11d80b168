//! What work does in a database: statements that are done together, or not at all.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::driver::Connection;
use crate::term::Term;
use crate::{Error, Row, Sql, Value};

/// Statements that are done together, or not at all.
///
/// A statement that fails leaves the others as they are, and work may go on without it. Some failures
/// end the transaction, such as a deadlock: then every further statement fails as well, and so does
/// the work.
pub struct Transaction<'a> {
    connection: &'a mut dyn Connection,
    /// Statements that take longer are logged.
    long_query: Duration,
    /// Until when it may go on.
    term: Option<&'a Term>,
    /// Whether there is something to undo.
    is_changed: bool,
    /// Why there is no transaction any more.
    ended: Option<Error>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(connection: &'a mut dyn Connection, long_query: Duration) -> Transaction<'a> {
        Transaction {
            connection,
            long_query,
            term: None,
            is_changed: false,
            ended: None,
        }
    }

    /// The same, which may go on for so long.
    pub(crate) fn with_term(mut self, term: Option<&'a Term>) -> Transaction<'a> {
        self.term = term;
        self
    }

    /// Whether there is something to undo; fails if the transaction was over before its work was.
    pub(crate) fn end(self) -> Result<bool, Error> {
        self.ended.map_or(Ok(self.is_changed), Err)
    }

    /// Does what a statement says; gives the number of rows that it inserted, deleted, or found to
    /// update.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub fn execute(&mut self, sql: impl Into<Sql>, values: &[Value]) -> Result<u64, Error> {
        let text = sql.into().text(self.connection.dialect());
        let count = self.run(text, |connection, _| connection.execute(text, values))?;
        self.is_changed |= count > 0 || !is_of_rows(text);
        Ok(count)
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

    /// The first row that a statement finds, read by `read`. A server sends the others, too, unless the
    /// statement has a `LIMIT`.
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

    /// Shows `see` the rows that a statement finds, one by one, until it has seen enough, or until a
    /// [snapshot](crate::Store::snapshot) has been held for too long.
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
        self.is_changed |= !text.starts_with("SELECT");
        let term = self.term;
        self.run(text, |connection, elsewhere| {
            connection.each(text, values, &mut |row| {
                let begin = Instant::now();
                term.map_or(Ok(()), |term| term.check(begin))?;
                let seen = see(row);
                *elsewhere += begin.elapsed();
                seen
            })
        })
    }

    /// Runs a statement, which tells how much of its time it spent elsewhere than in the database.

    fn run<T>(
        &mut self,
        text: &str,
        run: impl FnOnce(&mut dyn Connection, &mut Duration) -> Result<T, Error>,
    ) -> Result<T, Error> {
        // Without a transaction, a statement would be made final by itself.
        if let Some(error) = &self.ended {
            return Err(error.share());
        }
        let begin = Instant::now();
        self.term.map_or(Ok(()), |term| term.check(begin))?;
        let mut elsewhere = Duration::ZERO;
        let result = run(self.connection, &mut elsewhere);
        let time = begin.elapsed().saturating_sub(elsewhere);
        if time > self.long_query {
            let words: Vec<&str> = text.split_whitespace().collect();
            let (seconds, text) = (time.as_secs_f64(), words.join(" "));
            log::warn!("a statement took {seconds:.3} s: {text}");
        }
        if let Err(error) = &result
            && !self.connection.is_in_transaction()
        {
            self.ended = Some(error.share());
        }
        result
    }
}

/// Whether a statement changes the rows that it tells the number of, and nothing else.
fn is_of_rows(text: &str) -> bool {
    ["INSERT", "UPDATE", "DELETE"]
        .iter()
        .any(|word| text.starts_with(word))
}
