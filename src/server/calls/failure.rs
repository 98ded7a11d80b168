//! Why a call has failed.

use std::fmt;

use micro_api::host::{answer_failure, call_failure};
use micro_api::{CallErrorKind, Reply};

use crate::client::{Fault, FaultKind};

/// Why a call has failed: when, and a sentence.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) kind: CallErrorKind,
    pub(super) sentence: String,
}

impl Failure {
    pub(super) fn new(kind: CallErrorKind, sentence: impl Into<String>) -> Failure {
        Failure {
            kind,
            sentence: sentence.into(),
        }
    }

    /// The same, with the answer of the service that it is about.
    pub(super) fn into_reply_with(self, answer: Reply) -> Reply {
        answer_failure(self.kind, self.sentence, answer)
    }

    /// The answer that tells of it.
    pub(super) fn into_reply(self) -> Reply {
        call_failure(self.kind, self.sentence)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.sentence)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        let kind = match fault.kind {
            FaultKind::Head => CallErrorKind::Head,
            FaultKind::Body => CallErrorKind::Body,
        };
        Failure::new(kind, fault.sentence)
    }
}
