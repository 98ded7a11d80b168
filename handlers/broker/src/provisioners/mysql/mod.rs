//! Instances in a MariaDB or MySQL server: a database an instance, a user a bind.
//!
//! `lines` has the connections of the administrator, `databases` and `users` know the statements.

mod databases;
mod fault;
mod lines;
mod name;
mod users;

use micro_api::Error;

use self::lines::{Line, Lines};
use super::server::{self, Scheme, Server};
use super::size::size;
use crate::kind::Kind;
use crate::options::Options;
use crate::provisioner::{Bind, Failure, Found, Instance, Provisioner, Ready, Tended};

/// The kind `mysql`.
pub(crate) const MYSQL: Kind = Kind {
    name: "mysql",
    options: &["url", "host", "port"],
    environment: &[
        ("host", "MYSQL_HOST"),
        ("port", "MYSQL_PORT"),
        ("user", "MYSQL_USER"),
        ("password", "MYSQL_PASSWORD"),
        ("database", "MYSQL_DATABASE"),
        ("url", "MYSQL_URL"),
    ],
    open,
    place,
};

const DATABASE: &str = "database";
const USER: &str = "user";

struct Mysql {
    lines: Lines,
    /// Where apps reach the server.
    host: String,
    port: u16,
}

const SCHEME: Scheme = Scheme {
    name: "mysql",
    port: 3306,
    has_user: true,
    path: "",
    expected: "`mysql://USER:PASSWORD@HOST:PORT/` of an administrator",
};

fn open(options: &Options<'_>) -> Result<Box<dyn Provisioner>, Error> {
    let server = Server::of(options, &SCHEME)?;
    let (host, port) = server::of_apps(options, &server)?;
    Ok(Box::new(Mysql {
        host,
        port,
        lines: Lines::new(server, options.timeout()?),
    }))
}

fn place(options: &Options<'_>) -> Result<String, Error> {
    Server::of(options, &SCHEME).map(|server| server.address())
}

impl Provisioner for Mysql {
    fn create(&self, instance: &Instance) -> Result<(), Failure> {
        self.lines.with(|line| {
            users::check_rights(line)?;
            databases::make(line, instance.label.as_str())
        })
    }

    fn destroy(&self, instance: &Instance) -> Result<(), Failure> {
        let name = instance.label.as_str();
        self.lines.with(|line| databases::remove(line, name))
    }

    fn bind(&self, instance: &Instance, bind: &Bind) -> Result<(), Failure> {
        self.lines.with(|line| users::make(line, instance, bind))?;
        // A server may have users that go before ours, such as `''@localhost`, who is anybody.
        let (user, database) = (bind.label.as_str(), instance.label.as_str());
        self.lines.log_in(user, bind.secret.reveal(), database)
    }

    fn unbind(&self, _: &Instance, bind: &Bind) -> Result<(), Failure> {
        let user = bind.label.as_str();
        self.lines.with(|line| users::remove(line, user))
    }

    fn environment(&self, instance: &Instance, bind: &Bind) -> Vec<(&'static str, String)> {
        let (user, password) = (&bind.label, bind.secret.reveal());
        let address = server::address(&self.host, self.port);
        let database = &instance.label;
        vec![
            ("host", self.host.clone()),
            ("port", self.port.to_string()),
            ("user", user.to_string()),
            ("password", password.to_owned()),
            ("database", database.to_string()),
            (
                "url",
                format!("mysql://{user}:{password}@{address}/{database}"),
            ),
        ]
    }

    fn info(&self, instance: &Instance) -> Result<Vec<(String, String)>, Failure> {
        let name = instance.label.as_str();
        let (tables, bytes) = self.lines.with(|line| databases::measure(line, name))?;
        let shown = [
            ("Database", name.to_owned()),
            ("Address", server::address(&self.host, self.port)),
            ("Size", size(bytes)),
            ("Tables", tables.to_string()),
        ];
        Ok(shown.map(|(label, value)| (label.to_owned(), value)).into())
    }

    fn list(&self, prefix: &str) -> Result<Vec<Found>, Failure> {
        self.lines.with(|line| {
            let databases = "SELECT schema_name FROM information_schema.schemata";
            let mut found = list(line, databases, DATABASE, prefix)?;
            let users = "SELECT user FROM mysql.user WHERE host = '%'";
            found.extend(list(line, users, USER, prefix)?);
            Ok(found)
        })
    }

    fn remove(&self, orphan: &Found) -> Result<(), Failure> {
        match orphan.kind {
            DATABASE => self
                .lines
                .with(|line| databases::remove(line, &orphan.name)),
            USER => self.lines.with(|line| users::remove(line, &orphan.name)),
            kind => Err(Failure::for_good(format!(
                "there is no {kind} in MySQL, only a database or a user"
            ))),
        }
    }

    fn tend(&self, ready: &[Ready]) -> Result<Tended, Failure> {
        self.lines.with(|line| {
            line.run("SELECT 1")?;
            let lost = users::find_lost(line, ready)?;
            let gone = databases::find_lost(line, ready)?.into_iter();
            let down = gone.map(|label| (label, "its database is gone".to_owned()));
            Ok(Tended {
                lost,
                down: down.collect(),
            })
        })
    }
}

/// What begins with the prefix and can be ours.
fn list(
    line: &mut Line,
    sql: &str,
    kind: &'static str,
    prefix: &str,
) -> Result<Vec<Found>, fault::Fault> {
    let names: Vec<String> = line.rows(sql)?;
    let is_ours = |text: &String| text.starts_with(prefix) && name::is_name(text);
    let ours = names.into_iter().filter(is_ours);
    Ok(ours.map(|name| Found { kind, name }).collect())
}
