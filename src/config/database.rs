//! DATABASE.

use super::Place;

/// A database that handlers use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Its name; `db` if the definition gives none.
    pub name: String,
    /// Where it is.
    pub address: DatabaseAddress,
    /// Where it was declared.
    pub place: Place,
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// `sqlite:…` or `mysql://…`.
    Url(String),
    /// A MySQL database that the settings `db.…` describe.
    Settings,
    /// Words and options for a driver that we do not have.
    Foreign {
        /// The words.
        words: Vec<String>,
        /// The options.
        options: Vec<(String, String)>,
    },
}
