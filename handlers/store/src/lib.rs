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
//! - Nothing blocks the loop: a database has threads of its own, which open it again if it was lost.
//! - An [`Error`] says [whether to try again](Error::is_retryable); it becomes the 503, 507 or 500
//!   that the peer is told.
//! - One SQL text serves all databases where they agree, see [`Sql`].

mod address;
mod answer;
mod driver;
mod error;
mod limits;
mod line;
mod migration;
mod reader;
mod row;
mod sql;
mod store;
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
