//! TLS for connections that we make: certificates, and the session of a connection.
//!
//! No socket: a [`Session`] is told what was received, gives and takes what is meant, and says what
//! to send. The peer's certificate and name are always checked. The one clock is the system's, for
//! the dates of certificates; files are read by [`Client::new`] alone.

mod client;
mod error;
mod files;
mod peer;
mod pem;
mod roots;
mod session;
#[cfg(test)]
mod tests;

pub use client::Client;
pub use error::{Error, Fault};
pub use roots::SystemRoots;
pub use session::{OUTPUT_BYTES_MAX, Session};
