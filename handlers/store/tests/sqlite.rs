//! What every database must do, in files of SQLite; and what is particular to files.

#[path = "../../../tests/services/tools.rs"]
mod tools;

#[path = "support/mod.rs"]
mod support;
#[macro_use]
#[path = "suite/mod.rs"]
mod suite;

#[path = "sqlite/groups.rs"]
mod file_groups;
#[path = "sqlite/files.rs"]
mod files;
#[path = "sqlite/full_disk.rs"]
mod full_disk;
#[path = "sqlite/killed.rs"]
mod killed;

fn place(_: &str) -> Option<support::Place> {
    Some(support::Place::sqlite())
}

every_case!();
