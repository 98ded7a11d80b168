//! A call that is made when it is awaited.

use std::fmt;
use std::future::IntoFuture;

use serde::Serialize;

use super::arguments::value;
use super::{Arguments, CallError, CallErrorKind, Resource, Response, ResponseStream};
use crate::abi::{self, Bytes, Text};
use crate::border::future::Imported;
use crate::{BoxFuture, Reply};

/// A call, which is made when it is awaited, and ended when it is dropped before it is answered.
#[must_use = "a call is made when it is awaited"]
pub struct ResourceCall {
    resource: Resource,
    arguments: Result<Arguments, String>,
}

impl ResourceCall {
    pub(super) fn new(resource: Resource, arguments: Result<Arguments, String>) -> ResourceCall {
        ResourceCall {
            resource,
            arguments,
        }
    }

    /// The same with one more argument, by name. It takes the place of one that has this name.
    pub fn with(mut self, name: impl Into<String>, argument: impl Serialize) -> ResourceCall {
        self.arguments = self.arguments.and_then(|mut arguments| {
            arguments.by_name.insert(name.into(), value(argument)?);
            Ok(arguments)
        });
        self
    }

    /// Makes the call, and gives the answer as soon as its head is there; its content comes piece by
    /// piece.
    ///
    /// # Errors
    ///
    /// If it fails until then.
    pub async fn stream(self) -> Result<ResponseStream, CallError> {
        let reply = self.answer(abi::CALL_STREAMS).await?;
        match failure_of(&reply) {
            Some(failure) => Err(failed(failure, reply, &self.resource).await),
            None => Ok(ResponseStream::new(reply, self.resource)),
        }
    }

    async fn whole(self) -> Result<Response, CallError> {
        let reply = self.answer(0).await?;
        match failure_of(&reply) {
            Some(failure) => Err(failed(failure, reply, &self.resource).await),
            None => ResponseStream::new(reply, self.resource).collect().await,
        }
    }

    async fn answer(&self, flags: u32) -> Result<Reply, CallError> {
        let begun = self.begin(flags).map_err(|sentence| {
            self.resource
                .blame(CallError::new(CallErrorKind::Arguments, sentence))
        });
        Ok(begun?.await)
    }

    /// Hands the call over.
    fn begin(&self, flags: u32) -> Result<Imported, String> {
        let Arguments {
            by_position,
            by_name,
        } = self.arguments.as_ref().map_err(String::clone)?;
        let arguments = (!by_position.is_empty()).then(|| json(by_position));
        let named = (!by_name.is_empty()).then(|| json(by_name));
        let connection = &self.resource.connection;
        let call = abi::Call {
            connection: Text::new(&connection.name),
            resource: Text::new(&self.resource.name),
            arguments: Bytes::new(arguments.as_deref().unwrap_or_default()),
            named: Bytes::new(named.as_deref().unwrap_or_default()),
            id: connection.id.as_deref().map_or(Text::NONE, Text::new),
            flags,
            reserved: 0,
        };
        let (config, mut future) = (&connection.config, abi::Future::NONE);
        // SAFETY: the settings are valid, and what is lent lives through the call.
        unsafe {
            (config.host().connection_call)(config.as_raw(), &raw const call, &raw mut future);
        };
        // SAFETY: the future is ours now.
        Ok(unsafe { Imported::new(future) })
    }
}

impl IntoFuture for ResourceCall {
    type Output = Result<Response, CallError>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.whole())
    }
}

impl fmt::Debug for ResourceCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceCall({:?})", self.resource)
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a JSON value can be written as JSON")
}

impl Resource {
    /// The same failure with the names of what was called.
    pub(super) fn blame(&self, error: CallError) -> CallError {
        error.of(&self.connection.name, &self.name)
    }
}

/// What has failed, if the answer says so. What says it in other words comes from the border, which
/// had no place for what the peer's head holds.
fn failure_of(reply: &Reply) -> Option<CallError> {
    let failure = reply.failure.as_deref()?;
    let found = CallError::find(failure);
    Some(found.unwrap_or_else(|| CallError::new(CallErrorKind::Head, failure)))
}

/// The failure, with the whole answer if it is that of the peer.
async fn failed(failure: CallError, reply: Reply, resource: &Resource) -> CallError {
    let failure = resource.blame(failure);
    let is_about_answer = matches!(
        failure.kind(),
        CallErrorKind::Status | CallErrorKind::Decode
    );
    if !is_about_answer {
        return failure;
    }
    match ResponseStream::new(reply, resource.clone()).collect().await {
        Ok(response) => failure.with_response(response),
        Err(error) => error,
    }
}
