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
/// How long an answer may take in any case: the last one is often asked for when the time is almost up.
const GRACE: Duration = Duration::from_millis(100);

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
            // It was silent for all the time that there was, and not lost long ago.
            if line.time_left().is_none() {
                return self.told(done);
            }
        }
        let mut line = Line::new(self.connect(deadline)?, deadline);
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

    fn connect(&self, deadline: Instant) -> Result<Connection, Failure> {
        let left = deadline.saturating_duration_since(Instant::now());
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
            Client::open(info)?.get_connection_with_timeout(left)
        };
        let connection = connect().map_err(|error: RedisError| of_way(&error));
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
        let Some(left) = self.time_left() else {
            return Err(Failure::for_now(
                "there is more to do than there is time for",
            ));
        };
        let limit = Some(left.max(GRACE));
        let limited = self.connection.set_read_timeout(limit);
        let limited = limited.and_then(|()| self.connection.set_write_timeout(limit));
        let answer = limited.and_then(|()| command.query(&mut self.connection));
        match answer {
            Err(error) if error.is_io_error() || error.is_connection_dropped() => {
                self.is_lost = true;
                Err(of_way(&error))
            }
            answer => Ok(answer),
        }
    }

    fn time_left(&self) -> Option<Duration> {
        let left = self.deadline.checked_duration_since(Instant::now());
        left.filter(|left| !left.is_zero())
    }
}

/// A failure on the way to the server and back.
fn of_way(error: &RedisError) -> Failure {
    match error.is_timeout() {
        true => Failure::for_now("it does not answer in time"),
        false => Failure::for_now(error),
    }
}
