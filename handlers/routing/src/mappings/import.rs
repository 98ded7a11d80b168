//! Restoring mappings from the lines of an export, all of them or none.

use micro_api::serde::Serialize;
use micro_store::{Error, Sql, Transaction, values};

use super::change::{Change, Changes, create_or_replace, find_any, remove};
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

/// Maps the domains of all lines, each with its number; if `is_whole`, these are all that there will be.
pub(crate) fn import(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    lines: &[(u64, Line)],
    is_whole: bool,
) -> Result<Imported, Error> {
    let mut imported = Imported::default();
    if is_whole {
        imported.deleted = remove_others(transaction, changes, lines)?;
    }
    for (number, line) in lines {
        if is_whole {
            // Another node may have mapped it for somebody else since.
            imported.deleted += remove_of_other(transaction, changes, line)?;
        }
        let Line {
            tenant,
            domain,
            backends,
        } = line;
        let changed = create_or_replace(
            transaction,
            changes,
            tenant,
            domain,
            backends.as_slice(),
            &Precondition::NONE,
        )
        .map_err(|error| at_line(*number, error))?;
        match changed.change {
            Change::Created => imported.created += 1,
            Change::Replaced => imported.replaced += 1,
            Change::Unchanged | Change::Deleted => imported.unchanged += 1,
        }
    }
    Ok(imported)
}

/// A refusal is one of a line.
fn at_line(number: u64, error: Error) -> Error {
    if error.kind() != micro_store::ErrorKind::Refused {
        return error;
    }
    let refusal = micro_api::Error::from(error);
    let why = format!("line {number}: {}", refusal.message());
    Error::refuse(micro_api::Error::new(refusal.status(), why))
}

/// Deletes another tenant's mapping of the line's domain, if there is one; how many.
fn remove_of_other(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    line: &Line,
) -> Result<u64, Error> {
    let found = find_any(transaction, &line.domain)?;
    let other = found.filter(|mapping| mapping.tenant != line.tenant.as_str());
    let Some(mapping) = other else {
        return Ok(0);
    };
    remove(transaction, changes, mapping)?;
    Ok(1)
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

/// Deletes what is not among the lines, or is another tenant's there.
fn remove_others(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    lines: &[(u64, Line)],
) -> Result<u64, Error> {
    let kept: std::collections::HashSet<(&str, &str)> = lines
        .iter()
        .map(|(_, line)| (line.tenant.as_str(), line.domain.as_str()))
        .collect();
    let all = transaction.query(ALL, &values![], Mapping::read)?;
    let is_other = |mapping: &Mapping| !kept.contains(&(&*mapping.tenant, &*mapping.domain));
    let mut count = 0;
    for mapping in all.into_iter().filter(is_other) {
        remove(transaction, changes, mapping)?;
        count += 1;
    }
    Ok(count)
}
