//! A socket that we opened: what the system says of it wakes the future that reads or writes it.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use mio::event::{Event, Source};
use mio::{Interest, Token};
use slab::Slab;

use super::stream::{Destination, Stream};
use crate::server::CALL_TOKENS;
use crate::server::tasks::wake;

/// The sockets of a loop that calls are made through.
pub(in crate::server) struct Sockets {
    registry: mio::Registry,
    watched: RefCell<Slab<Watched>>,
    /// Where bytes from any socket arrive first.
    scratch: Cell<Vec<u8>>,
}

/// How much is taken from a socket at once.
const READ_BYTES: usize = 64 << 10;

/// What the system said of a socket, and who waits to hear more.
///
/// The system tells of changes only: what it said holds until an attempt shows otherwise.
#[derive(Default)]
struct Watched {
    may_read: bool,
    may_write: bool,
    /// Whether the peer sends nothing more: then only reading 0 bytes is the end.
    is_ended: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Sockets {
    pub(in crate::server) fn new(registry: mio::Registry) -> Sockets {
        Sockets {
            registry,
            watched: RefCell::default(),
            scratch: Cell::default(),
        }
    }

    /// Takes note of what the system says of the socket with this key, and wakes who waits for it.
    pub(in crate::server) fn note(&self, key: usize, event: &Event) {
        let (reader, writer) = {
            let mut watched = self.watched.borrow_mut();
            let Some(watched) = watched.get_mut(key) else {
                return;
            };
            let is_over = event.is_error();
            let may_read = event.is_readable() || event.is_read_closed() || is_over;
            let may_write = event.is_writable() || event.is_write_closed() || is_over;
            watched.may_read |= may_read;
            watched.may_write |= may_write;
            watched.is_ended |= event.is_read_closed() || is_over;
            (
                watched.reader.take_if(|_| may_read),
                watched.writer.take_if(|_| may_write),
            )
        };
        // A waker may be a module's own, and must not run while the sockets are borrowed.
        [reader, writer].into_iter().flatten().for_each(wake);
    }

    fn watch(&self, source: &mut dyn Source) -> io::Result<usize> {
        let mut watched = self.watched.borrow_mut();
        let entry = watched.vacant_entry();
        let token = Token(CALL_TOKENS + entry.key());
        // `Registry::register` wants a sized source.
        source.register(
            &self.registry,
            token,
            Interest::READABLE | Interest::WRITABLE,
        )?;
        let key = entry.key();
        entry.insert(Watched::default());
        Ok(key)
    }

    fn change<T>(&self, key: usize, change: impl FnOnce(&mut Watched) -> T) -> T {
        change(&mut self.watched.borrow_mut()[key])
    }
}

/// A socket of a call.
pub(super) struct Socket {
    stream: Stream,
    /// The address that it leads to; none for a socket file.
    peer: Option<SocketAddr>,
    key: usize,
    sockets: Rc<Sockets>,
}

impl Socket {
    /// Begins to connect; [`poll_connected`](Socket::poll_connected) tells when it has.
    pub(super) fn open(to: &Destination<'_>, sockets: &Rc<Sockets>) -> io::Result<Socket> {
        let mut stream = Stream::connect(to)?;
        let key = sockets.watch(stream.source())?;
        Ok(Socket {
            stream,
            peer: match to {
                Destination::Address(address) => Some(*address),
                Destination::File(_) => None,
            },
            key,
            sockets: Rc::clone(sockets),
        })
    }

    /// Whether it is connected, or why it cannot be.
    pub(super) fn poll_connected(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_told = self.change(|watched| watched.may_write);
        if is_told && let Some(result) = self.stream.find_connected() {
            if let Stream::Tcp(stream) = &self.stream
                && result.is_ok()
            {
                // A request goes out in one piece; nothing is won by waiting for more.
                stream.set_nodelay(true)?;
            }
            return Poll::Ready(result);
        }
        self.wait_to_write(context);
        Poll::Pending
    }

    /// Nobody waits for it any more. Wakers may be a module's, whose `drop` is better run now than
    /// when another call takes the socket.
    pub(super) fn rest(&mut self) {
        let wakers = self.change(|watched| (watched.reader.take(), watched.writer.take()));
        drop(wakers);
    }

    /// Reads, and hands over what came; 0 bytes are the peer's end.
    pub(super) fn poll_read<T>(
        &mut self,
        context: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Poll<io::Result<T>> {
        ready!(self.poll_readable(context));
        // Where it is away already, one read is within another, which has no need of speed.
        let mut scratch = self.sockets.scratch.take();
        scratch.resize(READ_BYTES, 0);
        let read = self.poll_read_into(context, &mut scratch);
        let taken = read.map_ok(|count| take(&scratch[..count]));
        self.sockets.scratch.set(scratch);
        taken
    }

    fn poll_read_into(
        &mut self,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.poll_readable(context));
            match retried(|| self.stream.read(into)) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.change(|watched| watched.may_read = false);
                }
                Ok(count) => {
                    // A short read has emptied the socket; the next byte makes a new edge.
                    let is_short = count < into.len();
                    self.change(|watched| watched.may_read &= watched.is_ended || !is_short);
                    return Poll::Ready(Ok(count));
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Watched) -> T) -> T {
        self.sockets.change(self.key, change)
    }

    /// Whether reading is worth an attempt.
    pub(super) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.change(|watched| watched.may_read) {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        let replaced = self.change(|watched| watched.reader.replace(waker));
        drop(replaced);
        Poll::Pending
    }

    /// Has the next attempt to read ask the system: something may have come in this turn of the
    /// loop, of which the loop will hear in the next one only.
    pub(super) fn doubt(&self) {
        self.change(|watched| watched.may_read = true);
    }

    /// Writes; may write a part.
    pub(super) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.change(|watched| watched.may_write) {
            match retried(|| self.stream.write(bytes)) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.change(|watched| watched.may_write = false);
                }
                result => return Poll::Ready(result),
            }
        }
        self.wait_to_write(context);
        Poll::Pending
    }

    /// The address that it leads to; none for a socket file.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Both ends of the connection, for the log.
    pub(super) fn ends(&self) -> String {
        self.stream.ends()
    }

    fn wait_to_write(&self, context: &Context<'_>) {
        let waker = context.waker().clone();
        let replaced = self.change(|watched| watched.writer.replace(waker));
        drop(replaced);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let registry = &self.sockets.registry;
        if let Err(error) = self.stream.source().deregister(registry) {
            log::debug!("a socket cannot be let go of: {error}");
        }
        let watched = self.sockets.watched.borrow_mut().remove(self.key);
        drop(watched);
    }
}

/// Tries again what a signal has interrupted.
fn retried<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
