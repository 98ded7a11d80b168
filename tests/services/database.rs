//! The database of a service under test: a file of SQLite, or a database of a MariaDB.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::mariadb::Mariadb;

/// An empty database of its own.
pub(crate) struct Database {
    url: String,
    place: Place,
}

enum Place {
    /// A file, in a folder that may be its own.
    File(PathBuf, Option<TempDir>),
    /// The database of a server with this name.
    Server(String),
}

/// The file in its folder.
const FILE: &str = "service.db";

impl Database {
    /// A file of SQLite.
    pub(crate) fn sqlite() -> Option<Database> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut database = Database::in_folder(folder.path());
        if let Place::File(_, kept) = &mut database.place {
            *kept = Some(folder);
        }
        Some(database)
    }

    /// A file of SQLite in this folder.
    pub(crate) fn in_folder(folder: &Path) -> Database {
        let path = folder.join(FILE);
        Database {
            url: format!("sqlite:{}", path.display()),
            place: Place::File(path, None),
        }
    }

    /// A database of the MariaDB that tests share. Nothing, if there is no MariaDB here.
    #[track_caller]
    pub(crate) fn mariadb() -> Option<Database> {
        Mariadb::shared().map(Database::of)
    }

    /// A database of this MariaDB.
    #[track_caller]
    pub(crate) fn of(mariadb: &Mariadb) -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("service_{number}");
        let url = mariadb.create_database(&name);
        let place = Place::Server(name);
        Database { url, place }
    }

    /// An empty database of the other kind.
    #[track_caller]
    pub(crate) fn other(&self) -> Option<Database> {
        match self.place {
            Place::File(..) => Database::mariadb(),
            Place::Server(_) => Database::sqlite(),
        }
    }

    /// What a statement finds that finds one number; nothing, if it changes something. Not for one
    /// of another MariaDB than the one that is shared.
    #[track_caller]
    pub(crate) fn run(&self, sql: &str) -> Option<i64> {
        match &self.place {
            Place::File(path, _) => {
                let connection = rusqlite::Connection::open(path);
                let connection = connection.expect("it is there");
                let mut statement = connection.prepare(sql).expect("it is a statement");
                let mut rows = statement.query([]).expect("it can be done");
                let row = rows.next().expect("it is done");
                row.map(|row| row.get(0).expect("it is a number"))
            }
            Place::Server(name) => {
                let shared = Mariadb::shared().expect("it was there before");
                let found = shared.execute(&format!("USE {name}; {sql}"));
                let number = |text: &str| text.parse().expect("it is a number");
                Some(found.trim())
                    .filter(|text| !text.is_empty())
                    .map(number)
            }
        }
    }

    /// As a `DATABASE` line has it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Makes two tests of each function that takes a [`Database`]: `sqlite::NAME` and `mariadb::NAME`.
macro_rules! on_each_database {
    ($($name:ident,)*) => {
        on_each_database!(of sqlite: $($name,)*);
        on_each_database!(of mariadb: $($name,)*);
    };
    (of $kind:ident: $($name:ident,)*) => {
        mod $kind {
            use crate::database::Database;

            $(
                #[test]
                fn $name() {
                    if let Some(database) = Database::$kind() {
                        super::$name(&database);
                    }
                }
            )*
        }
    };
}
pub(crate) use on_each_database;
