//! A line to a database that is opened when it is needed, and again when it was lost.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::address::Database;
use crate::driver::{self, Access, Connection};
use crate::migration::migrate;
use crate::work::Work;
use crate::{Error, ErrorKind, Schema};

/// How long a failure to connect is told to others, before it is tried again; or until some other line
/// is opened.
const PAUSE: Duration = Duration::from_millis(200);
/// How long an attempt may have taken to be followed by another one.
const AGAIN_WITHIN: Duration = Duration::from_secs(1);

/// A line to a database.
pub(crate) struct Line {
    database: Database,
    access: Access,
    /// The tables that have to be there, until they are.
    schema: Option<Schema>,
    connection: Option<Box<dyn Connection>>,
    failed: Option<Failed>,
}

/// A failure to connect.
struct Failed {
    when: Instant,
    error: Error,
    /// How often lines to this database had been opened before.
    opened: u64,
}

impl Line {
    pub(crate) fn new(database: Database, access: Access, schema: Option<Schema>) -> Line {
        Line {
            database,
            access,
            schema,
            connection: None,
            failed: None,
        }
    }

    /// Statements that take longer are logged.
    pub(crate) fn long_query(&self) -> Duration {
        self.database.long_query
    }

    /// The connection; opened, if it is not open.
    pub(crate) fn connection(&mut self) -> Result<&mut dyn Connection, Error> {
        if self.connection.is_none() {
            self.connection = Some(self.open()?);
        }
        let connection = self.connection.as_mut().expect("it was opened");
        Ok(connection.as_mut())
    }

    /// Gives the connection up.
    pub(crate) fn hang_up(&mut self) {
        self.connection = None;
    }

    fn open(&mut self) -> Result<Box<dyn Connection>, Error> {
        let count = self.database.opened.load(Ordering::Relaxed);
        if let Some(Failed {
            when,
            error,
            opened,
        }) = &self.failed
            && when.elapsed() < PAUSE
            && *opened == count
        {
            return Err(error.share());
        }
        let opened = self.open_now();
        self.failed = opened.as_ref().err().map(|error| Failed {
            when: Instant::now(),
            error: error.share(),
            opened: count,
        });
        if opened.is_ok() {
            self.database.opened.fetch_add(1, Ordering::Relaxed);
        }
        opened
    }

    fn open_now(&mut self) -> Result<Box<dyn Connection>, Error> {
        let connection = driver::connect(&self.database, self.access)?;
        if let Some(schema) = self.schema {
            let mut patient = driver::connect(&self.database, Access::Shape)?;
            migrate(patient.as_mut(), schema)?;
            self.schema = None;
        }
        Ok(connection)
    }
}

/// Whether the connection turned out to be lost, as it is if the server was started anew since the
/// last work: then another is worth an attempt, unless it took long already.
pub(crate) fn is_lost(result: &Result<(), Error>, begin: Instant) -> bool {
    let is_lost = matches!(result, Err(error) if error.kind() == ErrorKind::Unavailable);
    is_lost && begin.elapsed() < AGAIN_WITHIN
}

/// Whether other work would fail in the same way.
pub(crate) fn is_nobody_there(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Uncertain)
}

/// Tells those who wait that nobody was there, if that took long to find out: each might find it out
/// by itself only, and as slowly. To be done before anybody is told, who might ask for something else.
pub(crate) fn turn_away(queue: &Receiver<Box<dyn Work>>, error: &Error, begin: Instant) {
    if begin.elapsed() < AGAIN_WITHIN {
        return;
    }
    for piece in queue.try_iter().take(queue.len()) {
        let why = Error::new(ErrorKind::Unavailable, error.to_string());
        piece.tell(Err(why));
    }
}
