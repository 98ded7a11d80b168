//! Python's `http.server`, for as long as a test needs it.

use std::path::Path;
use std::process::{Command, Stdio};

use super::program::Process;
use super::tools;

// Files of a folder, and `/endless`, whose end is that of the connection.
const PROGRAM: &str = r#"
import functools, http.server, sys

class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = sys.argv[1]

    def do_GET(self):
        if self.path != "/endless":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b"endless " * 100)
        self.close_connection = True

handler = functools.partial(Handler, directory=sys.argv[2])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(f"listens at {server.server_port}", flush=True)
server.serve_forever()
"#;

/// A server of Python's that runs.
pub(crate) struct Python {
    pub(crate) url: String,
    _process: Process,
}

impl Python {
    /// Serves the files of a folder, with this version of HTTP. Nothing, if there is no Python here.
    #[track_caller]
    pub(crate) fn start(version: &str, folder: &Path) -> Option<Python> {
        if !tools::has("python3", &["--version"]) {
            return None;
        }
        let mut command = Command::new("python3");
        command.args(["-c", PROGRAM, version]).arg(folder);
        let silent = command.stdin(Stdio::null()).stderr(Stdio::null());
        let mut process = Process::start(silent.stdout(Stdio::piped()));
        let line = process.lines().find("listens at ");
        let port = line.trim_start_matches("listens at ");
        Some(Python {
            url: format!("http://127.0.0.1:{port}"),
            _process: process,
        })
    }
}
