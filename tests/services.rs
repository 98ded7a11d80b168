//! What needs servers that others have written: calls of nginx, Python's `http.server`, and the
//! server of `openssl`, as a handler makes them; the nginx of `examples/nginx`, which goes by what a
//! Redis says; the broker pack with the MariaDB and the Redis that it provisions in; the routing pack
//! with MariaDB, Redis and that nginx; and both with Schemathesis, which calls them.
//!
//! A test whose server this machine does not have says that it was left out, or fails with
//! `MICRO_TEST_ALL`: `scripts/test` installs them all.

#[path = "support/program.rs"]
mod program;
#[path = "support/mod.rs"]
mod support;

#[path = "services/backend.rs"]
mod backend;
#[path = "services/caller.rs"]
mod caller;
#[path = "services/certificates.rs"]
mod certificates;
#[path = "services/daemon.rs"]
mod daemon;
#[path = "services/database.rs"]
mod database;
#[path = "services/gateway.rs"]
mod gateway;
#[path = "services/mariadb.rs"]
mod mariadb;
#[path = "services/name_server.rs"]
mod name_server;
#[path = "services/nginx.rs"]
mod nginx;
#[path = "services/python.rs"]
mod python;
#[path = "services/random.rs"]
mod random;
#[path = "services/redis.rs"]
mod redis;
#[path = "services/schemathesis.rs"]
mod schemathesis;
#[path = "services/tools.rs"]
mod tools;

#[path = "services/answers.rs"]
mod answers;
#[path = "services/broker/mod.rs"]
mod broker;
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
#[path = "services/routes_connected.rs"]
mod routes_connected;
#[path = "services/routes_obeyed.rs"]
mod routes_obeyed;
#[path = "services/routes_passed_on.rs"]
mod routes_passed_on;
#[path = "services/routes_without_redis.rs"]
mod routes_without_redis;
#[path = "services/routing/mod.rs"]
mod routing;
#[path = "services/starting.rs"]
mod starting;
