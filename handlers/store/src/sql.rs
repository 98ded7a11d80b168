//! A statement: one text where the databases agree, and two where they do not.

/// The language of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// MySQL and MariaDB.
    Mysql,
}

/// A statement, with a `?` for each value.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    sqlite: &'static str,
    mysql: &'static str,
}

impl Sql {
    /// A statement that all databases understand.
    #[must_use]
    pub const fn same(text: &'static str) -> Sql {
        Sql {
            sqlite: text,
            mysql: text,
        }
    }

    /// A statement that each database spells differently.
    #[must_use]
    pub const fn each(sqlite: &'static str, mysql: &'static str) -> Sql {
        Sql { sqlite, mysql }
    }

    /// The text for a database.
    #[must_use]
    pub const fn text(self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Mysql => self.mysql,
        }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Sql {
        Sql::same(text)
    }
}
