//! What a file may be, and what is said of others.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use micro_api::Config;
use micro_store::{Error, ErrorKind, Store};

use crate::support::{DEADLINE, NAMES, Place, store_at};

fn open(path: &Path) -> Result<(), Error> {
    let begin = Instant::now();
    let opened = store_at(&format!("sqlite:{}", path.display()), NAMES)
        .ready()
        .wait();
    assert!(begin.elapsed() < DEADLINE / 2, "it is said at once");
    opened
}

#[track_caller]
fn refused(path: &Path, why: &str) -> ErrorKind {
    let error = open(path).expect_err("it cannot be opened");
    let expected = format!("cannot open the database `{}`: {why}", path.display());
    assert_eq!(error.to_string(), expected);
    error.kind()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

#[test]
fn a_new_file_is_for_its_owner_alone() {
    let folder = folder();
    let names = Place::sqlite_in(folder.path()).names();
    names.insert("a").wait().expect("it is new");
    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        let about = folder.path().join(name).metadata().expect("it is there");
        assert_eq!(about.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn an_older_file_keeps_its_permissions() {
    let folder = folder();
    let path = folder.path().join("test.db");
    std::fs::write(&path, "").expect("a file can be written");
    let permissions = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(&path, permissions).expect("it is ours");
    open(&path).expect("an empty file is an empty database");
    let about = path.metadata().expect("it is there");
    assert_eq!(about.permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_missing_folder_is_said() {
    let folder = folder();
    let path = folder.path().join("none").join("test.db");
    assert_eq!(
        refused(&path, "its folder does not exist"),
        ErrorKind::Unavailable
    );
}

#[test]
fn a_folder_is_no_file() {
    let folder = folder();
    refused(folder.path(), "it is a folder, expected a file");
}

#[test]
fn another_file_is_no_database() {
    let folder = folder();
    let path = folder.path().join("poem");
    let poem = "a poem, and no database, however long it may be ".repeat(100);
    std::fs::write(&path, &poem).expect("a file can be written");
    assert_eq!(refused(&path, "file is not a database"), ErrorKind::Broken);
    let text = std::fs::read_to_string(&path).expect("it is there");
    assert_eq!(text, poem, "it is left alone");
}

#[test]
fn who_only_reads_makes_no_file() {
    let folder = folder();
    let path = folder.path().join("test.db");
    let store = store_at(&format!("sqlite:{}", path.display()), NAMES);
    let error = store
        .read(|_| Ok(()))
        .wait()
        .expect_err("it is not there yet");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!path.exists());
    store.ready().wait().expect("it is made");
    let count = store.read(|transaction| {
        transaction.find("SELECT COUNT(*) FROM name", &[], |row| row.take::<u64>(0))
    });
    assert_eq!(count.wait().expect("it is there"), Some(0));
}

#[test]
fn a_relative_path_starts_where_the_program_does() {
    let folder = folder();
    let here = std::env::current_dir().expect("there is one");
    let up: PathBuf = here.ancestors().skip(1).map(|_| "..").collect();
    let place = folder.path().strip_prefix("/").expect("it starts there");
    open(&up.join(place).join("test.db")).expect("it is made");
    assert!(folder.path().join("test.db").exists());
}

#[test]
fn odd_names_are_names() {
    let folder = folder();
    for name in ["a b", "a%20b", "a#b", "file:a", "ä\u{1f980}"] {
        open(&folder.path().join(name)).expect("it is made");
        assert!(folder.path().join(name).exists(), "{name}");
    }
}

#[test]
fn what_is_no_path_is_refused() {
    for (url, why) in [
        (
            "sqlite::memory:",
            "is `sqlite::memory:`, expected the path of a file",
        ),
        (
            "sqlite:///test.db",
            "begins with `sqlite://`, expected `sqlite:PATH`",
        ),
        (
            "sqlite:",
            "is neither `sqlite:PATH` nor `mysql://USER:PASSWORD@HOST:PORT/DATABASE`: it cannot be read",
        ),
    ] {
        let config = Config::new([("database.test.url", url)]);
        let Err(error) = Store::open(&config, "test", NAMES) else {
            panic!("{url} is no path");
        };
        assert_eq!(error.to_string(), format!("`database.test.url` {why}"));
    }
}

#[test]
fn an_unknown_name_is_said() {
    let config = Config::new([("database.other.url", "sqlite:other.db")]);
    let Err(error) = Store::open(&config, "test", NAMES) else {
        panic!("there is none");
    };
    assert_eq!(
        error.to_string(),
        "there is no database `test`: put a line such as `DATABASE test sqlite:test.db` into the \
         definition"
    );
}

#[test]
fn one_that_is_switched_off_is_not_opened() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("test.db");
    let settings = |is_active: &str| {
        [
            ("database.test.url", format!("sqlite:{}", path.display())),
            ("database.test.is_active", is_active.to_owned()),
        ]
    };
    let Err(error) = Store::open(&Config::new(settings("false")), "test", NAMES) else {
        panic!("it is opened");
    };
    assert_eq!(
        error.to_string(),
        "the database `test` is switched off (`is_active`)"
    );
    assert!(!path.exists());
    let store = Store::open(&Config::new(settings("true")), "test", NAMES);
    let store = store.expect("it is switched on");
    store.ready().wait().expect("it can be opened");
    assert!(path.exists());
}

/// No test can take the power away.
#[test]
fn what_is_committed_is_asked_to_be_on_the_disk() {
    let place = Place::sqlite();
    let settings = place.names().0.write(|transaction| {
        let journal = transaction.find("PRAGMA journal_mode", &[], |row| row.take::<String>(0))?;
        let synchronous = transaction.find("PRAGMA synchronous", &[], |row| row.take::<i64>(0))?;
        Ok((journal, synchronous))
    });
    let (journal, synchronous) = settings.wait().expect("they can be read");
    assert_eq!(journal.as_deref(), Some("wal"));
    // `FULL` (https://sqlite.org/pragma.html#pragma_synchronous).
    assert_eq!(synchronous, Some(2));
}
