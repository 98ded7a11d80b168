//! A `mariadbd` of its own, with an empty set of databases; it can be stopped, killed, paused, and
//! started again at the same port.
//!
//! Needs `daemon` and `tools` beside it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use super::daemon::{self, Daemon, TRIES};
use super::tools;

/// A MariaDB that runs, unless it is told not to. What is committed survives its end.
#[derive(Debug)]
pub(crate) struct Mariadb {
    port: u16,
    // Ended before its folder goes.
    daemon: Option<Daemon>,
    folder: tempfile::TempDir,
}

impl Mariadb {
    /// Starts one. Nothing, if there is no MariaDB here.
    #[track_caller]
    pub(crate) fn start() -> Option<Mariadb> {
        if !tools::has("mariadbd", &["--version"]) {
            return None;
        }
        let mut mariadb = Mariadb {
            port: 0,
            daemon: None,
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
        };
        mariadb.install();
        let is_up = (0..TRIES).any(|_| {
            mariadb.port = daemon::port();
            mariadb.run()
        });
        assert!(is_up, "{}", daemon::log_of(mariadb.folder.path()));
        Some(mariadb)
    }

    /// The one that all tests of this process share; each has databases of its own there.
    #[track_caller]
    pub(crate) fn shared() -> Option<&'static Mariadb> {
        static SHARED: OnceLock<Option<Mariadb>> = OnceLock::new();
        // Asked for by each test, so that each says that it is left out.
        if !tools::has("mariadbd", &["--version"]) {
            return None;
        }
        SHARED.get_or_init(Mariadb::start).as_ref()
    }

    /// Where it listens, on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it listens, too.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Such as `mysql://root@127.0.0.1:3306/database`.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database: its URL.
    #[track_caller]
    pub(crate) fn create_database(&self, name: &str) -> String {
        self.execute(&format!("CREATE DATABASE `{name}`"));
        self.url(name)
    }

    /// Runs statements as root: the rows of what they give, columns between tabs, a line each.
    #[track_caller]
    pub(crate) fn execute(&self, sql: &str) -> String {
        let done = self.client(sql);
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{sql}: {told}");
        String::from_utf8(done.stdout).expect("it is text")
    }

    /// Has it hang: it still accepts connections, and does nothing.
    #[track_caller]
    pub(crate) fn pause(&self) {
        self.running().pause();
    }

    /// Has it go on.
    #[track_caller]
    pub(crate) fn resume(&self) {
        self.running().resume();
    }

    /// Ends it in good order.
    #[track_caller]
    pub(crate) fn stop(&mut self) {
        self.daemon.take().expect("it runs").end("TERM");
    }

    /// Kills it.
    #[track_caller]
    pub(crate) fn kill(&mut self) {
        self.daemon.take().expect("it runs").end("KILL");
    }

    /// Starts it again at its port, with what it had.
    #[track_caller]
    pub(crate) fn start_again(&mut self) {
        assert!(self.daemon.is_none(), "it runs");
        let is_up = (0..TRIES).any(|_| self.run());
        assert!(is_up, "{}", daemon::log_of(self.folder.path()));
    }

    /// Makes the tables that it needs itself.
    #[track_caller]
    fn install(&self) {
        let mut command = Command::new("mariadb-install-db");
        command.args(["--no-defaults", "--skip-test-db", "--skip-name-resolve"]);
        command.arg("--auth-root-authentication-method=normal");
        command.args(self.own());
        let done = command.output().expect("there is `mariadb-install-db`");
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{told}");
    }

    /// Whether it listens at its port; it does not if somebody else has it.
    #[track_caller]
    fn run(&mut self) -> bool {
        let [data, temporary, user] = self.own();
        let arguments = [
            "--no-defaults".to_owned(),
            data,
            temporary,
            user,
            format!("--socket={}", self.socket().display()),
            format!("--port={}", self.port),
            "--bind-address=127.0.0.1".to_owned(),
            "--skip-name-resolve".to_owned(),
            "--innodb-buffer-pool-size=32M".to_owned(),
            format!("--pid-file={}", self.folder.path().join("pid").display()),
        ];
        let is_up = || self.is_up();
        let daemon = Daemon::start(self.folder.path(), "mariadbd", &arguments, is_up);
        self.daemon = daemon;
        self.daemon.is_some()
    }

    fn is_up(&self) -> bool {
        let listens = TcpStream::connect(("127.0.0.1", self.port)).is_ok();
        listens && self.client("SELECT 1").status.success()
    }

    fn client(&self, sql: &str) -> Output {
        let mut command = Command::new("mariadb");
        command.args(["--no-defaults", "--user=root", "--skip-column-names"]);
        command.arg("--batch").arg("--socket").arg(self.socket());
        command.args(["--execute", sql]).stdin(Stdio::null());
        command.output().expect("there is `mariadb`")
    }

    #[track_caller]
    fn running(&self) -> &Daemon {
        self.daemon.as_ref().expect("it runs")
    }

    /// What is its own: where its data and its temporary files are, and the user that it is. A server
    /// that starts removes the temporary files of all others in that folder; and it does not run as
    /// root unless it is told to.
    fn own(&self) -> [String; 3] {
        let folder = self.folder.path();
        let user = folder.metadata().expect("it is there").uid();
        let folder = folder.display();
        [
            format!("--datadir={folder}/data"),
            format!("--tmpdir={folder}"),
            format!("--user={user}"),
        ]
    }
}
