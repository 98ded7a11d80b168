//! What a failure means that a server, or the way to it, tells.

use std::error::Error as StdError;
use std::io;

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
        mysql::Error::IoError(error) => words_of_io(&error),
        mysql::Error::CodecError(error) => {
            match error.source().and_then(<dyn StdError>::downcast_ref) {
                Some(error) => words_of_io(error),
                None => error.to_string(),
            }
        }
        // Which server it was is said already.
        mysql::Error::DriverError(DriverError::CouldNotConnect(Some((_, why, _)))) => why,
        mysql::Error::DriverError(error) => error.to_string(),
        error => error.to_string(),
    }
}

fn words_of_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            "the server does not answer in time".to_owned()
        }
        _ => format!("the connection was lost: {error}"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: u16, message: &str) -> Error {
        from_mysql(mysql::Error::MySqlError(mysql::MySqlError {
            state: "HY000".to_owned(),
            message: message.to_owned(),
            code,
        }))
    }

    #[test]
    fn full_disks_are_known_by_what_the_system_says() {
        let errors = [
            (
                3,
                "Error writing file './test/a.MAI' (Errcode: 28 \"No space left on device\")",
            ),
            (
                1021,
                "Disk full (/tmp/#sql-temptable); waiting for someone to free some space...",
            ),
            (
                1026,
                "Error writing file '/tmp/a' (Errcode: 28 \"No space left on device\")",
            ),
            (
                1030,
                "Got error 28 \"No space left on device\" from storage engine InnoDB",
            ),
            (1114, "The table 'name' is full"),
        ];
        for (code, message) in errors {
            assert_eq!(told(code, message).kind(), ErrorKind::Full, "{code}");
        }
        let other = "Got error 168 \"Unknown (generic) error from engine\" from storage engine";
        assert_eq!(told(1030, other).kind(), ErrorKind::Broken);
    }

    #[test]
    fn what_passes_may_be_tried_again() {
        for code in [1020, 1205, 1206, 1213, 1317] {
            assert_eq!(told(code, "wait").kind(), ErrorKind::Busy, "{code}");
        }
        for code in [1040, 1053, 1077, 1079, 1158, 1161, 1290, 1836, 1927, 4031] {
            assert_eq!(told(code, "gone").kind(), ErrorKind::Unavailable, "{code}");
        }
        for code in [
            1045, 1049, 1054, 1064, 1076, 1080, 1146, 1157, 1162, 1264, 1406,
        ] {
            assert_eq!(told(code, "wrong").kind(), ErrorKind::Broken, "{code}");
        }
    }

    #[test]
    fn a_silent_server_is_said_to_be_one() {
        let silent = io::Error::from(io::ErrorKind::WouldBlock);
        let error = from_connecting(mysql::Error::IoError(silent), "db", 3306);
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let expected = "cannot connect to db:3306: the server does not answer in time";
        assert_eq!(error.to_string(), expected);
    }
}
