//! What every peer answers, and where it listens.

use serde::Serialize;

/// The answer to `/test/ping`.
#[derive(Serialize)]
pub struct Ping {
    /// Always `pong`.
    pub ping: &'static str,
}

/// The answer of all peers.
pub const PONG: Ping = Ping { ping: "pong" };

/// The port from the command line.
pub fn port() -> u16 {
    std::env::args().nth(1).and_then(|port| port.parse().ok()).expect("usage: PEER PORT [ROUTES]")
}

/// How many further routes to declare.
pub fn routes() -> usize {
    std::env::args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(0)
}
