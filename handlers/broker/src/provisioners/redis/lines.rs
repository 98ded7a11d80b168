//! Connections of the administrator: kept while they are idle, and made anew when they are lost.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::{
    Client, Cmd, Connection, ConnectionAddr, FromRedisValue, IntoConnectionInfo,
    RedisConnectionInfo, RedisError,
};

use crate::provisioner::Failure;
use crate::provisioners::server::Server;

const IDLE_MAX: usize = 8;

/// Connections to a server.
pub(super) struct Lines {
    server: Server,
    timeout: Duration,
    idle: Mutex<Vec<Connection>>,
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
        work: impl Fn(&mut Line) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let deadline = Instant::now() + self.timeout;
        let idle = self.idle().pop();
        if let Some(connection) = idle {
            let mut line = Line::new(connection, deadline);
            let done = work(&mut line);
            if !line.is_lost {
                return self.told(self.keep(line, done));
            }
            // The others have been idle as long.
            self.idle().clear();
        }
        let mut line = Line::new(self.connect()?, deadline);
        let done = work(&mut line);
        self.told(self.keep(line, done))
    }

    fn keep<T>(&self, line: Line, done: Result<T, Failure>) -> Result<T, Failure> {
        let mut idle = self.idle();
        if !line.is_lost && idle.len() < IDLE_MAX {
            idle.push(line.connection);
        }
        done
    }

    fn connect(&self) -> Result<Connection, Failure> {
        let mut login = RedisConnectionInfo::default().set_skip_set_lib_name();
        if !self.server.user.is_empty() {
            login = login.set_username(&self.server.user);
        }
        if let Some(password) = &self.server.password {
            login = login.set_password(password);
        }
        let address = ConnectionAddr::Tcp(self.server.host.clone(), self.server.port);
        let connect = || {
            let info = address
                .clone()
                .into_connection_info()?
                .set_redis_settings(login.clone());
            let connection = Client::open(info)?.get_connection_with_timeout(self.timeout)?;
            connection.set_read_timeout(Some(self.timeout))?;
            connection.set_write_timeout(Some(self.timeout))?;
            Ok(connection)
        };
        let connection = connect().map_err(|error: RedisError| Failure::for_now(error));
        self.told(connection)
    }

    /// Failures say where, and do not say the password.
    fn told<T>(&self, done: Result<T, Failure>) -> Result<T, Failure> {
        done.map_err(|failure| {
            let address = self.server.address();
            let password = self.server.password.as_deref().unwrap_or_default();
            let message = format!("Redis at {address}: {}", failure.without(password));
            Failure { message, ..failure }
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection, for as long as the work may take.
pub(super) struct Line {
    connection: Connection,
    deadline: Instant,
    /// Nobody knows what the server will answer next.
    is_lost: bool,
}

impl Line {
    fn new(connection: Connection, deadline: Instant) -> Line {
        Line {
            connection,
            deadline,
            is_lost: false,
        }
    }

    /// What the server answers to a command.
    pub(super) fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, Failure> {
        self.try_ask(command)?.map_err(Failure::for_now)
    }

    /// The same, where the server may refuse.
    pub(super) fn try_ask<T: FromRedisValue>(
        &mut self,
        command: &Cmd,
    ) -> Result<Result<T, RedisError>, Failure> {
        if Instant::now() >= self.deadline {
            return Err(Failure::for_now(
                "there is more to do than there is time for",
            ));
        }
        let answer = command.query(&mut self.connection);
        match answer {
            Err(error) if error.is_io_error() || error.is_connection_dropped() => {
                self.is_lost = true;
                Err(Failure::for_now(error))
            }
            answer => Ok(answer),
        }
    }
}
