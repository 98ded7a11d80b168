//! A server in the background with a folder of its own, which outlives neither its owner nor, even
//! if that is killed, the process of the tests.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up on it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How often a server is started if somebody else is quicker at its port.
pub(crate) const TRIES: usize = 20;

/// Where a server in this folder writes what it has to say.
pub(crate) const LOG: &str = "log";

// Ports that the system gives to nobody who does not ask for them: a server that has ended can come
// back at the same one.
const PORT_MIN: u16 = 20_000;
const PORT_COUNT: u16 = 12_000;

// The server takes the place of the shell, so that its process is our child. Beside it waits a
// reader: a line is sent once the server has ended; an end without one is that of the test process.
// Signals to all processes of the tests, as of `timeout` or a keyboard, leave the reader alone.
const WATCH: &str = r#"
folder=$0
exec 3<&0 </dev/null
( trap '' HUP INT TERM; read -r _ <&3 || { kill -KILL $$; rm -rf "$folder"; } ) >/dev/null 2>&1 &
exec 3<&-
exec "$@"
"#;

/// A server that runs, or has ended.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
}

impl Daemon {
    /// Starts a program, which writes what it has to say to this log in its folder, and waits until
    /// it is up. Nothing if it ends before, as it does if somebody else has its port.
    #[track_caller]
    pub(crate) fn start(
        folder: &Path,
        program: &str,
        arguments: &[String],
        is_up: impl Fn() -> bool,
    ) -> Option<Daemon> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join(LOG));
        let log = log.expect("a file can be written");
        let mut command = Command::new("sh");
        command.args(["-c", WATCH]).arg(folder).arg(program);
        command.args(arguments).stdin(Stdio::piped());
        command.stdout(log.try_clone().expect("a file may be open twice"));
        let child = command.stderr(log).spawn().expect("there is `sh`");
        let mut daemon = Daemon { child };
        let begin = Instant::now();
        while daemon.ended().is_none() {
            if is_up() {
                return Some(daemon);
            }
            assert!(begin.elapsed() < DEADLINE, "{}", log_of(folder));
            std::thread::yield_now();
        }
        None
    }

    /// Sends it a signal, such as `TERM`.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let mut command = Command::new("sh");
        let sent = command.args(["-c", &format!("kill -{name} {id}")]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{name} {id}");
    }

    /// Has it do nothing, until it may go on; it does nothing once this returns.
    #[track_caller]
    pub(crate) fn pause(&self) {
        self.signal("STOP");
        wait_for("the process to stand still", || self.state() == 'T');
    }

    /// Has it go on.
    #[track_caller]
    pub(crate) fn resume(&self) {
        self.signal("CONT");
        wait_for("the process to go on", || self.state() != 'T');
    }

    /// How it has ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is our child")
    }

    /// Sends it a signal, and waits until it has ended.
    #[track_caller]
    pub(crate) fn end(mut self, signal: &str) {
        self.signal(signal);
        wait_for("the process to end", || self.ended().is_some());
    }

    /// The letter of its state, as in `ps`; `Z`, once it has ended.
    fn state(&self) -> char {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = std::fs::read_to_string(path).expect("the process is there");
        let (_, after) = stat.rsplit_once(") ").expect("its name is in parentheses");
        after.chars().next().expect("its state comes next")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let reader = self.child.stdin.take();
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(mut reader) = reader {
            // Its reader may have been killed by somebody.
            let _ = reader.write_all(b"ended\n");
        }
    }
}

/// A port that is free now, and that nobody gets by chance.
pub(crate) fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let process = u64::from(std::process::id()) * 131 % u64::from(PORT_COUNT);
    let first = u16::try_from(process).expect("it is below the count");
    for _ in 0..PORT_COUNT {
        let next = NEXT.fetch_add(1, Ordering::Relaxed) % PORT_COUNT;
        let port = PORT_MIN + (first + next) % PORT_COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("there is no free port");
}

/// Waits for something, for as long as it may take.
#[track_caller]
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < DEADLINE, "waited for {what}");
        std::thread::yield_now();
    }
}

/// The end of what a server has written into the log in its folder.
pub(crate) fn log_of(folder: &Path) -> String {
    let text = std::fs::read_to_string(folder.join(LOG)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
