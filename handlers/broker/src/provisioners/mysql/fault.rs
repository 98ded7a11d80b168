//! What the server, or the way to it, has failed at, in words without a secret.

use std::error::Error as StdError;
use std::io;

use mysql::DriverError;

use crate::provisioner::Failure;

/// A statement that the server does not understand: it says where, in our own words, which may hold a
/// password.
const NOT_UNDERSTOOD: u16 = 1064;
/// The server shuts down, or has ended the connection.
const ENDED: [u16; 5] = [1053, 1927, 2006, 2013, 4031];

/// Why a statement was not run.
pub(super) struct Fault {
    /// The server's number for it, if it has answered.
    pub(super) code: Option<u16>,
    /// The connection has ended: another one may do.
    pub(super) is_lost: bool,
    message: String,
}

impl Fault {
    /// What we have found ourselves.
    pub(super) fn new(why: &str) -> Fault {
        Fault {
            code: None,
            is_lost: false,
            message: why.to_owned(),
        }
    }

    /// Whether the way to the server is in question, rather than what was asked of it.
    pub(super) fn is_of_way(&self) -> bool {
        self.is_lost || self.code.is_none()
    }

    /// All that fails may work in a while: also a password that the server does not take is mended by
    /// people, and nobody's instance should be lost to it.
    pub(super) fn at(self, address: &str) -> Failure {
        Failure::for_now(format!("MySQL at {address}: {}", self.message))
    }

    /// Without this text, wherever it came from.
    pub(super) fn without(mut self, secret: &str) -> Fault {
        if !secret.is_empty() {
            self.message = self.message.replace(secret, "***");
        }
        self
    }
}

impl From<mysql::Error> for Fault {
    fn from(error: mysql::Error) -> Fault {
        let code = match &error {
            mysql::Error::MySqlError(error) => Some(error.code),
            _ => None,
        };
        let is_lost = match (&error, io_error(&error)) {
            (mysql::Error::MySqlError(error), _) => ENDED.contains(&error.code),
            (_, Some(error)) => !is_timeout(error),
            _ => false,
        };
        Fault {
            code,
            is_lost,
            message: words(&error),
        }
    }
}

// Without the names of the driver's types.
fn words(error: &mysql::Error) -> String {
    if let Some(error) = io_error(error) {
        return match is_timeout(error) {
            true => "it does not answer in time".to_owned(),
            false => format!("the connection was lost: {error}"),
        };
    }
    match error {
        mysql::Error::MySqlError(error) if error.code == NOT_UNDERSTOOD => {
            format!("it does not understand a statement ({NOT_UNDERSTOOD})")
        }
        mysql::Error::MySqlError(error) => format!("{} ({})", error.message, error.code),
        mysql::Error::DriverError(DriverError::CouldNotConnect(Some((_, why, _)))) => {
            format!("no connection: {why}")
        }
        mysql::Error::DriverError(error) => error.to_string(),
        error => error.to_string(),
    }
}

fn io_error(error: &mysql::Error) -> Option<&io::Error> {
    match error {
        mysql::Error::IoError(error) => Some(error),
        mysql::Error::CodecError(error) => error.source().and_then(<dyn StdError>::downcast_ref),
        _ => None,
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
    )
}

#[cfg(test)]
mod tests {
    use super::Fault;

    #[test]
    fn what_the_server_says_of_a_statement_with_a_secret_is_not_told() {
        let error = |code, message: &str| mysql::MySqlError {
            state: "42000".to_owned(),
            message: message.to_owned(),
            code,
        };
        for (code, told) in [
            (
                1064,
                "MySQL at db:1: it does not understand a statement (1064)",
            ),
            (1819, "MySQL at db:1: near '***' (1819)"),
        ] {
            let fault = Fault::from(mysql::Error::MySqlError(error(code, "near 'xyzzy'")));
            let failure = fault.without("xyzzy").at("db:1");
            assert_eq!(failure.to_string(), told);
        }
    }
}
