//! Where a database is, as its DATABASE line and the settings say.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use micro_api::{Config, FromSetting};

use crate::{Error, ErrorKind, driver};

/// How long a statement may take before the log is told, unless `db.long_query` says otherwise.
const LONG_QUERY: Duration = Duration::from_millis(500);

/// A database, as the settings describe it.
#[derive(Clone)]
pub(crate) struct Database {
    pub(crate) address: Address,
    /// Statements that take longer are logged.
    pub(crate) long_query: Duration,
    /// How often lines to it were opened.
    pub(crate) opened: Arc<AtomicU64>,
}

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

impl Database {
    /// The database with this name: `database.NAME.url`, or for `db` what the settings `db.…` of a
    /// DATABASE line without a name say.
    pub(crate) fn of(config: &Config, name: &str) -> Result<Database, Error> {
        if is_switched_off(config, name)? {
            let why = format!("the database `{name}` is switched off (`is_active`)");
            return Err(invalid(why));
        }
        match config.find(&format!("database.{name}.url")) {
            Some(url) => Ok(Database {
                address: Address::parse(name, url)?,
                long_query: LONG_QUERY,
                opened: Arc::default(),
            }),
            None if name == "db" && config.find("db.user").is_some() => from_settings(config),
            None => Err(invalid(format!(
                "there is no database `{name}`: put a line such as `DATABASE {name} sqlite:{name}.db` \
                 into the definition"
            ))),
        }
    }
}

impl Address {
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

fn from_settings(config: &Config) -> Result<Database, Error> {
    let server = MysqlServer {
        host: setting(config, "db.host")?,
        port: setting(config, "db.port")?,
        user: setting(config, "db.user")?,
        password: config.find("db.password").map(str::to_owned),
        database: setting(config, "db.database")?,
    };
    let long_query = match config.find("db.long_query") {
        Some(_) => setting(config, "db.long_query")?,
        None => LONG_QUERY,
    };
    Ok(Database {
        address: Address::Mysql(server),
        long_query,
        opened: Arc::default(),
    })
}

fn is_switched_off(config: &Config, name: &str) -> Result<bool, Error> {
    let name = match name {
        "db" => "db.is_active".to_owned(),
        name => format!("database.{name}.is_active"),
    };
    match config.find(&name) {
        Some(_) => setting(config, &name).map(|is_active: bool| !is_active),
        None => Ok(false),
    }
}

fn setting<T: FromSetting>(config: &Config, name: &str) -> Result<T, Error> {
    config.get(name).map_err(|error| invalid(error.to_string()))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Broken, message)
}
