//! What a session does with its socket: write, read, linger, and be watched.

use std::io::{self, IoSlice, Read, Write};
use std::time::Duration;

use mio::{Interest, Token};

use super::{After, LINGER_BYTES_MAX, Session};
use crate::server::SESSION_TOKENS;
use crate::server::tools::Tools;

/// How far writing went.
pub(super) enum Flushed {
    /// There is nothing left to write.
    Everything,
    /// The peer has to read first.
    Blocked,
}

impl Session {
    pub(super) fn flush(&mut self, tools: &mut Tools) -> io::Result<Flushed> {
        while self.http.has_output() {
            let [first, second] = self.http.output();
            let written = if second.is_empty() {
                self.stream.write(first)
            } else {
                self.stream
                    .write_vectored(&[IoSlice::new(first), IoSlice::new(second)])
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.http.sent(count, &mut tools.buffers);
                    self.is_renewed = true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Flushed::Blocked);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Flushed::Everything)
    }

    pub(super) fn fill(&mut self, tools: &mut Tools) -> io::Result<()> {
        match self.stream.read(&mut tools.scratch) {
            Ok(0) => {
                self.may_read = false;
                self.http.receive_end();
            }
            Ok(count) => {
                // A short read has emptied the socket; the next byte makes a new edge.
                self.may_read = count == tools.scratch.len() || self.is_ended;
                self.http
                    .receive(&tools.scratch[..count], &mut tools.buffers);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.may_read = false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Has the connection end in a reset when it is closed.
    pub(super) fn reset_on_close(&self) {
        let socket = socket2::SockRef::from(&self.stream);
        if let Err(error) = socket.set_linger(Some(Duration::ZERO)) {
            log::debug!("{}: {error}", self.peer);
        }
    }

    /// Reads what the peer still sends, and forgets it, so that closing does not destroy the last
    /// answer on its way.
    pub(super) fn linger(&mut self, tools: &mut Tools) -> io::Result<After> {
        while self.may_read {
            match self.stream.read(&mut tools.scratch) {
                Ok(0) => return Ok(After::Close),
                Ok(count) => {
                    let total = self.lingered.unwrap_or(0) + count;
                    self.lingered = Some(total);
                    if total > LINGER_BYTES_MAX {
                        return Ok(After::Close);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.may_read = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(After::Keep)
    }

    /// Registers the socket once it has turned out that the connection goes on, and for writing
    /// once a peer has been slow. Nothing is registered anew for a usual request.
    pub(super) fn register(&mut self, key: usize, tools: &Tools) -> After {
        let wanted = match self.registered {
            Some(interest) if interest.is_writable() || !self.http.has_output() => {
                return After::Keep;
            }
            _ if self.http.has_output() => Interest::READABLE | Interest::WRITABLE,
            _ => Interest::READABLE,
        };
        let token = Token(SESSION_TOKENS + key);
        let result = match self.registered {
            None => tools.registry.register(&mut self.stream, token, wanted),
            Some(_) => tools.registry.reregister(&mut self.stream, token, wanted),
        };
        self.registered = Some(wanted);
        match result {
            Ok(()) => After::Keep,
            Err(error) => {
                log::error!("{}: cannot watch the connection: {error}", self.peer);
                After::Close
            }
        }
    }
}
