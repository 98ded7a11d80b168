//! Instances in a Redis: a prefix of keys an instance, a user of Redis' access control list a bind.
//!
//! A bind has a prefix of its own below that of its instance, named after who has it, so that an app
//! that is bound again finds its keys again. They are deleted with the instance.
//!
//! `lines` has the connections of the administrator, `users` and `keys` know the commands. Redis 7 or
//! newer is needed: before that, single subcommands cannot be forbidden.

mod keys;
mod lines;
mod users;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use micro_api::Error;

use self::keys::Deletions;
use self::lines::{Line, Lines};
use super::server::{self, Scheme, Server};
use crate::kind::Kind;
use crate::options::Options;
use crate::provisioner::{Bind, Failure, Found, Instance, Label, Provisioner, Ready, Tended};

/// The kind `redis`.
pub(crate) const REDIS: Kind = Kind {
    name: "redis",
    options: &["url", "host", "port"],
    environment: &[
        ("host", "REDIS_HOST"),
        ("port", "REDIS_PORT"),
        ("user", "REDIS_USERNAME"),
        ("password", "REDIS_PASSWORD"),
        ("prefix", "REDIS_PREFIX"),
        ("url", "REDIS_URL"),
    ],
    open,
    place,
};

const USER: &str = "user";
const KEYS: &str = "keys";
/// How many keys are counted for people.
const COUNTED_MAX: usize = 10_000;

const SCHEME: Scheme = Scheme {
    name: "redis",
    port: 6379,
    has_user: false,
    // Apps are kept in the database that they are in when they have connected.
    path: "0",
    expected: "`redis://USER:PASSWORD@HOST:PORT/` of an administrator",
};

struct Redis {
    lines: Lines,
    deletions: Deletions,
    /// Where apps reach the server.
    host: String,
    port: u16,
    /// Whether the server forgets its users when it is started again.
    is_forgetful: AtomicBool,
}

fn open(options: &Options<'_>) -> Result<Box<dyn Provisioner>, Error> {
    let server = Server::of(options, &SCHEME)?;
    let (host, port) = server::of_apps(options, &server)?;
    Ok(Box::new(Redis {
        host,
        port,
        lines: Lines::new(server, options.timeout()?),
        deletions: Deletions::default(),
        is_forgetful: AtomicBool::new(false),
    }))
}

fn place(options: &Options<'_>) -> Result<String, Error> {
    Server::of(options, &SCHEME).map(|server| server.address())
}

/// With what all keys of an instance begin.
fn prefix_of(instance: &Label) -> String {
    format!("{instance}:")
}

/// With what all keys of a bind begin.
fn prefix(instance: &Instance, bind: &Bind) -> String {
    // A colon ends a part of a prefix, so that none is the beginning of another: `a:80` is not below `a`.
    let subject = bind.subject.replace('%', "%25").replace(':', "%3A");
    let (instance, kind) = (&instance.label, bind.kind);
    format!("{instance}:{kind}:{subject}:")
}

impl Redis {
    /// Has the server write its users down. If it has no file for that, the broker makes them again.
    fn save(&self, line: &mut Line) -> Result<(), Failure> {
        if !self.is_forgetful.load(Ordering::Relaxed) && !users::save(line)? {
            self.is_forgetful.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Provisioner for Redis {
    fn create(&self, _: &Instance) -> Result<(), Failure> {
        self.lines.with(users::check)
    }

    fn destroy(&self, instance: &Instance) -> Result<(), Failure> {
        let prefix = prefix_of(&instance.label);
        self.lines.with(|line| self.deletions.delete(line, &prefix))
    }

    fn bind(&self, instance: &Instance, bind: &Bind) -> Result<(), Failure> {
        let (user, secret) = (bind.label.as_str(), bind.secret.reveal());
        let prefix = prefix(instance, bind);
        self.lines.with(|line| {
            users::make(line, user, secret, &prefix)?;
            self.save(line)
        })
    }

    fn unbind(&self, _: &Instance, bind: &Bind) -> Result<(), Failure> {
        self.lines.with(|line| {
            users::remove(line, bind.label.as_str())?;
            self.save(line)
        })
    }

    fn environment(&self, instance: &Instance, bind: &Bind) -> Vec<(&'static str, String)> {
        let (user, password) = (&bind.label, bind.secret.reveal());
        let address = server::address(&self.host, self.port);
        vec![
            ("host", self.host.clone()),
            ("port", self.port.to_string()),
            ("user", user.to_string()),
            ("password", password.to_owned()),
            ("prefix", prefix(instance, bind)),
            ("url", format!("redis://{user}:{password}@{address}/0")),
        ]
    }

    fn info(&self, instance: &Instance) -> Result<Vec<(String, String)>, Failure> {
        let prefix = prefix_of(&instance.label);
        let count = self
            .lines
            .with(|line| keys::count(line, &prefix, COUNTED_MAX))?;
        let count = match count {
            Some(count) => count.to_string(),
            None => format!("more than {COUNTED_MAX}"),
        };
        let address = server::address(&self.host, self.port);
        let shown = [("Prefix", prefix), ("Address", address), ("Keys", count)];
        Ok(shown.map(|(label, value)| (label.to_owned(), value)).into())
    }

    fn list(&self, prefix: &str) -> Result<Vec<Found>, Failure> {
        self.lines.with(|line| {
            let users = users::list(line)?.into_iter();
            let users = users.filter(|user| user.starts_with(prefix));
            let found = |kind| move |name| Found { kind, name };
            let owners = keys::owners(line, prefix)?.into_iter();
            Ok(users
                .map(found(USER))
                .chain(owners.map(found(KEYS)))
                .collect())
        })
    }

    fn remove(&self, orphan: &Found) -> Result<(), Failure> {
        let label = Label::new(&orphan.name);
        let label =
            label.ok_or_else(|| Failure::for_good("what is to be removed has no name of ours"))?;
        self.lines.with(|line| match orphan.kind {
            USER => {
                users::remove(line, label.as_str())?;
                self.save(line)
            }
            KEYS => self.deletions.delete(line, &prefix_of(&label)),
            kind => Err(Failure::for_good(format!(
                "there is no {kind} in Redis, only a user or keys"
            ))),
        })
    }

    fn tend(&self, ready: &[Ready]) -> Result<Tended, Failure> {
        let users: BTreeSet<String> = self.lines.with(users::list)?.into_iter().collect();
        let binds = ready.iter().flat_map(|ready| &ready.binds);
        let lost = binds.filter(|bind| !users.contains(bind.as_str()));
        Ok(Tended {
            lost: lost.cloned().collect(),
            down: Vec::new(),
        })
    }
}
