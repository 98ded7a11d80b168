//! The mirror with a real Redis and a real database.

#[path = "../../../../../tests/services/daemon.rs"]
mod daemon;
#[path = "../../../../../tests/services/mariadb.rs"]
mod mariadb;
#[path = "../../../../../tests/services/redis.rs"]
mod redis;
#[path = "../../../../../tests/services/tools.rs"]
mod tools;

mod changes;
mod disk;
mod faults;
mod filled;
mod foreign;
mod full;
mod guard;
mod losses;
mod nodes;
mod protocol;
mod world;
