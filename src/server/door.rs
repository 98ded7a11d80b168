//! A listening socket: who comes in, and when nobody more can.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::config::Listener;

/// How many connections the system keeps for us until we accept them.
const BACKLOG: i32 = 4096;

/// A listening socket, and who came in through it.
pub(super) struct Door {
    /// None once it is closed; its sessions may go on.
    socket: Option<TcpListener>,
    name: String,
    host: String,
    port: u16,
    /// How many sessions that began here are open.
    pub(super) sessions: usize,
    sessions_max: usize,
    /// Whether somebody may be waiting: an edge was seen and not yet followed to its end.
    is_knocked: bool,
    /// Whether the system had no room, and nobody is asked in until it may have some.
    is_resting: bool,
    /// Whether it was said that the system has no room, and it has not had any since.
    is_told: bool,
}

/// What knocking at the door gave.
pub(super) enum Knock {
    /// Somebody came in.
    Connection(TcpStream, SocketAddr),
    /// Nobody is waiting.
    Nobody,
    /// Somebody is waiting, and there is no room: not before a connection is closed.
    Full,
    /// Somebody is waiting, and the system cannot let them in now.
    Exhausted(io::Error),
}

impl Door {
    /// Begins to listen where the definition says.
    pub(super) fn open(listener: &Listener) -> io::Result<Door> {
        Door::open_with(listener, listen)
    }

    /// The same while others still listen at an address that has this one in it, or is in it. They
    /// are about to be closed, or the peers of one would come to the other.
    pub(super) fn open_beside(listener: &Listener, others: &[&Door]) -> io::Result<Door> {
        let opened = share(others, true).and_then(|()| {
            Door::open_with(listener, |address| {
                let socket = new_socket(address)?;
                socket.set_reuse_port(true)?;
                let socket = listen_on(socket, address)?;
                SockRef::from(&socket).set_reuse_port(false)?;
                Ok(socket)
            })
        });
        // Only a program of the same user that asks for it, too, could have come between, or can
        // come later: the system remembers that an address was shared while it is in use.
        share(others, false)?;
        opened
    }

    fn open_with(
        listener: &Listener,
        listen: impl Fn(SocketAddr) -> io::Result<TcpListener>,
    ) -> io::Result<Door> {
        let mut failure = None;
        for address in (listener.host.as_str(), listener.port).to_socket_addrs()? {
            match listen(address) {
                Ok(socket) => return Ok(Door::new(socket, listener)),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| io::Error::other("the name has no address")))
    }

    fn new(socket: TcpListener, listener: &Listener) -> Door {
        Door {
            socket: Some(socket),
            name: listener.name.clone(),
            host: listener.host.clone(),
            port: listener.port,
            sessions: 0,
            sessions_max: listener.limits.connections_max,
            is_knocked: true,
            is_resting: false,
            is_told: false,
        }
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match &mut self.socket {
            Some(socket) => registry.register(socket, token, Interest::READABLE),
            None => Ok(()),
        }
    }

    /// The name of its listener.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens, unless it is closed.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.socket.as_ref()?.local_addr().ok()
    }

    /// Whether this listener is its own: the system may have chosen the port.
    pub(super) fn is_of(&self, listener: &Listener) -> bool {
        self.is_open()
            && self.name == listener.name
            && self.host == listener.host
            && self.port == listener.port
    }

    /// Whether it is where this listener is to be, whatever the listener is called.
    pub(super) fn is_at(&self, listener: &Listener) -> bool {
        let Some(bound) = self.address() else {
            return false;
        };
        let wanted = (listener.host.as_str(), listener.port).to_socket_addrs();
        wanted.is_ok_and(|mut wanted| wanted.any(|address| address == bound))
    }

    /// Goes on as the door of this listener, which is at the same place.
    pub(super) fn become_door_of(&mut self, listener: &Listener) {
        self.name.clone_from(&listener.name);
        self.host.clone_from(&listener.host);
        self.port = listener.port;
        self.sessions_max = listener.limits.connections_max;
    }

    /// Lets nobody in any more; who is in stays.
    pub(super) fn close(&mut self) {
        self.socket = None;
        self.is_knocked = false;
    }

    /// Whether it was not closed.
    pub(super) fn is_open(&self) -> bool {
        self.socket.is_some()
    }

    /// Notes that somebody is waiting.
    pub(super) fn knocked(&mut self) {
        self.is_knocked = self.is_open();
    }

    /// Lets nobody in for a while; true if that is to be said, because it is new.
    pub(super) fn rest(&mut self) -> bool {
        self.is_resting = true;
        !std::mem::replace(&mut self.is_told, true)
    }

    /// Lets people in again: a while has passed, or somebody has left.
    pub(super) fn wake(&mut self) {
        self.is_resting = false;
    }

    /// Whether somebody may be waiting, and may come in.
    pub(super) fn may_admit(&self) -> bool {
        self.is_knocked && !self.is_resting && self.sessions < self.sessions_max
    }

    /// Lets the next one in.
    pub(super) fn admit(&mut self) -> Knock {
        if self.sessions >= self.sessions_max {
            return Knock::Full;
        }
        let Some(socket) = &self.socket else {
            return Knock::Nobody;
        };
        loop {
            match socket.accept() {
                Ok((stream, peer)) => {
                    self.sessions += 1;
                    self.is_told = false;
                    return Knock::Connection(stream, peer);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_knocked = false;
                    return Knock::Nobody;
                }
                // accept(2): errors of the new connection itself are met by trying again.
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => return Knock::Exhausted(error),
            }
        }
    }
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, HostUnreachable, Interrupted, NetworkDown};
    use io::ErrorKind::{NetworkUnreachable, PermissionDenied, TimedOut};
    matches!(
        error.kind(),
        ConnectionAborted
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | PermissionDenied
            | TimedOut
    )
}

/// Whether these let others listen at their addresses, if those want it, too.
fn share(doors: &[&Door], is_shared: bool) -> io::Result<()> {
    let mut sockets = doors.iter().filter_map(|door| door.socket.as_ref());
    sockets.try_for_each(|socket| SockRef::from(socket).set_reuse_port(is_shared))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    listen_on(new_socket(address)?, address)
}

fn new_socket(address: SocketAddr) -> io::Result<Socket> {
    Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )
}

fn listen_on(socket: Socket, address: SocketAddr) -> io::Result<TcpListener> {
    socket.set_reuse_address(true)?;
    // Accepted sockets inherit it, which spares a call for each.
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}
