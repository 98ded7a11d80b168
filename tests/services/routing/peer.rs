//! A client of a service that may go away at any time.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::service::{TOKEN, request};

/// How long an answer may take: longer than anything that is bounded.
const PATIENCE: Duration = Duration::from_secs(90);

/// A connection that is kept.
pub(super) struct Peer(BufReader<TcpStream>);

/// What came of a request.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) is_retry_asked_for: bool,
    pub(super) body: String,
}

impl Peer {
    pub(super) fn connect(address: SocketAddr) -> Result<Peer> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Peer(BufReader::new(stream)))
    }

    /// The answer to a request with the token, if one comes.
    pub(super) fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<Told> {
        let token = [("X-Auth-Token", TOKEN)];
        let request = request(method, path, &token, body.as_bytes());
        self.0.get_mut().write_all(&request)?;
        self.read()
    }

    fn read(&mut self) -> Result<Told> {
        let status = self
            .line()?
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok());
        let mut told = Told {
            status: status.ok_or(ErrorKind::InvalidData)?,
            is_retry_asked_for: false,
            body: String::new(),
        };
        let mut length = 0;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().map_err(Error::other)?,
                Some(("retry-after", _)) => told.is_retry_asked_for = true,
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        told.body = String::from_utf8(body).map_err(Error::other)?;
        Ok(told)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}
