//! A connection to a service: a socket, with TLS or without. Plain bytes go in and come out.

use std::io;
use std::task::{Context, Poll, ready};

use super::socket::Socket;
use crate::tls::{self, Session};

/// How much is taken from a socket at once.
const READ_BYTES: usize = 16 << 10;

/// A connection to a service.
pub(super) struct Link {
    socket: Socket,
    tls: Option<Box<Session>>,
    /// Whether it has served a call before this one.
    pub(super) is_kept: bool,
    /// Bytes that came from the socket and went into it, for the log.
    pub(super) received: u64,
    pub(super) sent: u64,
}

/// What came.
pub(super) enum Received {
    /// Bytes.
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

impl Link {
    pub(super) fn new(socket: Socket, tls: Option<Session>) -> Link {
        Link {
            socket,
            tls: tls.map(Box::new),
            is_kept: false,
            received: 0,
            sent: 0,
        }
    }

    /// Both ends of the connection, for the log.
    pub(super) fn ends(&self) -> String {
        self.socket.ends()
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
        let mut plain = Vec::new();
        while self.tls.as_ref().is_some_and(|tls| tls.is_handshaking()) {
            if self.poll_flush(context)?.is_pending() {
                // What is to be sent may be waiting for what is to be received.
                if !ready!(self.poll_cipher(context, &mut plain))? {
                    break;
                }
                continue;
            }
            if !ready!(self.poll_cipher(context, &mut plain))? {
                break;
            }
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

    /// Receives bytes, which are put behind those that are there.
    pub(super) fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        into: &mut Vec<u8>,
    ) -> Poll<Result<Received, LinkError>> {
        let before = into.len();
        loop {
            let has_more = ready!(self.poll_cipher(context, into))?;
            if into.len() > before {
                return Poll::Ready(Ok(Received::Bytes));
            }
            if !has_more {
                let is_clean = self.tls.as_ref().is_none_or(|tls| !tls.was_cut());
                return Poll::Ready(Ok(Received::End { is_clean }));
            }
        }
    }

    /// Reads the socket once, and takes TLS off: whether there may be more.
    fn poll_cipher(
        &mut self,
        context: &mut Context<'_>,
        into: &mut Vec<u8>,
    ) -> Poll<Result<bool, LinkError>> {
        // Not even room is made for what does not come: kept links are asked often.
        if !self.tls.as_ref().is_some_and(|tls| tls.is_ended()) {
            ready!(self.socket.poll_readable(context));
        }
        let mut scratch = [0; READ_BYTES];
        let Some(tls) = &mut self.tls else {
            let count = ready!(self.socket.poll_read(context, &mut scratch))?;
            self.received += count as u64;
            into.extend_from_slice(&scratch[..count]);
            return Poll::Ready(Ok(count > 0));
        };
        if tls.is_ended() {
            return Poll::Ready(Ok(false));
        }
        let count = ready!(self.socket.poll_read(context, &mut scratch))?;
        self.received += count as u64;
        let received = match count {
            0 => tls.receive_end(),
            count => tls.receive(&scratch[..count]),
        };
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

    /// Has [`poll_stale`](Link::poll_stale) ask the system, whatever was heard of it before.
    pub(super) fn doubt(&self) {
        self.socket.doubt();
    }

    /// Whether an idle connection is of no use any more: the peer has ended it, or speaks unasked.
    /// TLS itself may have something to say, such as tickets.
    pub(super) fn poll_stale(&mut self, context: &mut Context<'_>) -> bool {
        let mut unasked = Vec::new();
        loop {
            match self.poll_cipher(context, &mut unasked) {
                Poll::Pending => return false,
                Poll::Ready(Ok(true)) if unasked.is_empty() => {}
                Poll::Ready(_) => return true,
            }
        }
    }
}
