//! A service under test, which can be killed, and what is asked of it.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use micro_api::Value;
use rustix::process::Signal;

use super::asking::send;
use crate::program::{Lines, Process};
use crate::support::Answer;

/// A service that runs until it is dropped.
pub(super) struct Service {
    pub(super) address: SocketAddr,
    process: Process,
    /// What it logs.
    lines: Mutex<Lines>,
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
    /// Starts this command.
    #[track_caller]
    pub(super) fn of(command: &mut Command) -> Service {
        let mut process = Process::start(command.stdout(Stdio::piped()));
        let lines = process.lines();
        Service {
            address: lines.address(),
            process,
            lines: Mutex::new(lines),
        }
    }

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
