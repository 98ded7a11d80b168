//! What an app is told, used as the app would use it: to log in and to write.

use micro_api::Value;
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use rusqlite::{Connection, OpenFlags};

use crate::mariadb::Mariadb;
use crate::redis::{Client, Redis, Reply};

/// The password of the administrator of Redis.
pub(super) const REDIS_PASSWORD: &str = "Adm1nOfR3dis";

/// The servers that plans may be of, as far as they are here.
pub(super) struct Servers {
    pub(super) mariadb: Option<Mariadb>,
    pub(super) redis: Option<Redis>,
}

impl Servers {
    /// Starts them.
    #[track_caller]
    pub(super) fn start() -> Servers {
        Servers {
            mariadb: Mariadb::start(),
            redis: redis(),
        }
    }
}

/// Starts a Redis with a password.
#[track_caller]
pub(super) fn redis() -> Option<Redis> {
    Redis::with_password(REDIS_PASSWORD)
}

/// Whether somebody with this environment is let in, and may write.
#[track_caller]
pub(super) fn work(environment: &Value) -> bool {
    let has = |name: &str| environment.get(name).is_some();
    if has("MYSQL_HOST") {
        let written = connect(environment)
            .and_then(|mut conn| conn.query_drop("CREATE OR REPLACE TABLE written (a INT)"));
        written.is_ok()
    } else if has("REDIS_HOST") {
        let key = format!("{}written", text(environment, "REDIS_PREFIX"));
        let told = redis_command(environment, &["SET", &key, "1"]);
        matches!(told, Ok(Reply::Text(text)) if text == "OK")
    } else {
        let path = text(environment, "SQLITE_PATH");
        let opened = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE);
        let written =
            opened.and_then(|conn| conn.execute_batch("CREATE TABLE IF NOT EXISTS written (a)"));
        written.is_ok()
    }
}

/// Connects to the MySQL of an environment.
pub(super) fn connect(environment: &Value) -> mysql::Result<Conn> {
    let port = text(environment, "MYSQL_PORT");
    let options = OptsBuilder::new()
        .ip_or_hostname(Some(text(environment, "MYSQL_HOST")))
        .tcp_port(port.parse().expect("it is a port"))
        .user(Some(text(environment, "MYSQL_USER")))
        .pass(Some(text(environment, "MYSQL_PASSWORD")))
        .db_name(Some(text(environment, "MYSQL_DATABASE")))
        .prefer_socket(false);
    Conn::new(options)
}

/// What the Redis of an environment answers to a command.
pub(super) fn redis_command(environment: &Value, words: &[&str]) -> std::io::Result<Reply> {
    let port = text(environment, "REDIS_PORT");
    let mut client = Client::connect(port.parse().expect("it is a port"))?;
    let login = ["REDIS_USERNAME", "REDIS_PASSWORD"].map(|name| text(environment, name));
    match client.say(&["AUTH", login[0], login[1]])? {
        Reply::Error(why) => Ok(Reply::Error(why)),
        _ => client.say(words),
    }
}

/// What a variable says.
#[track_caller]
pub(super) fn text<'e>(environment: &'e Value, name: &str) -> &'e str {
    let value = environment[name].as_str();
    value.unwrap_or_else(|| panic!("no `{name}` is told"))
}
