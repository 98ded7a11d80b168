//! The mappings in the database: what is asked of them, in transactions.

mod change;
mod find;
mod import;
mod mapping;
mod outbox;
mod position;
mod quota;

pub(crate) use change::{
    Change, Changed, Changes, Note, create_or_replace, delete, no_mapping, update,
};
pub(crate) use find::{Page, export, find, list};
pub(crate) use import::import;
pub(crate) use mapping::{Mapping, Shown};

#[cfg(test)]
mod tests;
