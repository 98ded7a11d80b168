//! What may go wrong with a call, and on whose side.

use std::fmt;

/// What has gone wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallErrorKind {
    /// The arguments are not those of the resource.
    Arguments,
    /// The connection is switched off.
    Inactive,
    /// The function of `setup=`, or of another `code=`, has failed.
    Setup,
    /// The host has no address.
    Resolve,
    /// No connection to the service was made.
    Connect,
    /// The service did not prove who it is.
    Tls,
    /// The request could not be sent to its end.
    Send,
    /// It took too long.
    Timeout,
    /// The head of the answer is none.
    Head,
    /// The content of the answer broke off, or is too long.
    Body,
    /// The status of the answer is none of 200 to 299.
    Status,
    /// The content of the answer is not what it was read as.
    Decode,
    /// The function of `wrapper=` has failed.
    Wrapper,
    /// Too many calls wait for the service already.
    Busy,
    /// The service that makes the call has ended.
    Ended,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// That of the service that calls.
    Ours,
    /// That of the service that is called, or of what is between the two.
    Theirs,
}

impl CallErrorKind {
    /// All of them.
    pub const ALL: [CallErrorKind; 15] = [
        CallErrorKind::Arguments,
        CallErrorKind::Inactive,
        CallErrorKind::Setup,
        CallErrorKind::Resolve,
        CallErrorKind::Connect,
        CallErrorKind::Tls,
        CallErrorKind::Send,
        CallErrorKind::Timeout,
        CallErrorKind::Head,
        CallErrorKind::Body,
        CallErrorKind::Status,
        CallErrorKind::Decode,
        CallErrorKind::Wrapper,
        CallErrorKind::Busy,
        CallErrorKind::Ended,
    ];

    /// The kind in one word, which does not change.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CallErrorKind::Arguments => "arguments",
            CallErrorKind::Inactive => "inactive",
            CallErrorKind::Setup => "setup",
            CallErrorKind::Resolve => "resolve",
            CallErrorKind::Connect => "connect",
            CallErrorKind::Tls => "tls",
            CallErrorKind::Send => "send",
            CallErrorKind::Timeout => "timeout",
            CallErrorKind::Head => "head",
            CallErrorKind::Body => "body",
            CallErrorKind::Status => "status",
            CallErrorKind::Decode => "decode",
            CallErrorKind::Wrapper => "wrapper",
            CallErrorKind::Busy => "busy",
            CallErrorKind::Ended => "ended",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<CallErrorKind> {
        CallErrorKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    /// Whose fault it is.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            CallErrorKind::Arguments
            | CallErrorKind::Inactive
            | CallErrorKind::Setup
            | CallErrorKind::Wrapper
            | CallErrorKind::Busy
            | CallErrorKind::Ended => Side::Ours,
            CallErrorKind::Resolve
            | CallErrorKind::Connect
            | CallErrorKind::Tls
            | CallErrorKind::Send
            | CallErrorKind::Timeout
            | CallErrorKind::Head
            | CallErrorKind::Body
            | CallErrorKind::Status
            | CallErrorKind::Decode => Side::Theirs,
        }
    }

    /// The status for a peer whose request needed the call.
    pub(crate) fn status(self) -> u16 {
        match (self, self.side()) {
            (CallErrorKind::Timeout, _) => 504,
            (CallErrorKind::Busy, _) => 503,
            (_, Side::Theirs) => 502,
            (_, Side::Ours) => 500,
        }
    }
}

impl fmt::Display for CallErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
