//! Where tests have their databases, and the tables in them.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use micro_api::Config;
use micro_store::{Answer, Error, Migration, Schema, Sql, Store, values};

/// How long anything may take before a test gives up on it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A database of a test's own, and what keeps it.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) folder: Option<tempfile::TempDir>,
}

impl Place {
    /// A file in a new folder.
    pub(crate) fn sqlite() -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let url = Place::sqlite_in(folder.path()).url;
        let folder = Some(folder);
        Place { url, folder }
    }

    /// A file in this folder.
    pub(crate) fn sqlite_in(folder: &Path) -> Place {
        let url = format!("sqlite:{}", folder.join("test.db").display());
        Place { url, folder: None }
    }

    /// A database with these tables, not opened yet.
    pub(crate) fn store(&self, schema: Schema) -> Store {
        store_at(&self.url, schema)
    }

    /// A database with names in it, open.
    #[track_caller]
    pub(crate) fn names(&self) -> Names {
        let store = self.store(NAMES);
        store.ready().wait().expect("it opens");
        Names(store)
    }
}

/// The database at this URL, not opened yet.
pub(crate) fn store_at(url: &str, schema: Schema) -> Store {
    store_with(url, schema, &[])
}

/// The same, with settings of its own.
pub(crate) fn store_with(url: &str, schema: Schema, settings: &[(&str, &str)]) -> Store {
    let settings = settings.iter().copied().chain([("url", url)]);
    let settings = settings.map(|(name, value)| (format!("database.test.{name}"), value));
    let config = Config::new(settings);
    Store::open(&config, "test", schema).expect("its threads start")
}

/// Names, each of which is there once.
pub(crate) const NAMES: Schema = Schema {
    pack: "names",
    migrations: &[Migration {
        name: "names",
        statements: &[Sql::each(
            "CREATE TABLE IF NOT EXISTS name (
                id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(100) NOT NULL UNIQUE, count BIGINT
            )",
            "CREATE TABLE IF NOT EXISTS name (
                id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(100) NOT NULL UNIQUE, count BIGINT
            )",
        )],
    }],
};

pub(crate) const INSERT: &str = "INSERT INTO name (name, count) VALUES (?, 0)";

/// A database with names in it.
#[derive(Clone)]
pub(crate) struct Names(pub(crate) Store);

impl Names {
    /// Inserts a name.
    pub(crate) fn insert(&self, name: &str) -> Answer<u64> {
        let name = name.to_owned();
        self.0
            .write(move |transaction| transaction.insert(INSERT, &values![&name]))
    }

    /// All names, in the order in which they were inserted.
    #[track_caller]
    pub(crate) fn all(&self) -> Vec<String> {
        self.try_all().expect("they can be read")
    }

    /// The same, if the database is there.
    pub(crate) fn try_all(&self) -> Result<Vec<String>, Error> {
        let read = self.0.read(|transaction| {
            let sql = "SELECT name FROM name ORDER BY id";
            transaction.query(sql, &[], |row| row.take::<String>(0))
        });
        read.wait()
    }

    /// Has the writer wait, so that what comes next waits together. It goes on when what is given is
    /// dropped.
    #[track_caller]
    pub(crate) fn hold(&self) -> (Sender<()>, Answer<()>) {
        let (go_on, wait): (Sender<()>, Receiver<()>) = channel();
        let (begun, is_begun) = channel();
        let answer = self.0.write(move |_| {
            let _ = begun.send(());
            let _ = wait.recv();
            Ok(())
        });
        is_begun.recv_timeout(DEADLINE).expect("the writer begins");
        (go_on, answer)
    }
}

/// Waits for something, for as long as it may take.
#[track_caller]
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < DEADLINE, "waited for {what}");
        std::thread::yield_now();
    }
}

/// Waits until the threads of a database have closed its file, which the last to do removes the log.
#[track_caller]
pub(crate) fn close(names: Names, log: &Path) {
    drop(names);
    wait_for("the file to be closed", || !log.exists());
}
