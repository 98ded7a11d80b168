//! The stream behind a socket: TCP, or a socket file.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::path::Path;

use mio::event::Source;
use mio::net::{TcpStream, UnixStream};

/// Where a stream leads to.
#[derive(Clone, Debug)]
pub(super) enum Destination<'d> {
    Address(SocketAddr),
    File(&'d Path),
}

/// A stream that does not block.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Begins to connect.
    pub(super) fn connect(to: &Destination<'_>) -> io::Result<Stream> {
        Ok(match to {
            Destination::Address(address) => Stream::Tcp(TcpStream::connect(*address)?),
            Destination::File(path) => Stream::Unix(UnixStream::connect(path)?),
        })
    }

    pub(super) fn source(&mut self) -> &mut dyn Source {
        match self {
            Stream::Tcp(stream) => stream,
            Stream::Unix(stream) => stream,
        }
    }

    /// Both ends of the connection, for the log.
    pub(super) fn ends(&self) -> String {
        match self {
            Stream::Tcp(stream) => {
                let text = |address: io::Result<SocketAddr>| {
                    address.map_or_else(|_| "?".to_owned(), |address| address.to_string())
                };
                format!(
                    "{} <- {}",
                    text(stream.peer_addr()),
                    text(stream.local_addr())
                )
            }
            Stream::Unix(stream) => match stream.peer_addr() {
                Ok(address) => match address.as_pathname() {
                    Some(path) => path.display().to_string(),
                    None => "a socket file".to_owned(),
                },
                Err(_) => "a socket file".to_owned(),
            },
        }
    }

    /// The outcome of connecting, once there is one.
    pub(super) fn find_connected(&self) -> Option<io::Result<()>> {
        let (error, peer) = match self {
            Stream::Tcp(stream) => (
                stream.take_error(),
                stream.peer_addr().map(|peer| is_other(stream, peer)),
            ),
            Stream::Unix(stream) => (stream.take_error(), stream.peer_addr().map(|_| true)),
        };
        match (error, peer) {
            (Ok(Some(error)) | Err(error), _) => Some(Err(error)),
            (Ok(None), Ok(true)) => Some(Ok(())),
            (Ok(None), Ok(false)) => Some(Err(ErrorKind::ConnectionRefused.into())),
            (Ok(None), Err(error)) => match error.kind() {
                // Told too early.
                ErrorKind::NotConnected => None,
                _ => Some(Err(error)),
            },
        }
    }
}

/// Whether a socket is connected to another one than itself, as happens where nobody listens on a
/// port of this machine that the system has just chosen for our side (RFC 9293 section 3.5).
fn is_other(stream: &TcpStream, peer: SocketAddr) -> bool {
    stream.local_addr().is_ok_and(|own| own != peer)
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(into),
            Stream::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.write(bytes),
            Stream::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
