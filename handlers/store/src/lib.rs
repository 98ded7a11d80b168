//! Databases for handler packs: SQLite in a file, or MySQL or MariaDB on a server.
//!
//! A definition says which:
//!
//! ```micro
//! DATABASE notes sqlite:notes.db
//! ```
//!
//! A module opens it by that name, with its tables, and asks it to do work in transactions:
//!
//! ```
//! use micro_api::{Config, testing};
//! use micro_store::{Migration, Schema, Sql, Store, values};
//!
//! const SCHEMA: Schema = Schema {
//!     pack: "notes",
//!     migrations: &[Migration {
//!         name: "notes",
//!         statements: &[Sql::same("CREATE TABLE IF NOT EXISTS note (text VARCHAR(200) NOT NULL)")],
//!     }],
//! };
//!
//! # let folder = tempfile::tempdir()?;
//! # let url = format!("sqlite:{}", folder.path().join("notes.db").display());
//! # let config = Config::new([("database.notes.url", url)]);
//! let store = Store::open(&config, "notes", SCHEMA).map_err(|error| error.to_string())?;
//! let count = testing::block_on(async move {
//!     store.ready().await?;
//!     store
//!         .write(|transaction| {
//!             transaction.execute("INSERT INTO note (text) VALUES (?)", &values!["sow"])
//!         })
//!         .await?;
//!     store
//!         .read(|transaction| {
//!             transaction.find("SELECT COUNT(*) FROM note", &[], |row| row.take::<u64>(0))
//!         })
//!         .await
//! });
//! assert_eq!(count.map_err(|error| error.to_string())?, Some(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Promises
//!
//! - Work is done as a whole or not at all, and an answer means that it is on the disk.
//! - Changes that come in together are committed together, so that many of them cost as much as one.
//! - What nobody waits for any more is not begun: who gave up is not surprised by a change later on.
//! - Nothing blocks the loop: a database has threads of its own, which open it again if it was lost.
//! - Nothing waits for ever. Too much work at once is refused as [busy](ErrorKind::Busy), and so is
//!   what others are in the way of for longer than some seconds; a server has 10 s to answer. Whoever
//!   awaits an [`Answer`] is told after a while that it [took too long](Limits::answer_timeout).
//! - Nor is a moment of the past kept for ever, for somebody who reads slowly: see
//!   [`Limits::snapshot_timeout`].
//! - An [`Error`] says [whether to try again](Error::is_retryable); it becomes the 503, 507 or 500
//!   that the peer is told. Neither it nor the log holds a password, and the peer is not told more.
//! - One SQL text serves all databases where they agree, see [`Sql`].
//!
//! # SQLite
//!
//! `sqlite:PATH` is the path of a file as it stands; a relative one starts in the folder where the
//! program is started. The file is made if it is not there, readable for its owner alone. Beside it are
//! its log and the index of that, `PATH-wal` and `PATH-shm`: a copy of the file alone is no backup.
//! Several programs on one machine may have it open. It is no file for a network's file system.
//!
//! # MySQL and MariaDB
//!
//! `mysql://USER:PASSWORD@HOST:PORT/DATABASE` is percent-encoded; the port is 3306 if there is none.
//! Connections are not encrypted. What is acknowledged is on the server's disk if the server sees to
//! that, as it does unless `innodb_flush_log_at_trx_commit` says otherwise. A DATABASE line without a name has the name `db` and the settings
//! `db.user`, `db.password`, `db.database`, `db.host` and `db.port`. `db.long_query` says how long a
//! statement may take before it is logged, which is 0.5 s for every other database. `db.isolation`
//! and `db.timeout` are not heeded: who reads sees one moment, who changes something sees what others
//! committed before each statement, and a connection stays open.
//!
//! # Where databases differ
//!
//! - Tables that [`Schema`]s make compare text byte by byte, but a server ignores blanks at its end.
//! - A server has a limit for the size of a statement with its values, 16 MiB or as it is set up.
//! - Several programs that change the same rows wait for one another, on a server row by row. A
//!   deadlock is resolved by doing the work again.
//! - A server cannot undo changes of tables, see [`Migration`].

mod address;
mod alarms;
mod answer;
mod driver;
mod error;
mod limits;
mod line;
mod migration;
mod patience;
mod reader;
mod row;
mod sql;
mod stage;
mod store;
mod term;
mod transaction;
mod value;
mod work;
mod writer;

pub use answer::{Answer, Awaited};
pub use error::{Error, ErrorKind};
pub use limits::Limits;
pub use migration::{Migration, Schema};
pub use row::Row;
pub use sql::{Dialect, Sql};
pub use store::Store;
pub use transaction::Transaction;
pub use value::{FromValue, Value};
