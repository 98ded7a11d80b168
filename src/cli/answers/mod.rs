//! Answers in files, one file a RESOURCE: what `micro mock` gives, and `micro call --record` writes.

mod entry;
mod places;
mod read;
mod replaced;
mod write;

pub(super) use self::entry::{Content, Entry, matches};
pub(super) use self::read::read;
pub(super) use self::write::{
    Recorded, example, expect_room, file_name, record, unwritten, write_new,
};
