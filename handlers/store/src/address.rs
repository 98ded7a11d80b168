//! Where a database is, as its DATABASE line and the settings say.

use std::path::PathBuf;

use micro_api::Config;

use crate::{Error, ErrorKind, driver};

/// Where a database is.
#[derive(Clone)]
pub(crate) enum Address {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A database of a MySQL server.
    Mysql(MysqlServer),
}

/// A database of a MySQL or MariaDB server.
#[derive(Clone)]
pub(crate) struct MysqlServer {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) database: String,
}

impl Address {
    /// The address of the database with this name: `database.NAME.url`, or for `db` what the
    /// settings `db.…` of a DATABASE line without a name say.
    pub(crate) fn of(config: &Config, name: &str) -> Result<Address, Error> {
        match config.find(&format!("database.{name}.url")) {
            Some(url) => Address::parse(name, url),
            None if name == "db" && config.find("db.user").is_some() => settings(config),
            None => Err(invalid(format!(
                "there is no database `{name}`: put a line such as `DATABASE {name} sqlite:{name}.db` \
                 into the definition"
            ))),
        }
    }

    /// Reads a URL. It may hold a password, and is not told.
    fn parse(name: &str, url: &str) -> Result<Address, Error> {
        if let Some(path) = url.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            check_path(path).map_err(|why| invalid(format!("`database.{name}.url` {why}")))?;
            return Ok(Address::Sqlite(PathBuf::from(path)));
        }
        let server = driver::parse_mysql(url).map_err(|why| {
            invalid(format!(
                "`database.{name}.url` is neither `sqlite:PATH` nor \
                 `mysql://USER:PASSWORD@HOST:PORT/DATABASE`: {why}"
            ))
        })?;
        Ok(Address::Mysql(server))
    }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    match path {
        // Each of our threads would see another.
        ":memory:" => Err("is `sqlite::memory:`, expected the path of a file"),
        path if path.starts_with("//") => Err("begins with `sqlite://`, expected `sqlite:PATH`"),
        _ => Ok(()),
    }
}

fn settings(config: &Config) -> Result<Address, Error> {
    let text = |name: &str| {
        config
            .get::<String>(name)
            .map_err(|error| invalid(error.to_string()))
    };
    Ok(Address::Mysql(MysqlServer {
        host: text("db.host")?,
        port: config
            .get("db.port")
            .map_err(|error| invalid(error.to_string()))?,
        user: text("db.user")?,
        password: config.find("db.password").map(str::to_owned),
        database: text("db.database")?,
    }))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Broken, message)
}
