//! `micro mock` under test: what a definition calls, served from files.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::program::{Lines, Process, program, run_command};

/// A process that serves what a definition calls.
pub struct Mock {
    pub process: Process,
    /// Its log.
    pub log: Lines,
    /// What it tells shells: names and values.
    pub variables: Vec<(String, String)>,
}

impl Mock {
    /// Starts `micro mock` with these arguments for a definition of `count` connections.
    #[track_caller]
    pub fn start(folder: &Path, count: usize, arguments: &[&str]) -> Mock {
        let mut command = program();
        command
            .current_dir(folder)
            .arg("mock")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = Process::start(&mut command);
        let log = Lines::of(process.child.stderr.take().expect("it is piped"));
        let lines = process.lines();
        let variable = |_| {
            let line = lines.find("export ");
            let (name, value) = line["export ".len()..]
                .split_once('=')
                .expect("it has both");
            (name.to_owned(), value.to_owned())
        };
        Mock {
            process,
            log,
            variables: (0..count).map(variable).collect(),
        }
    }

    /// The program, told where the connections are.
    pub fn program(&self, folder: &Path) -> Command {
        let mut command = program();
        command
            .current_dir(folder)
            .envs(self.variables.iter().cloned());
        command
    }

    /// What `micro call c.micro` with these arguments came to.
    #[track_caller]
    pub fn call(&self, folder: &Path, arguments: &[&str]) -> (i32, String, String) {
        run_command(
            self.program(folder)
                .args(["call", "c.micro"])
                .args(arguments),
        )
    }

    /// Has the process end, which it must do well.
    #[track_caller]
    pub fn end(self) {
        self.process.end(Signal::TERM);
    }
}
