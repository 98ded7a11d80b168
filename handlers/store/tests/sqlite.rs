//! What every database must do, in files of SQLite; and what is particular to files.

#[path = "support/mod.rs"]
mod support;
#[macro_use]
#[path = "suite/mod.rs"]
mod suite;

fn place(_: &str) -> Option<support::Place> {
    Some(support::Place::sqlite())
}

every_case!();
