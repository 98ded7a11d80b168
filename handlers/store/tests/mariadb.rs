//! What every database must do, on a MariaDB; and what is particular to servers.
//!
//! Without a `mariadbd` on this machine, each test says that it was left out, or fails with
//! `MICRO_TEST_ALL`.

#[path = "../../../tests/services/daemon.rs"]
mod daemon;
#[path = "../../../tests/services/mariadb.rs"]
mod mariadb;
#[path = "../../../tests/services/tools.rs"]
mod tools;

#[path = "support/mod.rs"]
mod support;
#[macro_use]
#[path = "suite/mod.rs"]
mod suite;

#[path = "mariadb/addresses.rs"]
mod addresses;
#[path = "mariadb/cut.rs"]
mod cut;
#[path = "mariadb/lost.rs"]
mod lost;
#[path = "mariadb/limits.rs"]
mod server_limits;
#[path = "mariadb/together.rs"]
mod together;

use mariadb::Mariadb;

fn place(name: &str) -> Option<support::Place> {
    let url = Mariadb::shared()?.create_database(name);
    Some(support::Place { url, folder: None })
}

every_case!();
