//! A server that does what a test has written down for it, connection by connection.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::support::DEADLINE;

/// A server that follows a script with each connection, on a thread of its own.
pub struct Scripted {
    pub port: u16,
    board: Arc<Board>,
}

/// What a server has seen, and what tests and scripts tell each other.
#[derive(Default)]
pub struct Board {
    is_over: AtomicBool,
    accepted: AtomicUsize,
    open: AtomicUsize,
    open_max: AtomicUsize,
    written: AtomicUsize,
    asked: Mutex<Vec<Asked>>,
    words: Mutex<Vec<String>>,
    changed: Condvar,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub head: String,
    pub body: Vec<u8>,
}

/// One connection, as its script has it.
pub struct Peer {
    stream: TcpStream,
    /// The connections before this one.
    pub number: usize,
    buffer: Vec<u8>,
    pub board: Arc<Board>,
}

impl Scripted {
    /// Serves on a free port of 127.0.0.1.
    pub fn new(script: impl Fn(&mut Peer) + Send + Sync + 'static) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        Scripted::on(listener, script)
    }

    /// Serves with this listener.
    pub fn on(
        listener: TcpListener,
        script: impl Fn(&mut Peer) + Send + Sync + 'static,
    ) -> Scripted {
        let port = listener.local_addr().expect("it is bound").port();
        let board = Arc::<Board>::default();
        let (shared, script) = (Arc::clone(&board), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.expect("it accepts");
                let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
                let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
                shared.open_max.fetch_max(open, Ordering::SeqCst);
                stream.set_nodelay(true).expect("it can be set");
                let (board, script) = (Arc::clone(&shared), Arc::clone(&script));
                let serve = move || {
                    let mut peer = Peer {
                        stream,
                        number,
                        buffer: Vec::new(),
                        board,
                    };
                    script(&mut peer);
                };
                let small = thread::Builder::new().stack_size(128 << 10);
                small.spawn(serve).expect("a thread starts");
            }
        });
        Scripted { port, board }
    }

    /// Serves each request with these bytes, and keeps connections open.
    pub fn answering(answer: impl Into<Vec<u8>>) -> Scripted {
        let answer = answer.into();
        Scripted::new(move |peer| {
            while peer.request().is_some() {
                peer.send(&answer);
            }
        })
    }

    /// Reads one request, sends these bytes, and ends the connection in good order.
    pub fn ending(answer: impl Into<Vec<u8>>) -> Scripted {
        let answer = answer.into();
        Scripted::new(move |peer| {
            peer.request();
            peer.send(&answer);
        })
    }

    /// What scripts and tests tell each other.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// How many connections there were.
    pub fn accepted(&self) -> usize {
        self.board.accepted.load(Ordering::SeqCst)
    }

    /// How many connections were open at once at most.
    pub fn open_max(&self) -> usize {
        self.board.open_max.load(Ordering::SeqCst)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Asked> {
        lock(&self.board.asked).clone()
    }

    /// Says a word that scripts may wait for.
    pub fn say(&self, word: &str) {
        self.board.say(word);
    }

    /// Waits until a script has said a word.
    #[track_caller]
    pub fn hear(&self, word: &str) {
        self.board.hear(word);
    }

    /// Waits for so many connections to be open.
    #[track_caller]
    pub fn wait_for_open(&self, count: usize) {
        until("connections", || self.board.open() == count);
    }

    /// Waits until so many bytes were sent.
    #[track_caller]
    pub fn wait_for_requests(&self, count: usize) {
        until("requests", || self.board.requests() >= count);
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.board.is_over.store(true, Ordering::SeqCst);
        self.board.changed.notify_all();
        // The thread that accepts looks up.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Board {
    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// How many bytes were sent.
    pub fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }

    /// How many requests there were.
    pub fn requests(&self) -> usize {
        lock(&self.asked).len()
    }

    pub fn say(&self, word: &str) {
        lock(&self.words).push(word.to_owned());
        self.changed.notify_all();
    }

    pub fn has_heard(&self, word: &str) -> bool {
        lock(&self.words).iter().any(|known| known == word)
    }

    /// Waits for a word, which scripts do until their server is gone.
    #[track_caller]
    pub fn hear(&self, word: &str) {
        let begin = Instant::now();
        let mut words = lock(&self.words);
        while !words.iter().any(|known| known == word) && !self.is_over.load(Ordering::SeqCst) {
            assert!(begin.elapsed() < DEADLINE, "nobody says `{word}`");
            let waited = self
                .changed
                .wait_timeout(words, Duration::from_millis(50))
                .unwrap_or_else(PoisonError::into_inner);
            words = waited.0;
        }
    }
}

impl Peer {
    /// The next request, whole; nothing if the connection ends before that.
    pub fn request(&mut self) -> Option<Asked> {
        let head = self.head()?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .map_or(0, |length| length.parse().expect("a length is a number"));
        while self.buffer.len() < length {
            self.fill()?;
        }
        let body = self.buffer.drain(..length).collect();
        let asked = Asked { head, body };
        lock(&self.board.asked).push(asked.clone());
        Some(asked)
    }

    /// The head of the next request.
    pub fn head(&mut self) -> Option<String> {
        loop {
            let end = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
                return Some(String::from_utf8(head).expect("a head is text"));
            }
            self.fill()?;
        }
    }

    /// Sends bytes: whether the other side has not gone.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let mut rest = bytes.as_ref();
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(0) | Err(_) => return false,
                Ok(count) => {
                    self.board.written.fetch_add(count, Ordering::SeqCst);
                    rest = &rest[count..];
                }
            }
        }
        true
    }

    /// Sends bytes each by itself.
    pub fn send_split(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.send([*byte]);
        }
    }

    /// Reads and sends nothing until the other side ends the connection.
    pub fn wait_for_end(&mut self) {
        while self.fill().is_some() {}
    }

    /// Sends nothing more, and waits for the other side's end.
    pub fn end(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        self.wait_for_end();
    }

    /// Cuts the connection.
    pub fn reset(&mut self) {
        let socket = socket2::SockRef::from(&self.stream);
        let set = socket.set_linger(Some(Duration::ZERO));
        set.expect("a socket may be reset");
    }

    /// The connection itself.
    pub fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    pub fn say(&self, word: &str) {
        self.board.say(word);
    }

    #[track_caller]
    pub fn hear(&self, word: &str) {
        self.board.hear(word);
    }

    fn fill(&mut self) -> Option<()> {
        let mut piece = [0; 16 << 10];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) => return None,
                Ok(count) => {
                    self.buffer.extend_from_slice(&piece[..count]);
                    return Some(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may be that of a server that has just been counted as closed, and is not yet.
        let _ = self.stream.flush();
        self.board.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// An answer with a length.
pub fn answer(status: &str, content: &str) -> String {
    let length = content.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{content}"
    )
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < DEADLINE, "{what}: it does not come");
        thread::yield_now();
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
