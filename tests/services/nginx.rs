//! An nginx of its own, in one process, for as long as a test needs it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::program::{DEADLINE, Process, free_port};
use super::support::{Answer, Client, get};
use super::tools;

/// How often other ports are tried if somebody else was quicker.
const TRIES: usize = 10;

// `@` stands before what is filled in.
const HEAD: &str = "\
daemon off;
master_process off;
pid @folder/pid;
error_log @folder/error.log notice;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path @folder/body;
  proxy_temp_path @folder/proxy;
  fastcgi_temp_path @folder/fastcgi;
  uwsgi_temp_path @folder/uwsgi;
  scgi_temp_path @folder/scgi;
  default_type text/plain;
  client_body_in_single_buffer on;
  client_body_buffer_size 64k;
  server {
    listen @host:@status;
    location = /name { return 200 @folder; }
    location = /status { stub_status; }
  }
";

/// An nginx that runs.
pub(crate) struct Nginx {
    ports: Ports,
    host: String,
    folder: tempfile::TempDir,
    // Ended before its folder goes.
    process: Option<Process>,
}

struct Ports {
    port: u16,
    other: u16,
    status: u16,
}

impl Nginx {
    /// Starts one with this in its block `http`, where `@port`, `@other` and `@status` are ports,
    /// `@host` its address and `@folder` its folder. Nothing, if there is no nginx here.
    #[track_caller]
    pub(crate) fn start(http: &str) -> Option<Nginx> {
        Nginx::with(http, &[])
    }

    /// The same with files in its folder.
    #[track_caller]
    pub(crate) fn with(http: &str, files: &[(&str, &[u8])]) -> Option<Nginx> {
        let pick = || [(); 3].map(|()| free_port());
        Nginx::at("127.0.0.1", pick, http, files)
    }

    /// The same at an address of the loopback network, at ports that are picked so.
    #[track_caller]
    pub(crate) fn at(
        host: &str,
        mut pick: impl FnMut() -> [u16; 3],
        http: &str,
        files: &[(&str, &[u8])],
    ) -> Option<Nginx> {
        if !tools::has("nginx", &["-v"]) {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).expect("a file can be written");
        }
        let mut nginx = Nginx {
            ports: Ports {
                port: 0,
                other: 0,
                status: 0,
            },
            host: host.to_owned(),
            folder,
            process: None,
        };
        for _ in 0..TRIES {
            let [port, other, status] = pick();
            nginx.ports = Ports {
                port,
                other,
                status,
            };
            if nginx.run(http) {
                return Some(nginx);
            }
        }
        panic!("nginx does not start:\n{}", nginx.log());
    }

    /// The port of `@port`.
    pub(crate) fn port(&self) -> u16 {
        self.ports.port
    }

    /// All ports, in the order in which they are picked.
    pub(crate) fn ports(&self) -> [u16; 3] {
        let Ports {
            port,
            other,
            status,
        } = self.ports;
        [port, other, status]
    }

    /// The URL of what listens at `@port`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}:{}", self.host, self.ports.port)
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How many connections it has, but the one that asks; perhaps with those that asked just before.
    pub(crate) fn connections(&self) -> usize {
        let status = self.ask("/status");
        let count = status
            .text()
            .lines()
            .next()
            .and_then(|line| line.split(": ").nth(1));
        let count: usize = count
            .and_then(|count| count.trim().parse().ok())
            .expect("a count");
        count - 1
    }

    /// Waits until it has so many connections, and no more.
    #[track_caller]
    pub(crate) fn wait_for_connections(&self, count: usize) {
        let begin = Instant::now();
        while self.connections() != count {
            assert!(
                begin.elapsed() < DEADLINE,
                "{} connections",
                self.connections()
            );
            std::thread::yield_now();
        }
    }

    /// What it has written into its log.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }

    /// Whether it listens; it does not if somebody else has a port.
    fn run(&mut self, http: &str) -> bool {
        let text = self.fill(&format!("{HEAD}{http}\n}}\n"));
        let file = self.folder.path().join("nginx.conf");
        std::fs::write(&file, text).expect("a file can be written");
        // What is said of this try counts, not what was said of the one before.
        let _ = std::fs::remove_file(self.folder.path().join("error.log"));
        let mut command = Command::new("nginx");
        command
            .arg("-p")
            .arg(self.folder.path())
            .arg("-c")
            .arg(&file);
        command.arg("-e").arg(self.folder.path().join("error.log"));
        let silent = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = Process::start(silent);
        let begin = Instant::now();
        loop {
            if self.answers_with_its_name().unwrap_or(false) {
                self.process = Some(process);
                return true;
            }
            let ended = process.child.try_wait().expect("it is our child");
            // A port that is taken is tried for 2.5 s.
            if ended.is_some() || self.log().contains("Address already in use") {
                return false;
            }
            assert!(
                begin.elapsed() < DEADLINE,
                "nginx does not listen:\n{}",
                self.log()
            );
            std::thread::yield_now();
        }
    }

    /// Whether it is what listens there, and not somebody else. It may end before it answers, if it
    /// has this port and does not get another.
    fn answers_with_its_name(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(self.address())?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.write_all(b"GET /name HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.ends_with(&format!("\r\n\r\n{}", self.folder.path().display())))
    }

    fn ask(&self, path: &str) -> Answer {
        let mut client = Client::to(self.address());
        client.send(get(path));
        client.answer(false)
    }

    fn address(&self) -> SocketAddr {
        let address = format!("{}:{}", self.host, self.ports.status);
        address.parse().expect("an address")
    }

    fn fill(&self, text: &str) -> String {
        let folder = self.folder.path().display().to_string();
        let Ports {
            port,
            other,
            status,
        } = self.ports;
        text.replace("@folder", &folder)
            .replace("@host", &self.host)
            .replace("@port", &port.to_string())
            .replace("@other", &other.to_string())
            .replace("@status", &status.to_string())
    }
}
