//! What a failure means that a server, or the way to it, tells.

use mysql::DriverError;

use crate::{Error, ErrorKind};

/// What the operating system says of a full disk, within what the server says.
const NO_SPACE: &str = "No space left on device";
/// The failure of a statement.
pub(super) fn from_mysql(error: mysql::Error) -> Error {
    Error::new(kind_of(&error), words(error))
}

/// The failure to connect to this server.
pub(super) fn from_connecting(error: mysql::Error, host: &str, port: u16) -> Error {
    let kind = kind_of(&error);
    let why = words(error);
    Error::new(kind, format!("cannot connect to {host}:{port}: {why}"))
}

// Without the names of the driver's types.
fn words(error: mysql::Error) -> String {
    match error {
        mysql::Error::MySqlError(error) => format!("{} ({})", error.message, error.code),
        mysql::Error::IoError(error) if is_timeout(&error) => {
            "the server did not answer in time".to_owned()
        }
        mysql::Error::IoError(error) => format!("the connection was lost: {error}"),
        mysql::Error::CodecError(error) => error.to_string(),
        mysql::Error::DriverError(error) => error.to_string(),
        error => error.to_string(),
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), TimedOut | WouldBlock)
}

fn kind_of(error: &mysql::Error) -> ErrorKind {
    use mysql::Error::{CodecError, IoError, MySqlError};
    match error {
        MySqlError(error) if error.message.contains(NO_SPACE) => ErrorKind::Full,
        MySqlError(error) => kind_of_code(error.code),
        IoError(_) | CodecError(_) => ErrorKind::Unavailable,
        mysql::Error::DriverError(error) => kind_of_driver(error),
        _ => ErrorKind::Broken,
    }
}

fn kind_of_driver(error: &DriverError) -> ErrorKind {
    match error {
        DriverError::MismatchedStmtParams(..)
        | DriverError::Params(_)
        | DriverError::MixedParams
        | DriverError::PacketTooLarge
        | DriverError::UnknownAuthPlugin(_)
        | DriverError::OldMysqlPasswordDisabled
        | DriverError::CleartextPluginDisabled => ErrorKind::Broken,
        _ => ErrorKind::Unavailable,
    }
}

// https://mariadb.com/kb/en/mariadb-error-codes/
fn kind_of_code(code: u16) -> ErrorKind {
    match code {
        // Waited too long for a lock, deadlock, no memory for locks, a row or a table that changed,
        // stopped by somebody or for the time it took, a lock that is not waited for.
        1205 | 1213 | 1206 | 1020 | 1412 | 1317 | 1969 | 3024 | 3572 => ErrorKind::Busy,
        1022 | 1062 | 1169 | 1586 => ErrorKind::Duplicate,
        20 | 1021 | 1114 => ErrorKind::Full,
        // Too many connections of all, of a user, in an hour; a host that is shut out.
        1040 | 1203 | 1226 | 1129
        // Shutting down, or not ready.
        | 1053 | 1077..=1079 | 1047
        // The connection was ended.
        | 1152 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 4031
        // It only reads for the time being.
        | 1290 | 1836 => ErrorKind::Unavailable,
        _ => ErrorKind::Broken,
    }
}
