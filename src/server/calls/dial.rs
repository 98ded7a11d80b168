//! Opens a socket to a service: all its addresses are tried, one after another and then beside each
//! other, and the first that answers is taken (RFC 8305).

use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use micro_api::sleep;

use super::socket::{Socket, Sockets};
use super::stream::Destination;
use crate::client::{Attempts, Step};

/// How soon a socket file is tried again whose owner has too many at its door.
const TRY_AGAIN: Duration = Duration::from_millis(10);

/// Connects to the first of these addresses that answers.
///
/// # Errors
///
/// What became of each address.
pub(super) async fn dial(
    addresses: &[SocketAddr],
    sockets: &Rc<Sockets>,
) -> Result<Socket, String> {
    let mut dialing = Dialing {
        attempts: Attempts::new(addresses.iter().copied()),
        open: Vec::new(),
    };
    loop {
        let now = Instant::now();
        match dialing.attempts.next(now) {
            Step::Connect(address) => dialing.begin(address, sockets),
            Step::Wait(until) => {
                let pause = sleep(until.saturating_duration_since(now));
                let mut pause = std::pin::pin!(pause);
                let first = poll_fn(|context| match dialing.poll(context) {
                    Poll::Ready(answered) => Poll::Ready(answered),
                    Poll::Pending => pause.as_mut().poll(context).map(|()| None),
                });
                if let Some(socket) = first.await {
                    return Ok(socket);
                }
            }
            Step::Pending => {
                if let Some(socket) = poll_fn(|context| dialing.poll(context)).await {
                    return Ok(socket);
                }
            }
            Step::Exhausted => return Err(dialing.attempts.sentence()),
        }
    }
}

/// Connects to a socket file.
pub(super) async fn dial_file(path: &Path, sockets: &Rc<Sockets>) -> Result<Socket, String> {
    loop {
        let opened = Socket::open(&Destination::File(path), sockets);
        let connected = match opened {
            // Its queue is full: a socket file does not let anybody wait for it.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                sleep(TRY_AGAIN).await;
                continue;
            }
            Err(error) => Err(error),
            Ok(mut socket) => poll_fn(|context| socket.poll_connected(context))
                .await
                .map(|()| socket),
        };
        return connected.map_err(|error| format!("{}: {error}", path.display()));
    }
}

struct Dialing {
    attempts: Attempts,
    open: Vec<(SocketAddr, Socket)>,
}

impl Dialing {
    fn begin(&mut self, address: SocketAddr, sockets: &Rc<Sockets>) {
        match Socket::open(&Destination::Address(address), sockets) {
            Ok(socket) => self.open.push((address, socket)),
            Err(error) => {
                let now = Instant::now();
                self.attempts.failed(address, error, now);
            }
        }
    }

    /// The first socket that is connected; ready without one if one of them has failed.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Socket>> {
        for index in 0..self.open.len() {
            match self.open[index].1.poll_connected(context) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => return Poll::Ready(Some(self.open.swap_remove(index).1)),
                Poll::Ready(Err(error)) => {
                    let (address, socket) = self.open.swap_remove(index);
                    drop(socket);
                    let now = Instant::now();
                    self.attempts.failed(address, error, now);
                    return Poll::Ready(None);
                }
            }
        }
        Poll::Pending
    }
}
