//! A service under test: started on a free port in a thread, stopped when it is dropped.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use micro::{Micro, Running, StartError, Stopper};

/// How long anything may take before a test gives up on it.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A service under test, with one listener called `test`.
pub struct Service {
    pub address: SocketAddr,
    pub stopper: Stopper,
    thread: Option<JoinHandle<Result<(), String>>>,
}

/// Starts what `build` makes; its definition has a `SERVER test 0 host=127.0.0.1`.
pub fn serve(build: impl FnOnce() -> Micro + Send + 'static) -> Service {
    serve_named("test", build)
}

/// The same with a listener of this name.
pub fn serve_named(
    listener: &'static str,
    build: impl FnOnce() -> Micro + Send + 'static,
) -> Service {
    serve_started(listener, || build().start())
}

/// The same of what `start` has started.
pub fn serve_started(
    listener: &'static str,
    start: impl FnOnce() -> Result<Running, StartError> + Send + 'static,
) -> Service {
    let (tell, told) = mpsc::channel();
    let thread = thread::spawn(move || {
        let running = start().map_err(|error| error.to_string())?;
        let address = running.address(listener).expect("it is declared");
        tell.send((address, running.stopper()))
            .expect("the test waits for it");
        running.run().map_err(|error| error.to_string())
    });
    match told.recv_timeout(DEADLINE) {
        Ok((address, stopper)) => Service {
            address,
            stopper,
            thread: Some(thread),
        },
        Err(_) => panic!("the service did not start: {:?}", thread.join()),
    }
}

/// Starts a definition of the modules that are linked in.
pub fn serve_lines(lines: &'static [&'static str]) -> Service {
    serve(move || Micro::new().lines(lines.iter().copied()))
}

impl Service {
    /// A new connection.
    pub fn connect(&self) -> Client {
        Client::to(self.address)
    }

    /// The answer to one request on a connection of its own.
    pub fn request(&self, request: &str) -> Answer {
        let mut client = self.connect();
        client.send(request);
        client.answer(request.starts_with("HEAD "))
    }

    /// The answer to a GET.
    pub fn get(&self, path: &str) -> Answer {
        self.request(&get(path))
    }

    /// The answer to a request with a body.
    pub fn send(&self, method: &str, path: &str, content_type: &str, body: &str) -> Answer {
        let length = body.len();
        self.request(&format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nContent-Type: {content_type}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// Ends the service gracefully and gives what its loop returned.
    pub fn end(mut self) -> Result<(), String> {
        self.stopper.stop();
        self.join()
    }

    /// Waits until the service has ended.
    pub fn join(&mut self) -> Result<(), String> {
        let thread = self.thread.take().expect("joined once");
        thread.join().expect("the loop does not panic")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.stopper.stop();
            self.stopper.stop();
            let ended = thread.join();
            if !thread::panicking() {
                ended
                    .expect("the loop does not panic")
                    .expect("the service ends well");
            }
        }
    }
}

/// A port that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

/// A GET, as it is sent.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")
}

/// A connection to a service.
pub struct Client {
    pub stream: BufReader<TcpStream>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Client {
    /// A new connection to a service.
    pub fn to(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).expect("the service listens");
        stream
            .set_read_timeout(Some(DEADLINE))
            .expect("a timeout can be set");
        stream
            .set_write_timeout(Some(DEADLINE))
            .expect("a timeout can be set");
        Client {
            stream: BufReader::new(stream),
        }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream
            .get_mut()
            .write_all(bytes.as_ref())
            .expect("the service takes it");
    }

    /// Reads one answer; one to HEAD has no content.
    pub fn answer(&mut self, is_head: bool) -> Answer {
        let line = self.line();
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status in {line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?}"));
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        if !is_head {
            answer.body = self.body(&answer);
        }
        answer
    }

    /// Whether the service has ended the connection, with nothing more to read.
    pub fn is_ended(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => rest.is_empty(),
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }

    /// Ends the connection so that the service hears of it, even if it has nothing to send.
    pub fn reset(self) {
        let socket = socket2::SockRef::from(self.stream.get_ref());
        let set = socket.set_linger(Some(Duration::ZERO));
        set.expect("a socket may be reset");
    }

    fn body(&mut self, answer: &Answer) -> Vec<u8> {
        if let Some(length) = answer.header("content-length") {
            let mut body = vec![0; length.parse().expect("a length is a number")];
            self.stream
                .read_exact(&mut body)
                .expect("the body is whole");
            return body;
        }
        let mut body = Vec::new();
        if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = usize::from_str_radix(&self.line(), 16).expect("a chunk size");
                let start = body.len();
                body.resize(start + size, 0);
                self.stream
                    .read_exact(&mut body[start..])
                    .expect("the chunk is whole");
                assert_eq!(self.line(), "");
                if size == 0 {
                    return body;
                }
            }
        }
        body
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line comes");
        line.strip_suffix("\r\n")
            .unwrap_or_else(|| panic!("no whole line: {line:?}"))
            .to_owned()
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name)?;
        Some(&found.1)
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    pub fn json(&self) -> micro_api::Value {
        micro_api::serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The identity of the request.
    pub fn id(&self) -> &str {
        self.header("x-request-id").expect("every answer has an id")
    }

    /// Checks that this tells of a failure, and of nothing else.
    #[track_caller]
    pub fn is_failure(&self, status: u16, message: &str) {
        let told = micro_api::json!({"error": message, "id": self.id()});
        assert_eq!((self.status, self.json()), (status, told));
    }

    /// Checks status and text together.
    #[track_caller]
    pub fn is(&self, status: u16, text: &str) {
        assert_eq!((self.status, self.text()), (status, text));
    }
}
