//! What a service of `micro/broker.micro` is started with, at a port and with a folder of its own; again
//! and again, with what it had.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::service::Service;
use crate::database::Database;
use crate::mariadb::Mariadb;
use crate::program::program;
use crate::redis::Redis;

/// The password that the service wants of a platform, and the key that it seals with.
pub(super) const PASSWORD: &str = "open-sesame!";
pub(super) const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

const DEFINITION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/micro/broker.micro");
/// What lets tests be short: what is to be done is looked for often.
const HASTE: [(&str, &str); 3] = [
    ("BROKER_LEASE", "1s"),
    ("BROKER_SWEEP_EVERY", "50ms"),
    ("BROKER_TEND_EVERY", "100ms"),
];

/// What a service is started with, again and again.
pub(super) struct Setup {
    folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Setup {
    /// With this database, and the plan `small` of files.
    pub(super) fn new(database: &Database) -> Setup {
        Setup::at(database.url())
    }

    /// With the database of this URL.
    pub(super) fn at(url: &str) -> Setup {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let data = folder.path().join("data").display().to_string();
        let mut setup = Setup {
            folder,
            environment: BTreeMap::new(),
        };
        let own = [
            ("SERVER_BROKER_PORT", "0"),
            ("DATABASE_BROKER_URL", url),
            ("BROKER_USERNAME", "tsuru"),
            ("BROKER_PASSWORD", PASSWORD),
            ("BROKER_KEY", KEY),
            ("BROKER_PLAN_SMALL_FOLDER", &data),
        ];
        for (name, value) in own.into_iter().chain(HASTE) {
            setup.set(name, value);
        }
        setup
    }

    /// With the plan `database` in this MariaDB, too.
    pub(super) fn with_mariadb(self, mariadb: &Mariadb) -> Setup {
        self.with("BROKER_PLAN_DATABASE_URL", &mariadb.url(""))
    }

    /// With the plan `cache` in this Redis, too.
    pub(super) fn with_redis(self, redis: &Redis) -> Setup {
        self.with("BROKER_PLAN_CACHE_URL", &redis.url())
    }

    /// With this variable in its environment.
    pub(super) fn with(mut self, name: &str, value: &str) -> Setup {
        self.set(name, value);
        self
    }

    /// The same, from the next start on.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Where the files of the plan `small` are.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The names of what the plan `small` has made.
    #[track_caller]
    pub(super) fn files(&self) -> Vec<String> {
        let parts = ["instances", "binds"].map(|part| self.data().join(part));
        parts.iter().flat_map(|part| names(part)).collect()
    }

    /// The program.
    pub(super) fn command(&self) -> Command {
        let mut command = program();
        command.arg(DEFINITION).envs(&self.environment);
        command
    }

    /// Starts it.
    #[track_caller]
    pub(super) fn start(&self) -> Service {
        Service::of(&mut self.command())
    }
}

#[track_caller]
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it is there");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("it can be read").file_name();
        name.into_string().expect("it is text")
    };
    entries.map(name).collect()
}
