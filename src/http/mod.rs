//! Bytes to messages and messages to bytes, for the server's side of an HTTP/1.x connection; and
//! what the client's side needs of the same: heads of answers, and chunks.
//!
//! No socket, no clock: a [`Connection`] is told what was received, says what it wants answered,
//! is given the answer, and says what to send. Strict where RFC 9110 and RFC 9112 are: a request
//! that two readers could take for different ones is refused.

mod answer;
mod authority;
mod buffers;
mod chunked;
mod chunks;
mod connection;
mod framing;
mod head;
mod lines;
mod output;
mod reading;
mod reject;
mod response;
mod shape;
mod stamp;
mod stream;
mod target;
#[cfg(test)]
mod tests;

pub use answer::Sent;
pub use authority::is_host_value;
pub use buffers::Buffers;
pub use chunks::Chunks;
pub use connection::{Connection, Phase, Step};
pub use reject::Reject;
pub use response::{Response, ResponseFraming, ResponseReader};
pub use shape::shape;
pub use stamp::Stamp;
pub use stream::Streamed;
