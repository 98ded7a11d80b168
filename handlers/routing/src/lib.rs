//! The routing pack: which backends serve a domain, for many tenants.

#![allow(dead_code, reason = "the handlers come next")]

mod mirror;
mod tables;
