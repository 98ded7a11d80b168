//! The program with `--watch`, whose files are edited while it serves.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::program::{Lines, Process, get, program};

/// A service whose files are watched.
pub struct Watched {
    pub folder: TempDir,
    pub process: Process,
    pub log: Lines,
    pub complaints: Lines,
    pub address: SocketAddr,
}

impl Watched {
    pub fn start(folder: TempDir, arguments: &[&str]) -> Watched {
        Watched::start_with(folder, arguments, &[])
    }

    pub fn start_with(folder: TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Watched {
        Watched::start_and(folder, arguments, variables, |_, _| ())
    }

    /// Starts the program, and does something before it listens.
    pub fn start_and(
        folder: TempDir,
        arguments: &[&str],
        variables: &[(&str, &str)],
        act: impl FnOnce(&Path, &Lines),
    ) -> Watched {
        let mut command = program();
        command.args(arguments).envs(variables.iter().copied());
        Watched::start_command(command, folder, act)
    }

    /// The same of any command.
    pub fn start_command(
        mut command: Command,
        folder: TempDir,
        act: impl FnOnce(&Path, &Lines),
    ) -> Watched {
        command.current_dir(folder.path());
        let mut process = Process::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let log = process.lines();
        let complaints = Lines::of(process.child.stderr.take().expect("it is piped"));
        act(folder.path(), &complaints);
        let address = log.address();
        Watched {
            folder,
            process,
            log,
            complaints,
            address,
        }
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file can be written");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a GET is answered with.
    #[track_caller]
    pub fn content(&self, path: &str) -> String {
        let answer = get(self.address, path);
        let (_, content) = answer.split_once("\r\n\r\n").expect("a whole answer");
        content.to_owned()
    }

    #[track_caller]
    pub fn assert_pong(&self, path: &str) {
        let answer = get(self.address, path);
        assert!(answer.ends_with("{\"ping\":\"pong\"}"), "{answer}");
    }

    #[track_caller]
    pub fn assert_nothing(&self, path: &str) {
        let answer = get(self.address, path);
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    }

    #[track_caller]
    pub fn find_change(&self, files: &str) {
        self.log
            .find(&format!(" micro> {files} changed: the new service serves"));
    }

    #[track_caller]
    pub fn find_errors(&self, files: &str) {
        self.log.find(&format!(
            " micro> {files}, and there are errors: the old service goes on"
        ));
    }

    #[track_caller]
    pub fn end(self) {
        self.process.end(Signal::TERM);
    }
}
