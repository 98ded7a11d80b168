//! Content that comes piece by piece.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::{Error, Reply};

/// Where the pieces of a streamed answer come from.
///
/// The server asks for a piece only when the peer has taken most of what was sent before. It asks
/// on the thread of its loop, so that [`sleep`](crate::sleep) and [`blocking`](crate::blocking) may
/// be used; an empty piece is passed over.
pub trait ChunkSource: Send {
    /// The next piece; `None` at the end. After an error the connection is cut, so that the peer
    /// can tell that something is missing.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>>;

    /// How many bytes there will be in all, if that is known: the answer then has a
    /// `Content-Length`, else it is chunked (RFC 9112 section 7.1).
    fn length(&self) -> Option<u64> {
        None
    }
}

/// The pieces of an iterator.
struct Pieces<I>(I);

impl<I: Iterator<Item = Vec<u8>> + Send> ChunkSource for Pieces<I> {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

impl Reply {
    /// A chunked answer of the pieces that an iterator yields.
    pub fn pieces<I>(content_type: &'static str, pieces: I) -> Reply
    where
        I: IntoIterator<Item = Vec<u8>>,
        I::IntoIter: Send + 'static,
    {
        Reply::stream(content_type, Pieces(pieces.into_iter()))
    }

    /// A chunked answer whose pieces are sent through the [`BodySender`], from a future or from
    /// another thread.
    #[must_use]
    pub fn channel(content_type: &'static str) -> (BodySender, Reply) {
        let pipe = Arc::new(Mutex::new(Pipe::default()));
        let reply = Reply::stream(
            content_type,
            Receiver {
                pipe: Arc::clone(&pipe),
            },
        );
        (
            BodySender {
                pipe,
                is_finished: false,
                failure: None,
            },
            reply,
        )
    }
}

/// Sends the pieces of an answer made with [`Reply::channel`].
#[derive(Debug)]
pub struct BodySender {
    pipe: Arc<Mutex<Pipe>>,
    is_finished: bool,
    failure: Option<Error>,
}

impl BodySender {
    /// Sends a piece, and waits while the peer has not taken the ones before.
    ///
    /// # Errors
    ///
    /// If the peer has gone.
    pub async fn send(&mut self, piece: impl Into<Vec<u8>>) -> Result<(), Error> {
        // An empty piece would be the end of a chunked answer (RFC 9112 section 7.1).
        let mut piece = Some(piece.into()).filter(|piece| !piece.is_empty());
        poll_fn(|context| {
            let waker = context.waker().clone();
            let mut pipe = lock(&self.pipe);
            if pipe.is_abandoned {
                return Poll::Ready(Err(Error::internal("the peer has gone")));
            }
            if pipe.pieces.len() >= PIECES_MAX {
                let replaced = pipe.sender.replace(waker);
                drop(pipe);
                drop(replaced);
                return Poll::Pending;
            }
            pipe.pieces.extend(piece.take());
            wake_receiver(pipe);
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Waits until the peer has gone, or nobody wants more of the answer.
    pub async fn closed(&self) {
        poll_fn(|context| {
            let waker = context.waker().clone();
            let mut pipe = lock(&self.pipe);
            if pipe.is_abandoned {
                return Poll::Ready(());
            }
            let replaced = pipe.sender.replace(waker);
            drop(pipe);
            drop(replaced);
            Poll::Pending
        })
        .await;
    }

    /// Cuts the answer, and says why; what was sent before is still read.
    pub fn fail(mut self, error: Error) {
        self.failure = Some(error);
    }

    /// Cuts the answer because that is what is wanted: it is no failure, and not logged as one.
    pub fn cut(self) {
        self.fail(Error::internal(""));
    }

    /// Ends the answer. A sender that is dropped without this cuts the connection, so that the
    /// peer does not take a part for the whole.
    pub fn finish(mut self) {
        self.is_finished = true;
    }
}

impl Drop for BodySender {
    fn drop(&mut self) {
        let mut pipe = lock(&self.pipe);
        pipe.end = Some(match (self.is_finished, self.failure.take()) {
            (true, _) => End::Finished,
            (false, Some(error)) => End::Cut(error),
            (false, None) => End::Cut(Error::internal("the body's sender was dropped unfinished")),
        });
        wake_receiver(pipe);
    }
}

/// How many pieces may wait for the peer.
const PIECES_MAX: usize = 4;

#[derive(Debug, Default)]
struct Pipe {
    pieces: VecDeque<Vec<u8>>,
    end: Option<End>,
    is_abandoned: bool,
    sender: Option<Waker>,
    receiver: Option<Waker>,
}

#[derive(Debug)]
enum End {
    Finished,
    Cut(Error),
}

struct Receiver {
    pipe: Arc<Mutex<Pipe>>,
}

impl ChunkSource for Receiver {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        let waker = context.waker().clone();
        let mut pipe = lock(&self.pipe);
        if let Some(piece) = pipe.pieces.pop_front() {
            wake_sender(pipe);
            return Poll::Ready(Some(Ok(piece)));
        }
        match pipe.end.take() {
            Some(End::Cut(error)) => {
                pipe.end = Some(End::Finished);
                Poll::Ready(Some(Err(error)))
            }
            Some(End::Finished) => {
                pipe.end = Some(End::Finished);
                Poll::Ready(None)
            }
            None => {
                let replaced = pipe.receiver.replace(waker);
                drop(pipe);
                drop(replaced);
                Poll::Pending
            }
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut pipe = lock(&self.pipe);
        pipe.is_abandoned = true;
        wake_sender(pipe);
    }
}

// A waker runs foreign code, also when it is cloned or dropped: the lock is free meanwhile.
fn wake_sender(mut pipe: MutexGuard<'_, Pipe>) {
    let waker = pipe.sender.take();
    drop(pipe);
    waker.into_iter().for_each(Waker::wake);
}

fn wake_receiver(mut pipe: MutexGuard<'_, Pipe>) {
    let waker = pipe.receiver.take();
    drop(pipe);
    waker.into_iter().for_each(Waker::wake);
}

// Nothing that can panic runs under this lock, so a poisoned one is still whole.
fn lock(pipe: &Mutex<Pipe>) -> MutexGuard<'_, Pipe> {
    pipe.lock().unwrap_or_else(PoisonError::into_inner)
}
