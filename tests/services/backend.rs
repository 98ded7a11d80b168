//! A small HTTP server that a test writes itself, and that keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::daemon::DEADLINE;

/// A server that answers one request for each connection.
pub(crate) struct Backend {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The first line and the header, without the empty line at their end.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Backend {
    /// One that answers with its name.
    pub(crate) fn named(name: &'static str) -> Backend {
        Backend::answering(move |_| answer(name.as_bytes()))
    }

    /// One that answers with what it was sent: head and body.
    pub(crate) fn echo() -> Backend {
        Backend::answering(|asked| answer(&[asked.head.as_bytes(), b"\n\n", &asked.body].concat()))
    }

    /// One that answers with these bytes, and then ends the connection.
    pub(crate) fn answering(answer: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static) -> Backend {
        Backend::serving(move |asked, stream| stream.get_mut().write_all(&answer(asked)))
    }

    /// One that does this with each connection, once a request has come.
    pub(crate) fn serving(
        serve: impl Fn(&Asked, &mut BufReader<TcpStream>) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Backend {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (told, serve) = (Arc::clone(&asked), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (told, serve) = (Arc::clone(&told), Arc::clone(&serve));
                std::thread::spawn(move || {
                    let mut stream = BufReader::new(stream);
                    let asked = Asked::read(&mut stream)?;
                    told.lock().expect("nobody panics").push(asked.clone());
                    serve(&asked, &mut stream)
                });
            }
        });
        Backend { port, asked }
    }

    /// Such as `http://127.0.0.1:80`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same with a name instead of the address.
    pub(crate) fn url_at(&self, name: &str) -> String {
        format!("http://{name}:{}", self.port)
    }

    /// How often it was asked.
    pub(crate) fn count(&self) -> usize {
        self.asked.lock().expect("nobody panics").len()
    }

    /// What it was asked last.
    #[track_caller]
    pub(crate) fn last(&self) -> Asked {
        let asked = self.asked.lock().expect("nobody panics");
        asked.last().expect("it was asked").clone()
    }
}

impl Asked {
    /// The first line.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// All values of a header, whose name is in lower case.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1);
        let pairs = lines.filter_map(|line| line.split_once(": "));
        let found = pairs.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).collect()
    }

    fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Asked> {
        stream.get_ref().set_read_timeout(Some(DEADLINE))?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        head.truncate(head.len() - "\r\n\r\n".len());
        let mut asked = Asked {
            head,
            body: Vec::new(),
        };
        let length = asked
            .header("content-length")
            .first()
            .map(|text| text.parse());
        let length = length.unwrap_or(Ok(0)).expect("a length is a number");
        asked.body = vec![0; length];
        stream.read_exact(&mut asked.body)?;
        Ok(asked)
    }
}

/// A good answer with this body.
pub(crate) fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
