//! A `redis-server` of its own, with a small client; it can be stopped, killed, paused, and started
//! again at the same port.
//!
//! Needs `daemon` and `tools` beside it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use super::daemon::{self, DEADLINE, Daemon, LOG, TRIES};
use super::tools;

const DUMP: &str = "dump.rdb";
const USERS: &str = "users.acl";

/// A Redis that runs, unless it is told not to. It keeps nothing over its end but what `save` wrote.
#[derive(Debug)]
pub(crate) struct Redis {
    port: u16,
    password: Option<String>,
    // Ended before its folder goes.
    daemon: Option<Daemon>,
    folder: tempfile::TempDir,
}

/// What Redis answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Text(String),
    Number(i64),
    Array(Vec<Reply>),
    Nil,
    Error(String),
}

impl Redis {
    /// Starts one. Nothing, if there is no Redis here.
    #[track_caller]
    pub(crate) fn start() -> Option<Redis> {
        Redis::with(None)
    }

    /// The same, for those who know its password.
    #[track_caller]
    pub(crate) fn with_password(password: &str) -> Option<Redis> {
        Redis::with(Some(password.to_owned()))
    }

    /// Where it listens, on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens, too.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Such as `redis://127.0.0.1:6379`.
    pub(crate) fn url(&self) -> String {
        let password = self.password.as_ref();
        let password = password.map_or(String::new(), |password| format!(":{password}@"));
        format!("redis://{password}127.0.0.1:{}", self.port)
    }

    /// What it answers to a command, on a connection of its own.
    #[track_caller]
    pub(crate) fn command(&self, words: &[&str]) -> Reply {
        self.exchange(words).expect("Redis answers")
    }

    /// The members of a set, in alphabetical order.
    #[track_caller]
    pub(crate) fn members(&self, key: &str) -> Vec<String> {
        self.command(&["SMEMBERS", key]).sorted()
    }

    /// The keys that match a pattern, in alphabetical order.
    #[track_caller]
    pub(crate) fn keys(&self, pattern: &str) -> Vec<String> {
        self.command(&["KEYS", pattern]).sorted()
    }

    /// Gives it a file for its users: it reads that when it is started again, and then may write it.
    #[track_caller]
    pub(crate) fn give_users_file(&self) {
        let made = std::fs::write(self.folder.path().join(USERS), "");
        made.expect("a file can be made");
    }

    /// Writes what it has to its file.
    #[track_caller]
    pub(crate) fn save(&self) {
        assert_eq!(self.command(&["SAVE"]), Reply::Text("OK".to_owned()));
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

    /// Ends it in good order; what was not saved is lost.
    #[track_caller]
    pub(crate) fn stop(&mut self) {
        self.daemon.take().expect("it runs").end("TERM");
    }

    /// Kills it.
    #[track_caller]
    pub(crate) fn kill(&mut self) {
        self.daemon.take().expect("it runs").end("KILL");
    }

    /// Starts it again at its port, with what was saved.
    #[track_caller]
    pub(crate) fn start_again(&mut self) {
        assert!(self.daemon.is_none(), "it runs");
        let is_up = (0..TRIES).any(|_| self.run());
        assert!(is_up, "{}", daemon::log_of(self.folder.path()));
    }

    /// Starts it again at its port, with nothing.
    #[track_caller]
    pub(crate) fn start_empty(&mut self) {
        let _ = std::fs::remove_file(self.dump());
        self.start_again();
    }

    #[track_caller]
    fn with(password: Option<String>) -> Option<Redis> {
        if !tools::has("redis-server", &["--version"]) {
            return None;
        }
        let mut redis = Redis {
            port: 0,
            password,
            daemon: None,
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
        };
        let is_up = (0..TRIES).any(|_| {
            redis.port = daemon::port();
            redis.run()
        });
        assert!(is_up, "{}", daemon::log_of(redis.folder.path()));
        Some(redis)
    }

    /// Whether it listens at its port; it does not if somebody else has it.
    #[track_caller]
    fn run(&mut self) -> bool {
        let folder = self.folder.path().display().to_string();
        let socket = self.socket().display().to_string();
        let (port, password) = (self.port.to_string(), self.password.as_deref());
        let arguments = [
            ["--bind", "127.0.0.1"],
            ["--port", &port],
            ["--unixsocket", &socket],
            ["--requirepass", password.unwrap_or_default()],
            ["--dir", &folder],
            ["--dbfilename", DUMP],
            ["--logfile", LOG],
            ["--save", ""],
            ["--appendonly", "no"],
        ];
        let users = self.folder.path().join(USERS);
        let users = users.exists().then(|| users.display().to_string());
        let users = users.as_deref().map(|users| ["--aclfile", users]);
        let arguments = arguments.iter().chain(users.as_ref()).flatten();
        let arguments: Vec<String> = arguments.map(ToString::to_string).collect();
        let is_up = || self.is_up();
        let daemon = Daemon::start(self.folder.path(), "redis-server", &arguments, is_up);
        self.daemon = daemon;
        self.daemon.is_some()
    }

    /// Whether what listens at the port is what has our folder, and has loaded its file.
    fn is_up(&self) -> bool {
        let Ok(Reply::Array(told)) = self.exchange(&["CONFIG", "GET", "dir"]) else {
            return false;
        };
        let folder = std::fs::canonicalize(self.folder.path()).expect("it is there");
        let ours = Reply::Text(folder.display().to_string());
        told.get(1) == Some(&ours) && matches!(self.exchange(&["DBSIZE"]), Ok(Reply::Number(_)))
    }

    #[track_caller]
    fn running(&self) -> &Daemon {
        self.daemon.as_ref().expect("it runs")
    }

    fn exchange(&self, words: &[&str]) -> std::io::Result<Reply> {
        let mut client = Client::connect(self.port)?;
        if let Some(password) = &self.password {
            client.say(&["AUTH", password])?;
        }
        client.say(words)
    }

    fn dump(&self) -> PathBuf {
        self.folder.path().join(DUMP)
    }
}

/// A connection to a Redis.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects to what listens at a port.
    pub(crate) fn connect(port: u16) -> std::io::Result<Client> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(DEADLINE))?;
        Ok(Client(BufReader::new(stream)))
    }

    /// What is answered to a command.
    pub(crate) fn say(&mut self, words: &[&str]) -> std::io::Result<Reply> {
        send(self.0.get_mut(), words)?;
        Reply::read(&mut self.0)
    }
}

impl Reply {
    /// The texts of an array, in alphabetical order.
    #[track_caller]
    pub(crate) fn sorted(self) -> Vec<String> {
        let Reply::Array(replies) = self else {
            panic!("no array, but {self:?}");
        };
        let text = |reply| match reply {
            Reply::Text(text) => text,
            other => panic!("no text, but {other:?}"),
        };
        let mut texts: Vec<String> = replies.into_iter().map(text).collect();
        texts.sort();
        texts
    }

    fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Reply> {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let line = line
            .strip_suffix("\r\n")
            .ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let (kind, rest) = line.split_at_checked(1).unwrap_or_default();
        let number = || rest.parse().expect("a number comes");
        Ok(match kind {
            "+" => Reply::Text(rest.to_owned()),
            "-" => Reply::Error(rest.to_owned()),
            ":" => Reply::Number(number()),
            "$" if rest != "-1" => Reply::read_text(stream, number())?,
            "*" if rest != "-1" => {
                let replies = (0..number()).map(|_| Reply::read(stream));
                Reply::Array(replies.collect::<std::io::Result<_>>()?)
            }
            "$" | "*" => Reply::Nil,
            _ => panic!("Redis answers `{line}`"),
        })
    }

    fn read_text(stream: &mut impl Read, length: i64) -> std::io::Result<Reply> {
        let length = usize::try_from(length).expect("a length is not negative");
        let mut bytes = vec![0; length + 2];
        stream.read_exact(&mut bytes)?;
        bytes.truncate(length);
        let text = String::from_utf8(bytes).expect("it is text");
        Ok(Reply::Text(text))
    }
}

fn send(stream: &mut TcpStream, words: &[&str]) -> std::io::Result<()> {
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        text += &format!("${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(text.as_bytes())
}
