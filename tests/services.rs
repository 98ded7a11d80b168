//! Calls of servers that others have written: nginx, Python's `http.server`, and the server of
//! `openssl`; by the front door, as a handler makes them.
//!
//! A test whose server this machine does not have says that it was left out, or fails with
//! `MICRO_TEST_ALL`: `scripts/test` installs them all.

#[path = "support/program.rs"]
mod program;
#[path = "support/mod.rs"]
mod support;

#[path = "services/caller.rs"]
mod caller;
#[path = "services/certificates.rs"]
mod certificates;
#[path = "services/daemon.rs"]
mod daemon;
#[path = "services/mariadb.rs"]
mod mariadb;
#[path = "services/nginx.rs"]
mod nginx;
#[path = "services/python.rs"]
mod python;
#[path = "services/redis.rs"]
mod redis;
#[path = "services/tools.rs"]
mod tools;

#[path = "services/answers.rs"]
mod answers;
#[path = "services/connections.rs"]
mod connections;
#[path = "services/encrypted.rs"]
mod encrypted;
#[path = "services/file_server.rs"]
mod file_server;
#[path = "services/fixtures.rs"]
mod fixtures;
#[path = "services/names.rs"]
mod names;
#[path = "services/requests.rs"]
mod requests;
#[path = "services/starting.rs"]
mod starting;
