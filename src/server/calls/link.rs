//! A connection to a service: a socket, with TLS or without. Plain bytes go in and come out.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, Waker, ready};

use super::socket::Socket;
use crate::tls::{self, Session};

/// How often an idle connection is read. One where TLS still has something to say then does not pause
/// for the sake of others.
const IDLE_READS_MAX: u32 = 16;

/// A connection to a service.
pub(super) struct Link {
    socket: Socket,
    tls: Option<Box<Session>>,
    /// What the peer said together with the end of the handshake.
    early: Vec<u8>,
    /// Whether it has served a call before this one.
    pub(super) is_kept: bool,
    /// Bytes that came from the socket and went into it, for the log.
    pub(super) received: u64,
    pub(super) sent: u64,
}

/// What came.
pub(super) enum Received {
    /// Bytes; none if TLS had to say something for itself only.
    Bytes,
    /// The peer's end; `is_clean` unless TLS has been cut, which anybody on the way can do.
    End { is_clean: bool },
}

/// Why bytes do not go or come.
pub(super) enum LinkError {
    Socket(io::Error),
    Tls(tls::Error),
}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> LinkError {
        LinkError::Socket(error)
    }
}

impl From<tls::Error> for LinkError {
    fn from(error: tls::Error) -> LinkError {
        LinkError::Tls(error)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // RFC 8446 section 6.1: the peer is told, if it can be told at once.
        if let Some(tls) = &mut self.tls {
            tls.close();
            let _is_told = self.poll_flush(&mut Context::from_waker(Waker::noop()));
        }
    }
}

impl Link {
    pub(super) fn new(socket: Socket, tls: Option<Session>) -> Link {
        Link {
            socket,
            tls: tls.map(Box::new),
            early: Vec::new(),
            is_kept: false,
            received: 0,
            sent: 0,
        }
    }

    /// Both ends of the connection, for the log.
    pub(super) fn ends(&self) -> String {
        self.socket.ends()
    }

    /// Whether it leads to one of these addresses, or to a socket file.
    pub(super) fn is_to(&self, addresses: &[SocketAddr]) -> bool {
        let peer = self.socket.peer();
        peer.is_none_or(|peer| addresses.contains(&peer))
    }

    /// The version of TLS and the cipher suite.
    pub(super) fn negotiated(&self) -> Option<(&'static str, &'static str)> {
        self.tls.as_ref()?.negotiated()
    }

    /// Goes on with the handshake of TLS; ready when it is done, or there is none.
    pub(super) fn poll_handshake(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), LinkError>> {
        while self.tls.as_ref().is_some_and(|tls| tls.is_handshaking()) {
            // What is to be sent may be waiting for what is to be received.
            let _is_flushed = self.poll_flush(context)?;
            let mut early = std::mem::take(&mut self.early);
            let received = self.poll_cipher(context, &mut early);
            self.early = early;
            // An end in the midst of the handshake is an error of TLS.
            let _has_more = ready!(received)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Takes bytes to be sent, as many as there is room for.
    pub(super) fn poll_send(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, LinkError>> {
        let Some(tls) = &mut self.tls else {
            let count = ready!(self.socket.poll_write(context, bytes))?;
            self.sent += count as u64;
            return match count {
                0 => Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into())),
                count => Poll::Ready(Ok(count)),
            };
        };
        let mut count = tls.write(bytes);
        if self.poll_flush(context)?.is_ready() && count == 0 && !bytes.is_empty() {
            // There is room now.
            count = self.tls.as_mut().map_or(0, |tls| tls.write(bytes));
            let _is_flushed = self.poll_flush(context)?;
        }
        match count {
            0 if !bytes.is_empty() => Poll::Pending,
            count => Poll::Ready(Ok(count)),
        }
    }

    /// Sends what TLS has still to be sent.
    pub(super) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), LinkError>> {
        let Some(tls) = &mut self.tls else {
            return Poll::Ready(Ok(()));
        };
        while tls.has_output() {
            let count = ready!(self.socket.poll_write(context, tls.output()))?;
            if count == 0 {
                return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into()));
            }
            tls.sent(count);
            self.sent += count as u64;
        }
        Poll::Ready(Ok(()))
    }

    /// Whether TLS has nothing to be sent any more.
    pub(super) fn is_flushed(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| !tls.has_output())
    }

    /// Receives bytes, which are put behind those that are there.
    pub(super) fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        into: &mut Vec<u8>,
    ) -> Poll<Result<Received, LinkError>> {
        if !self.early.is_empty() {
            into.append(&mut self.early);
            return Poll::Ready(Ok(Received::Bytes));
        }
        let before = into.len();
        let has_more = ready!(self.poll_cipher(context, into))?;
        Poll::Ready(Ok(match has_more || into.len() > before {
            true => Received::Bytes,
            false => Received::End {
                is_clean: self.tls.as_ref().is_none_or(|tls| !tls.was_cut()),
            },
        }))
    }

    /// Reads the socket once, and takes TLS off: whether there may be more.
    fn poll_cipher(
        &mut self,
        context: &mut Context<'_>,
        into: &mut Vec<u8>,
    ) -> Poll<Result<bool, LinkError>> {
        let Some(tls) = &mut self.tls else {
            let read = self.socket.poll_read(context, |bytes| {
                into.extend_from_slice(bytes);
                bytes.len()
            });
            let count = ready!(read)?;
            self.received += count as u64;
            return Poll::Ready(Ok(count > 0));
        };
        if tls.is_ended() {
            return Poll::Ready(Ok(false));
        }
        let read = self.socket.poll_read(context, |bytes| match bytes.len() {
            0 => (0, tls.receive_end()),
            count => (count, tls.receive(bytes)),
        });
        let (count, received) = ready!(read)?;
        self.received += count as u64;
        // What came before a failure counts, and what TLS answers tells the peer why.
        tls.read(into);
        if let Err(error) = received {
            let _is_told = self.poll_flush(context);
            return Poll::Ready(Err(error.into()));
        }
        let is_over = count == 0 || tls.is_ended();
        // Whatever TLS has to say of its own accord, such as new keys.
        let _is_flushed = self.poll_flush(context)?;
        Poll::Ready(Ok(!is_over))
    }

    /// Nobody uses it for now.
    pub(super) fn rest(&mut self) {
        self.is_kept = true;
        (self.received, self.sent) = (0, 0);
        self.socket.rest();
    }

    /// Has [`poll_stale`](Link::poll_stale) ask the system, whatever was heard of it before.
    pub(super) fn doubt(&self) {
        self.socket.doubt();
    }

    /// Whether an idle connection is of no use any more: the peer has ended it, or speaks unasked.
    /// TLS itself may have something to say, such as tickets.
    pub(super) fn poll_stale(&mut self, context: &mut Context<'_>) -> bool {
        let mut unasked = Vec::new();
        for _ in 0..IDLE_READS_MAX {
            match self.poll_cipher(context, &mut unasked) {
                Poll::Pending => return false,
                Poll::Ready(Ok(true)) if unasked.is_empty() => {}
                Poll::Ready(_) => return true,
            }
        }
        true
    }
}
