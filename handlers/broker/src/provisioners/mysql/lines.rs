//! Connections of the administrator: kept while they are idle, and made anew when they are lost.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mysql::prelude::{FromRow, Queryable};
use mysql::{Conn, OptsBuilder};

use super::fault::Fault;
use crate::provisioner::Failure;
use crate::provisioners::server::Server;

const IDLE_MAX: usize = 8;
/// How long to wait before looking again whether something has come about.
const PAUSE: Duration = Duration::from_millis(10);

/// Connections to a server.
pub(super) struct Lines {
    server: Server,
    timeout: Duration,
    idle: Mutex<Vec<Conn>>,
}

impl Lines {
    /// None yet.
    pub(super) fn new(server: Server, timeout: Duration) -> Lines {
        Lines {
            server,
            timeout,
            idle: Mutex::default(),
        }
    }

    /// Does some work, which may be begun again: a connection that was idle may turn out to be lost.
    pub(super) fn with<T>(
        &self,
        work: impl Fn(&mut Line) -> Result<T, Fault>,
    ) -> Result<T, Failure> {
        let deadline = Instant::now() + self.timeout;
        let idle = self.idle().pop();
        if let Some(conn) = idle {
            let done = self.work_on(conn, deadline, &work);
            // The others have been idle as long, and are lost or silent as well.
            if done.as_ref().is_err_and(Fault::is_of_way) {
                self.idle().clear();
            }
            match done {
                Err(fault) if fault.is_lost => {}
                done => return done.map_err(|fault| self.told(fault)),
            }
        }
        let done = self
            .connect()
            .and_then(|conn| self.work_on(conn, deadline, &work));
        done.map_err(|fault| self.told(fault))
    }

    /// What failed in the work is not kept: nobody knows what the server will answer next.
    fn work_on<T>(
        &self,
        conn: Conn,
        deadline: Instant,
        work: impl Fn(&mut Line) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut line = Line { conn, deadline };
        let done = work(&mut line)?;
        let mut idle = self.idle();
        if idle.len() < IDLE_MAX {
            idle.push(line.conn);
        }
        Ok(done)
    }

    /// Connects as somebody else, and is gone again.
    pub(super) fn log_in(&self, user: &str, password: &str, database: &str) -> Result<(), Failure> {
        let options = self
            .options()
            .user(Some(user))
            .pass(Some(password))
            .db_name(Some(database));
        let connected = Conn::new(options).map(drop);
        connected.map_err(|error| self.told(Fault::from(error).without(password)))
    }

    fn connect(&self) -> Result<Conn, Fault> {
        // Who waits for a lock longer than we do would do so for nobody.
        let seconds = self.timeout.as_secs().max(1);
        let options = self
            .options()
            .user(Some(self.server.user.clone()))
            .pass(self.server.password.clone())
            .init(vec![format!("SET SESSION lock_wait_timeout = {seconds}")]);
        Ok(Conn::new(options)?)
    }

    /// The way to the server, for whomever.
    fn options(&self) -> OptsBuilder {
        OptsBuilder::new()
            .ip_or_hostname(Some(self.server.host.clone()))
            .tcp_port(self.server.port)
            // A socket of this machine would be another way than the one that was given.
            .prefer_socket(false)
            .tcp_connect_timeout(Some(self.timeout))
            .read_timeout(Some(self.timeout))
            .write_timeout(Some(self.timeout))
            .stmt_cache_size(0)
    }

    fn told(&self, fault: Fault) -> Failure {
        let password = self.server.password.as_deref().unwrap_or_default();
        fault.without(password).at(&self.server.address())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Conn>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection, for as long as the work may take.
pub(super) struct Line {
    conn: Conn,
    deadline: Instant,
}

impl Line {
    /// Runs a statement.
    pub(super) fn run(&mut self, sql: &str) -> Result<(), Fault> {
        self.check_time()?;
        Ok(self.conn.query_drop(sql)?)
    }

    /// The rows that a statement gives.
    pub(super) fn rows<T: FromRow>(&mut self, sql: &str) -> Result<Vec<T>, Fault> {
        self.check_time()?;
        let rows = self
            .conn
            .query_map(sql, |row: mysql::Row| mysql::from_row_opt(row));
        let rows: Result<Vec<T>, _> = rows?.into_iter().collect();
        rows.map_err(|_| Fault::new("it gives a row of another kind than expected"))
    }

    /// Waits a little, if there is time.
    pub(super) fn pause(&self) -> Result<(), Fault> {
        self.check_time()?;
        thread::sleep(PAUSE);
        Ok(())
    }

    fn check_time(&self) -> Result<(), Fault> {
        match Instant::now() < self.deadline {
            true => Ok(()),
            false => Err(Fault::new("it does not get done in time")),
        }
    }
}
