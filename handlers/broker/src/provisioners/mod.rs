//! The provisioners that are built in.

mod mysql;
mod redis;
mod server;
mod size;
mod sqlite;

use crate::kind::Kind;

/// The kinds of provisioners that are built in.
#[must_use]
pub fn built_in() -> Vec<Kind> {
    vec![sqlite::SQLITE, mysql::MYSQL, redis::REDIS]
}
