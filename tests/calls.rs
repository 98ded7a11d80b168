//! Calls of other services, by the front door: a definition, a server that the test plays, and what
//! came of the call.

mod support;

#[path = "support/edited.rs"]
mod edited;
#[path = "support/log.rs"]
mod log;
#[path = "support/scripted.rs"]
mod scripted;

#[path = "calls/caller.rs"]
mod caller;

#[path = "calls/bodies.rs"]
mod bodies;
#[path = "calls/connecting.rs"]
mod connecting;
#[path = "calls/functions.rs"]
mod functions;
#[path = "calls/heads.rs"]
mod heads;
#[path = "calls/kept.rs"]
mod kept;
#[path = "calls/leaks.rs"]
mod leaks;
#[path = "calls/lifecycle.rs"]
mod lifecycle;
#[path = "calls/line.rs"]
mod line;
#[path = "calls/logged.rs"]
mod logged;
#[path = "calls/sending.rs"]
mod sending;
#[path = "calls/streams.rs"]
mod streams;
#[path = "calls/timeouts.rs"]
mod timeouts;
#[path = "calls/tls.rs"]
mod tls;
#[path = "calls/wakers.rs"]
mod wakers;
