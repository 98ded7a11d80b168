//! The content of an answer: read whole, or handed on piece by piece.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use micro_api::host::{Body, ReplyParts};
use micro_api::{BodySender, CallErrorKind, Error, Reply};

use super::conversation::Conversation;
use super::failure::Failure;
use crate::client::Event;

/// Reads the content of an answer to its end.
///
/// # Errors
///
/// If its end does not come, or it is longer than it may be.
pub(super) async fn read(conversation: &mut Conversation) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    loop {
        match conversation.event().await? {
            Event::Content(piece) if content.is_empty() => content = piece,
            Event::Content(piece) => content.extend(piece),
            Event::End { .. } => return Ok(content),
            Event::Head(_) | Event::More => {}
        }
    }
}

/// A content that is handed on as it comes, and what hands it on: a future for a task of its own.
///
/// It takes a piece from the service when the one before has been taken, and lets go of the service
/// as soon as nobody wants more.
pub(super) fn hand_on(conversation: Box<Conversation>) -> (Body, impl Future<Output = ()>) {
    let (sender, reply) = Reply::channel("application/octet-stream");
    (ReplyParts::from(reply).body, pump(conversation, sender))
}

async fn pump(mut conversation: Box<Conversation>, mut sender: BodySender) {
    loop {
        let event = {
            let mut event = pin!(conversation.event());
            let mut closed = pin!(sender.closed());
            let first = poll_fn(|context| match event.as_mut().poll(context) {
                Poll::Ready(event) => Poll::Ready(Some(event)),
                Poll::Pending => closed.as_mut().poll(context).map(|()| None),
            });
            first.await
        };
        match event {
            None => return conversation.let_go(),
            Some(Ok(Event::Content(piece))) => {
                if sender.send(piece).await.is_err() {
                    return conversation.let_go();
                }
            }
            Some(Ok(Event::End { .. })) => {
                conversation.finish();
                return sender.finish();
            }
            Some(Ok(Event::Head(_) | Event::More)) => {}
            Some(Err(failure)) => {
                let failure = conversation.fail(failure);
                return sender.fail(Error::internal(failure));
            }
        }
    }
}

/// Whether content is JSON, or nothing at all.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn check_json(content: &[u8]) -> Result<(), Failure> {
    if content.is_empty() {
        return Ok(());
    }
    let read = micro_api::serde_json::from_slice::<micro_api::serde::de::IgnoredAny>(content);
    read.map(drop).map_err(|error| {
        let sentence = format!("the answer is not JSON: {error}");
        Failure::new(CallErrorKind::Decode, sentence)
    })
}
