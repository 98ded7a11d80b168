//! A program that serves `micro/broker.micro`, at a port and with a folder of its own; it can be killed
//! and started again with what it had.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use micro_api::Value;
use rustix::process::Signal;

use crate::database::Database;
use crate::mariadb::Mariadb;
use crate::program::{Lines, Process, program};
use crate::redis::Redis;
use crate::support::Answer;

/// The password that the service wants of a platform, and the key that it seals with.
pub(super) const PASSWORD: &str = "open-sesame!";
pub(super) const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// `tsuru:open-sesame!`, as it is sent.
pub(super) const LOGIN: &str = "Basic dHN1cnU6b3Blbi1zZXNhbWUh";

/// How long a thing may take to come about.
const PATIENCE: Duration = Duration::from_secs(60);
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

/// A service that runs until it is dropped.
pub(super) struct Service {
    pub(super) address: SocketAddr,
    process: Process,
    /// What it logs.
    lines: Mutex<Lines>,
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
        let mut process = Process::start(self.command().stdout(Stdio::piped()));
        let lines = process.lines();
        Service {
            address: lines.address(),
            process,
            lines: Mutex::new(lines),
        }
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

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.process.child.kill();
            let telling = self.log().into_iter();
            let telling: Vec<String> = telling.filter(|line| !line.contains("access>")).collect();
            eprintln!("{}", telling.join("\n"));
        }
    }
}

impl Service {
    /// Ends it in good order; gives what it has logged.
    #[track_caller]
    pub(super) fn end(mut self) -> Vec<String> {
        self.process.signal(Signal::TERM);
        assert_eq!(self.process.wait().code(), Some(0));
        self.log()
    }

    /// Kills it.
    #[track_caller]
    pub(super) fn kill(mut self) {
        self.process.signal(Signal::KILL);
        self.process.wait();
    }

    /// The answer to a request with the login. What it says is JSON if it looks so, else a form.
    #[track_caller]
    pub(super) fn send(&self, method: &str, path: &str, content: &str) -> Answer {
        let answer = send(self.address, method, path, content);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// The same, of which only the status matters.
    #[track_caller]
    pub(super) fn status(&self, method: &str, path: &str, content: &str) -> u16 {
        self.send(method, path, content).status
    }

    /// Creates an instance of a plan.
    #[track_caller]
    pub(super) fn create(&self, name: &str, plan: &str) {
        let answer = self.send("POST", "/resources", &format!("name={name}&plan={plan}"));
        answer.is(201, "");
    }

    /// Binds an app: its environment.
    #[track_caller]
    pub(super) fn bind(&self, name: &str, app: &str) -> Value {
        let path = format!("/resources/{name}/bind-app");
        let answer = self.send("POST", &path, &format!("app-name={app}"));
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// Unbinds an app: the status.
    #[track_caller]
    pub(super) fn unbind(&self, name: &str, app: &str) -> u16 {
        let path = format!("/resources/{name}/bind-app");
        self.status("DELETE", &path, &format!("app-name={app}"))
    }

    /// Deletes an instance: the status.
    #[track_caller]
    pub(super) fn delete(&self, name: &str) -> u16 {
        self.status("DELETE", &format!("/resources/{name}"), "")
    }

    /// How an instance is: the status.
    #[track_caller]
    pub(super) fn state(&self, name: &str) -> u16 {
        self.status("GET", &format!("/resources/{name}/status"), "")
    }

    /// The orphans, each `PLAN/KIND/NAME`, in alphabetical order.
    #[track_caller]
    pub(super) fn orphans(&self) -> Vec<String> {
        let answer = self.send("GET", "/admin/orphans", "");
        assert_eq!(answer.status, 200, "{}", answer.text());
        let told = answer.json();
        assert_eq!(told["unreachable"], micro_api::json!([]));
        let text = |orphan: &Value, key: &str| orphan[key].as_str().expect("it is text").to_owned();
        let orphans = told["orphans"].as_array().expect("it is a list").iter();
        let mut orphans: Vec<String> = orphans
            .map(|orphan| {
                ["plan", "kind", "name"]
                    .map(|key| text(orphan, key))
                    .join("/")
            })
            .collect();
        orphans.sort();
        orphans
    }

    fn log(&self) -> Vec<String> {
        let lines = self.lines.lock();
        lines.map(|lines| lines.all()).unwrap_or_default()
    }
}

/// The answer of a service that may go away, on a connection for it alone.
pub(super) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    content: &str,
) -> std::io::Result<Answer> {
    let login = [("Authorization", LOGIN)];
    ask(address, method, path, &login, content)
}

/// The same, with these header fields.
pub(super) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    content: &str,
) -> std::io::Result<Answer> {
    let kind = match content.starts_with('{') {
        true => "application/json",
        false => "application/x-www-form-urlencoded",
    };
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    let has_kind = headers.iter().any(|(name, _)| *name == "Content-Type");
    if !content.is_empty() && !has_kind {
        request += &format!("Content-Type: {kind}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n{content}", content.len());
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut told = Vec::new();
    stream.read_to_end(&mut told)?;
    parse(&told).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

/// An answer with all that belongs to it.
fn parse(told: &[u8]) -> Option<Answer> {
    let end = told.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&told[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let pair = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    let answer = Answer {
        status,
        headers: lines.filter_map(pair).collect(),
        body: told[end + 4..].to_vec(),
    };
    let length = answer.header("content-length").unwrap_or("0").to_owned();
    (length == answer.body.len().to_string()).then_some(answer)
}

/// Waits for a thing.
#[track_caller]
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} does not come about");
        std::thread::yield_now();
    }
}

/// Waits until nothing is left to be done.
#[track_caller]
pub(super) fn settled(database: &Database) {
    let left = "SELECT (SELECT COUNT(*) FROM broker_instance WHERE due IS NOT NULL \
                OR state IN ('pending', 'deleting')) + (SELECT COUNT(*) FROM broker_bind \
                WHERE state IN ('pending', 'deleting'))";
    until("that nothing is to be done", || {
        database.run(left) == Some(0)
    });
}
