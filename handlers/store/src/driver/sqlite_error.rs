//! What a failure of SQLite means.

use std::path::Path;

use rusqlite::ffi::{self, ErrorCode};

use crate::{Error, ErrorKind};

/// The failure of a statement.
pub(super) fn from_sqlite(error: rusqlite::Error) -> Error {
    Error::new(kind_of(&error), error.to_string())
}

/// The failure to open this file.
pub(super) fn from_opening(error: &rusqlite::Error, path: &Path) -> Error {
    let kind = kind_of(error);
    let why = match hint(path) {
        Some(hint) => hint.to_owned(),
        None if kind == ErrorKind::Full => "there is no room on the disk".to_owned(),
        None if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
            "it or its folder cannot be written".to_owned()
        }
        None => error.to_string(),
    };
    let path = path.display();
    Error::new(kind, format!("cannot open the database `{path}`: {why}"))
}

// SQLite says only that it cannot, whatever the cause.
fn hint(path: &Path) -> Option<&'static str> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if path.is_dir() {
        return Some("it is a folder, expected a file");
    }
    match folder {
        Some(folder) if !folder.is_dir() => Some("its folder does not exist"),
        _ => None,
    }
}

/// The failure of a commit: what was written may be found again, although it was not made sure of.
pub(super) fn from_commit(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        // Also if it is the log's index that cannot grow: the log itself is written by then.
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
            Error::new(ErrorKind::Uncertain, error.to_string())
        }
        _ => from_sqlite(error),
    }
}

/// Whether somebody else was at the file.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    kind_of(error) == ErrorKind::Busy
}

fn kind_of(error: &rusqlite::Error) -> ErrorKind {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => kind_of_failure(*failure),
        _ => ErrorKind::Broken,
    }
}

fn kind_of_failure(failure: ffi::Error) -> ErrorKind {
    match (failure.code, failure.extended_code) {
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => ErrorKind::Busy,
        // The log's index cannot grow.
        (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => ErrorKind::Full,
        (_, ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE) => {
            ErrorKind::Duplicate
        }
        (ErrorCode::CannotOpen | ErrorCode::SystemIoFailure, _) => ErrorKind::Unavailable,
        _ => ErrorKind::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn what_a_commit_could_not_make_sure_of_is_uncertain() {
        for code in [
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_SHMSIZE,
            ffi::SQLITE_IOERR_SHMMAP,
            ffi::SQLITE_CANTOPEN,
        ] {
            let error = from_commit(failure(code));
            assert_eq!(error.kind(), ErrorKind::Uncertain, "{code}");
        }
        assert_eq!(
            from_commit(failure(ffi::SQLITE_FULL)).kind(),
            ErrorKind::Full
        );
        assert_eq!(
            from_commit(failure(ffi::SQLITE_BUSY)).kind(),
            ErrorKind::Busy
        );
    }

    #[test]
    fn a_statement_without_room_changed_nothing() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_SHMSIZE] {
            assert_eq!(from_sqlite(failure(code)).kind(), ErrorKind::Full);
        }
    }
}
