//! What marks one answer: the identity of its request and the time.

use micro_api::host::RequestId;

/// The marks of an answer, sent as `X-Request-Id` and `Date`.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The identity of the request.
    pub id: RequestId,
    /// The time as an IMF-fixdate (RFC 9110 section 5.6.7).
    pub date: &'a str,
}
