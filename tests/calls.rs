//! Calls of other services, by the front door: a definition, a server that the test plays, and what
//! came of the call.

#[path = "support/mod.rs"]
mod support;

#[path = "calls/smoke.rs"]
mod smoke;
