//! A line to a database that is opened when it is needed, and again when it was lost.

use std::time::{Duration, Instant};

use crate::address::Address;
use crate::driver::{self, Access, Connection};
use crate::migration::migrate;
use crate::{Error, Schema};

/// How long a failure to connect is told to others, before it is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// A line to a database.
pub(crate) struct Line {
    address: Address,
    access: Access,
    /// The tables that have to be there, until they are.
    schema: Option<Schema>,
    connection: Option<Box<dyn Connection>>,
    failed: Option<(Instant, Error)>,
}

impl Line {
    pub(crate) fn new(address: Address, access: Access, schema: Option<Schema>) -> Line {
        Line {
            address,
            access,
            schema,
            connection: None,
            failed: None,
        }
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
        if let Some((when, error)) = &self.failed
            && when.elapsed() < PAUSE
        {
            return Err(error.share());
        }
        self.failed = None;
        let opened = self.open_now();
        if let Err(error) = &opened {
            self.failed = Some((Instant::now(), error.share()));
        }
        opened
    }

    fn open_now(&mut self) -> Result<Box<dyn Connection>, Error> {
        let mut connection = driver::connect(&self.address, self.access)?;
        if let Some(schema) = self.schema {
            migrate(connection.as_mut(), schema)?;
            self.schema = None;
        }
        Ok(connection)
    }
}
