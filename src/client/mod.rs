//! Calls of other HTTP services, as values: what is sent, what came back, whom to connect to.
//!
//! No socket, no clock, no log. A call is prepared from its RESOURCE ([`prepare`], [`encode`]),
//! written as bytes ([`Message`]), sent over a kept connection ([`Pool`]) or a new one
//! ([`Names`], [`Attempts`]), and its answer is read by an [`Exchange`]. [`trace`] shows a message
//! without its secrets.

mod attempts;
mod body;
mod coding;
mod encode;
mod exchange;
mod fault;
mod gzip;
mod head;
mod message;
mod names;
mod pool;
mod prepared;
#[cfg(test)]
mod tests;
mod trace;

pub use attempts::{Attempts, Step};
pub use encode::encode;
pub use exchange::{Close, Event, Exchange, Limits};
pub use fault::{Fault, FaultKind};
pub use head::Head;
pub use message::Message;
pub use names::{LookUp, Names, Resolved};
pub use pool::{GivenBack, Pool, PoolLimits, Taken, Ticket};
pub use prepared::{Prepared, encode_literal, encode_value, prepare};
pub use trace::{hide_secrets, hide_values, trace};
