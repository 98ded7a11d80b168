//! A program that serves `micro/routing.micro`, at a port of its own.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use micro_api::Value;
use rustix::process::Signal;

use crate::database::Database;
use crate::program::{Lines, Process, program};
use crate::support::{Answer, Client};

/// The token that the service wants.
pub(super) const TOKEN: &str = "0123456789abcdef";

/// The definition under test.
const DEFINITION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/micro/routing.micro");

/// A service that runs until it is dropped.
pub(super) struct Service {
    pub(super) address: SocketAddr,
    pub(super) process: Process,
    /// What it logs.
    pub(super) lines: Mutex<Lines>,
}

/// The program with this definition and database, and with a token.
pub(super) fn command(database: &Database) -> Command {
    let mut command = program();
    command.arg(DEFINITION);
    command.env("SERVER_ROUTING_PORT", "0");
    command.env("DATABASE_ROUTING_URL", database.url());
    command.env("ROUTING_ADMIN_TOKEN", TOKEN);
    command
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.process.child.kill();
            let lines = self
                .lines
                .lock()
                .map(|lines| lines.all())
                .unwrap_or_default();
            let telling: Vec<String> = lines
                .into_iter()
                .filter(|line| !line.contains("[INFO] access>"))
                .collect();
            eprintln!("{}", telling.join("\n"));
        }
    }
}

impl Service {
    /// Starts one.
    #[track_caller]
    pub(super) fn start(database: &Database) -> Service {
        Service::with(database, &[])
    }

    /// Starts one with these variables in its environment, too.
    #[track_caller]
    pub(super) fn with(database: &Database, environment: &[(&str, &str)]) -> Service {
        Service::of(command(database).envs(environment.iter().copied()))
    }

    /// Starts this command.
    #[track_caller]
    pub(super) fn of(command: &mut Command) -> Service {
        let mut process = Process::start(command.stdout(Stdio::piped()));
        let lines = process.lines();
        let address = lines.address();
        Service {
            address,
            process,
            lines: Mutex::new(lines),
        }
    }

    /// Ends it in good order.
    #[track_caller]
    pub(super) fn end(mut self) {
        self.process.signal(Signal::TERM);
        assert_eq!(self.process.wait().code(), Some(0));
    }

    /// Kills it.
    #[track_caller]
    pub(super) fn kill(mut self) {
        self.process.signal(Signal::KILL);
        self.process.wait();
    }

    /// The answer to a request, which has no token of its own accord.
    #[track_caller]
    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut client = Client::to(self.address);
        client.send(request(method, path, headers, body));
        client.answer(method == "HEAD")
    }

    /// The answer to a request that has the token.
    #[track_caller]
    pub(super) fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let token = [("X-Auth-Token", TOKEN)];
        self.ask(method, path, &token, body.as_bytes())
    }

    #[track_caller]
    pub(super) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "")
    }

    #[track_caller]
    pub(super) fn put(&self, path: &str, body: &str) -> Answer {
        self.send("PUT", path, body)
    }

    #[track_caller]
    pub(super) fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, body)
    }

    #[track_caller]
    pub(super) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, "")
    }

    /// Maps a domain of a tenant anew.
    #[track_caller]
    pub(super) fn create(&self, tenant: &str, domain: &str, backends: &[&str]) -> Answer {
        let answer = self.put(&format!("/v1/{tenant}/mapping"), &mapping(domain, backends));
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer
    }

    /// The lines of an export.
    #[track_caller]
    pub(super) fn export(&self) -> String {
        let answer = self.get("/v1/export");
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text().to_owned()
    }

    /// What a tenant has, in pages of this length; each page says how many there are.
    #[track_caller]
    pub(super) fn pages(&self, tenant: &str, limit: usize) -> Vec<Value> {
        let mut routes = Vec::new();
        loop {
            let offset = routes.len();
            let path = format!("/v1/{tenant}/mapping?offset={offset}&limit={limit}");
            let answer = self.get(&path);
            assert_eq!(answer.status, 200, "{}", answer.text());
            let page = answer.json();
            let found = page["routes"].as_array().expect("it is a page");
            routes.extend(found.iter().cloned());
            let total = page["total"].as_u64().expect("it is a number");
            if found.len() < limit {
                assert_eq!(routes.len() as u64, total, "{path}: {page}");
                return routes;
            }
        }
    }
}

/// A request, as it is sent.
pub(super) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    let mut request = (head + "\r\n").into_bytes();
    request.extend_from_slice(body);
    request
}

/// A mapping, as it is sent and shown.
pub(super) fn mapping(domain: &str, backends: &[&str]) -> String {
    micro_api::json!({"domain": domain, "backends": backends}).to_string()
}

/// The line of an export that restores a mapping.
pub(super) fn line(tenant: &str, domain: &str, backends: &[&str]) -> String {
    let line = micro_api::json!({"tenant": tenant, "domain": domain, "backends": backends});
    format!("{line}\n")
}

/// The mappings of a tenant in an export, as its pages show them.
pub(super) fn of_tenant(export: &str, tenant: &str) -> Vec<Value> {
    let lines = export.lines().map(|line| {
        let line: Value = micro_api::serde_json::from_str(line).expect("a line is JSON");
        line
    });
    let ours = lines.filter(|line| line["tenant"] == tenant);
    let shown =
        |line: Value| micro_api::json!({"domain": line["domain"], "backends": line["backends"]});
    ours.map(shown).collect()
}
