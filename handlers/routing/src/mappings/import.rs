//! Restoring mappings from the lines of an export, all of them or none.

use std::collections::HashSet;
use std::ops::ControlFlow;

use micro_api::serde::Serialize;
use micro_store::{Error, ErrorKind, Sql, Transaction};

use super::change::{Change, Changed, Changes, Note, create_or_replace, find_any, remove};
use super::mapping::{Mapping, columns};
use crate::line::Line;
use crate::precondition::Precondition;

/// What an import did, in mappings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(crate = "micro_api::serde")]
pub(crate) struct Imported {
    pub(crate) created: u64,
    pub(crate) replaced: u64,
    pub(crate) unchanged: u64,
    pub(crate) deleted: u64,
}

/// Maps the domains of all lines, each with its number; if `is_whole`, these are all that there will
/// be. Gives also the last of its notes to the mirror, which sees them in order.
pub(crate) fn import(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    lines: &[(u64, Line)],
    is_whole: bool,
) -> Result<(Imported, Option<Note>), Error> {
    let mut tally = Tally::default();
    if is_whole {
        for mapping in find_others(transaction, lines)? {
            tally.add(remove(transaction, changes, mapping)?);
        }
    }
    for (number, line) in lines {
        // Another node may have mapped it for somebody else since.
        let other = match is_whole {
            true => find_other(transaction, line)?,
            false => None,
        };
        if let Some(mapping) = other {
            tally.add(remove(transaction, changes, mapping)?);
        }
        let changed = put(transaction, changes, line);
        tally.add(changed.map_err(|error| at_line(*number, error))?);
    }
    Ok((tally.imported, tally.last))
}

#[derive(Default)]
struct Tally {
    imported: Imported,
    last: Option<Note>,
}

impl Tally {
    fn add(&mut self, changed: Changed) {
        *match changed.change {
            Change::Created => &mut self.imported.created,
            Change::Replaced => &mut self.imported.replaced,
            Change::Unchanged => &mut self.imported.unchanged,
            Change::Deleted => &mut self.imported.deleted,
        } += 1;
        let notes = changed.notes.into_iter().chain(self.last.take());
        self.last = notes.max_by_key(|note| note.id);
    }
}

fn put(transaction: &mut Transaction<'_>, changes: Changes, line: &Line) -> Result<Changed, Error> {
    let Line {
        tenant,
        domain,
        backends,
    } = line;
    let backends = backends.as_slice();
    let any = &Precondition::NONE;
    create_or_replace(transaction, changes, tenant, domain, backends, any)
}

/// A refusal is one of a line.
fn at_line(number: u64, error: Error) -> Error {
    if error.kind() != ErrorKind::Refused {
        return error;
    }
    let refusal = micro_api::Error::from(error);
    let why = format!("line {number}: {}", refusal.message());
    Error::refuse(micro_api::Error::new(refusal.status(), why))
}

/// Another tenant's mapping of the line's domain.
fn find_other(transaction: &mut Transaction<'_>, line: &Line) -> Result<Option<Mapping>, Error> {
    let found = find_any(transaction, &line.domain)?;
    Ok(found.filter(|mapping| mapping.tenant != line.tenant.as_str()))
}

// Those who would change them meanwhile wait until this is final.
const ALL: Sql = Sql::each(
    concat!("SELECT ", columns!(), " FROM routing_mapping ORDER BY id"),
    concat!(
        "SELECT ",
        columns!(),
        " FROM routing_mapping ORDER BY id FOR UPDATE"
    ),
);

/// The mappings that are not among the lines, or are another tenant's there.
fn find_others(
    transaction: &mut Transaction<'_>,
    lines: &[(u64, Line)],
) -> Result<Vec<Mapping>, Error> {
    let kept: HashSet<(&str, &str)> = lines
        .iter()
        .map(|(_, line)| (line.tenant.as_str(), line.domain.as_str()))
        .collect();
    let mut others = Vec::new();
    transaction.each(ALL, &[], |row| {
        let mapping = Mapping::read(row)?;
        if !kept.contains(&(&*mapping.tenant, &*mapping.domain)) {
            others.push(mapping);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(others)
}
