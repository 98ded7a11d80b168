//! `micro`: a declarative micro-framework.
//!
//! A service is declared in a `.micro` file, one directive a line; its logic is handler functions.
//! One event loop on one thread serves it.
//!
//! # The map of the house
//!
//! Start-up, once: definition text → `syntax` → lines → `directives` → [`config::Service`], plain
//! data that never changes again. Each request: bytes → `http` → request → `router` → handler →
//! reply → `http` → bytes. What a handler asks of other services goes through `client`, which
//! uses `http` on its own floor. A room uses only floors below its own:
//!
//! | floor | rooms |
//! |---|---|
//! | 4 | `cli`, `Micro` |
//! | 3 | `server`, `directives` |
//! | 2 | `client`, `http`, `tls`, `router`, `registry` |
//! | 1 | `config`, `syntax` |
//! | 0 | `micro-api`, `diagnostics`, `files` |
//!
//! Beside the house, in `handlers/`, are the modules that come with it. They see `micro-api` alone, and
//! `micro-store` if they have a database; `registry` links them.

pub mod cli;
pub mod client;
pub mod config;
pub mod diagnostics;
pub mod directives;
pub mod files;
pub mod http;
mod micro;
pub mod registry;
pub mod router;
pub mod server;
pub mod syntax;
pub mod tls;

pub use micro::{Micro, Running, StartError};
pub use server::{Reload, Reloader, ServeError, Stopper};

/// The Rust of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
