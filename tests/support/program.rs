//! The program under test: the real binary, as a process that answers and ends, or that serves.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take before a test gives up on it.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A service with one listener, called `useless`, that no two tests have at the same port.
pub const PING: &str = "SERVER useless 0 host=127.0.0.1\n  ROUTE /ping$\n    GET ping.ping\n";

/// The program, with nothing of this process's environment.
pub fn program() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("micro"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// Puts a copy of the program there.
///
/// Another process makes it: had this one the file open to write while a thread of it starts a
/// program, that would have it open, too, for a moment, and the system would not run the copy yet
/// («text file busy»).
#[track_caller]
pub fn copy_program(to: &Path) {
    let mut command = Command::new("cp");
    command.arg(assert_cmd::cargo::cargo_bin!("micro")).arg(to);
    let copied = command.status().expect("there is `cp`");
    assert!(copied.success(), "the program can be copied");
}

/// A folder with these files.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it is below the folder"))
            .and_then(|()| std::fs::write(&path, text))
            .expect("a file can be written");
    }
    folder
}

/// A port that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

/// A process that serves; it does not outlive the test.
pub struct Process {
    pub child: Child,
}

impl Process {
    pub fn start(command: &mut Command) -> Process {
        let child = command.spawn().expect("the program starts");
        Process { child }
    }

    /// The lines that the process writes to its standard output, as they come.
    pub fn lines(&mut self) -> Lines {
        Lines::of(self.child.stdout.take().expect("it is piped"))
    }

    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id");
        let id = Pid::from_raw(id).expect("a process id is not 0");
        kill_process(id, signal).expect("the process is there");
    }

    /// How the process ended.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            assert!(start.elapsed() < DEADLINE, "the process does not end");
            thread::yield_now();
        }
    }

    /// Has the process end, which it must do well.
    #[track_caller]
    pub fn end(mut self, signal: Signal) {
        self.signal(signal);
        assert_eq!(self.wait().code(), Some(0));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process writes, line by line.
pub struct Lines(Receiver<String>);

impl Lines {
    pub fn of(source: impl Read + Send + 'static) -> Lines {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(source).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Lines(told)
    }

    /// The next line with this text.
    #[track_caller]
    pub fn find(&self, text: &str) -> String {
        let start = Instant::now();
        let mut seen = String::new();
        while let Some(rest) = DEADLINE.checked_sub(start.elapsed()) {
            match self.0.recv_timeout(rest) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen += &(line + "\n"),
                Err(_) => break,
            }
        }
        panic!("no line with `{text}` came, but these:\n{seen}");
    }

    /// The next line, which must have this text.
    #[track_caller]
    pub fn find_next(&self, text: &str) -> String {
        let line = self.0.recv_timeout(DEADLINE).expect("a line comes");
        assert!(line.contains(text), "{line}");
        line
    }

    /// All lines that are left, once nobody writes any more.
    pub fn all(&self) -> Vec<String> {
        std::iter::from_fn(|| self.0.recv_timeout(DEADLINE).ok()).collect()
    }

    /// Where the service listens, from the line that says so.
    #[track_caller]
    pub fn address(&self) -> SocketAddr {
        let line = self.find(" micro> listening on ");
        let (_, address) = line
            .rsplit_once('(')
            .expect("the address is in parentheses");
        let address = address.strip_suffix(')').expect("and nothing follows");
        address.parse().expect("it is one")
    }
}

/// The whole answer to a GET, once somebody listens there.
#[track_caller]
pub fn get(address: impl Into<SocketAddr>, path: &str) -> String {
    let (address, start) = (address.into(), Instant::now());
    let mut stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(error) => assert!(start.elapsed() < DEADLINE, "{address}: {error}"),
        }
        thread::yield_now();
    };
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    stream
        .set_read_timeout(Some(DEADLINE))
        .and_then(|()| stream.write_all(request.as_bytes()))
        .and_then(|()| stream.read_to_string(&mut answer))
        .expect("the service answers");
    answer
}

/// What a command came to: exit code, standard output, standard error.
#[track_caller]
pub fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    run_command(program().current_dir(folder).args(arguments))
}

/// The same of any command.
#[track_caller]
pub fn run_command(command: &mut Command) -> (i32, String, String) {
    let output = command.output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("it writes text");
    let code = output.status.code().expect("it ends by itself");
    (code, text(output.stdout), text(output.stderr))
}
