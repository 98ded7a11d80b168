//! What the mirror reads and writes in the database.

use std::collections::HashSet;
use std::ops::ControlFlow;

use micro_api::serde_json;
use micro_store::{Error, ErrorKind, Row, Sql, Transaction, values};

use super::mark::Mark;

/// How many rows of the outbox are applied together.
pub(crate) const BATCH_ROWS: u64 = 1000;
/// About how many bytes of mappings are read together.
const BYTES_MAX: usize = 1 << 20;

const FOUND: Sql = Sql::each(
    "INSERT OR IGNORE INTO routing_mirror (id, source, mark, losses, repaired_to) \
     VALUES (1, ?, 0, 0, 0)",
    "INSERT IGNORE INTO routing_mirror (id, source, mark, losses, repaired_to) \
     VALUES (1, ?, 0, 0, 0)",
);

const OUTBOX: &str = "SELECT o.id, o.domain, m.domain, m.backends FROM routing_outbox o \
     LEFT JOIN routing_mapping m ON m.domain = o.domain ORDER BY o.id LIMIT ?";

/// How far the mirror is, as the database knows.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) mark: Mark,
    pub(crate) losses: Losses,
}

/// What Redis was found to have lost. Neither number ever falls, so that a sweep which began long
/// ago cannot take a later loss for the one that it has repaired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// How often it was found to have lost something.
    pub(crate) count: u64,
    /// Up to which of these losses everything is repaired.
    pub(crate) repaired_to: u64,
}

impl Losses {
    /// Whether something may be missing still.
    pub(crate) fn are_open(self) -> bool {
        self.count > self.repaired_to
    }
}

/// A row of the outbox, with what is to be in Redis now.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) id: u64,
    pub(crate) domain: String,
    /// The backends of the domain, if it has a mapping.
    pub(crate) backends: Option<Vec<String>>,
}

/// The oldest rows of the outbox.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) position: Position,
    pub(crate) changes: Vec<Change>,
    /// Whether there are no more.
    pub(crate) is_all: bool,
    /// The rows that are waited for whose domains have none any more.
    pub(crate) gone: Vec<u64>,
}

/// A row of the outbox that somebody waits for. It may have given way to a newer one of its domain.
#[derive(Clone, Debug)]
pub(crate) struct Awaited {
    pub(crate) row: u64,
    pub(crate) domain: String,
}

/// A mapping.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) id: u64,
    pub(crate) domain: String,
    pub(crate) backends: Vec<String>,
}

/// Whether the database has a name.
pub(crate) fn is_found(transaction: &mut Transaction<'_>) -> Result<bool, Error> {
    let sql = "SELECT id FROM routing_mirror WHERE id = 1";
    let found = transaction.find(sql, &[], |row| row.take::<u64>(0))?;
    Ok(found.is_some())
}

/// Gives the database a name, if it has none yet.
pub(crate) fn found(transaction: &mut Transaction<'_>, name: &str) -> Result<(), Error> {
    transaction.execute(FOUND, &values![name]).map(drop)
}

/// The oldest rows of the outbox, at most `rows_max`, and which of those that are waited for are gone.
pub(crate) fn batch(
    transaction: &mut Transaction<'_>,
    rows_max: u64,
    waited: &[Awaited],
) -> Result<Batch, Error> {
    let position = position(transaction)?;
    let mut changes = Vec::new();
    let mut bytes = 0;
    transaction.each(OUTBOX, &values![rows_max], |row| {
        let change = change(row, &mut bytes)?;
        changes.push(change);
        Ok(go_on(bytes))
    })?;
    let noted: HashSet<&str> = changes.iter().map(|change| &*change.domain).collect();
    let is_all = (changes.len() as u64) < rows_max && go_on(bytes).is_continue();
    let gone = gone(transaction, &noted, waited)?;
    Ok(Batch {
        position,
        changes,
        is_all,
        gone,
    })
}

/// How many rows the outbox has, and the number of the oldest.
pub(crate) fn pending(transaction: &mut Transaction<'_>) -> Result<(u64, Option<u64>), Error> {
    let sql = "SELECT COUNT(*), MIN(id) FROM routing_outbox";
    let found = transaction.find(sql, &[], |row| Ok((row.take(0)?, row.take(1)?)))?;
    Ok(found.unwrap_or_default())
}

/// The rows of those whose domains the outbox does not have any more; these it was seen to have.
fn gone(
    transaction: &mut Transaction<'_>,
    noted: &HashSet<&str>,
    waited: &[Awaited],
) -> Result<Vec<u64>, Error> {
    let mut gone = Vec::new();
    let unseen = waited
        .iter()
        .filter(|waited| !noted.contains(&*waited.domain));
    for waited in unseen {
        let sql = "SELECT id FROM routing_outbox WHERE domain = ?";
        let found = transaction.find(sql, &values![&waited.domain], |row| row.take::<u64>(0))?;
        if found.is_none() {
            gone.push(waited.row);
        }
    }
    Ok(gone)
}

/// Deletes these runs of rows from the outbox, and raises the mark to what Redis has.
pub(crate) fn record(
    transaction: &mut Transaction<'_>,
    runs: &[(u64, u64)],
    mark: &Mark,
) -> Result<(), Error> {
    for &(first, last) in runs {
        let sql = "DELETE FROM routing_outbox WHERE id BETWEEN ? AND ?";
        transaction.execute(sql, &values![first, last])?;
    }
    let sql = "UPDATE routing_mirror SET mark = ? WHERE id = 1 AND source = ? AND mark < ?";
    let values = values![mark.number, &mark.source, mark.number];
    transaction.execute(sql, &values).map(drop)
}

/// Notes that Redis has lost something.
pub(crate) fn add_loss(transaction: &mut Transaction<'_>) -> Result<Losses, Error> {
    let sql = "UPDATE routing_mirror SET losses = losses + 1 WHERE id = 1";
    transaction.execute(sql, &[])?;
    Ok(position(transaction)?.losses)
}

/// Notes that everything is repaired up to this loss; there may have been others since.
pub(crate) fn repaired_to(transaction: &mut Transaction<'_>, loss: u64) -> Result<Losses, Error> {
    let sql = "UPDATE routing_mirror SET repaired_to = ? WHERE id = 1 AND repaired_to < ?";
    transaction.execute(sql, &values![loss, loss])?;
    Ok(position(transaction)?.losses)
}

/// The mappings behind the one with this number, in order, at most `rows_max`.
pub(crate) fn page(
    transaction: &mut Transaction<'_>,
    after: u64,
    rows_max: u64,
) -> Result<Vec<Mapping>, Error> {
    let sql = "SELECT id, domain, backends FROM routing_mapping WHERE id > ? ORDER BY id LIMIT ?";
    let mut page = Vec::new();
    let mut bytes = 0;
    transaction.each(sql, &values![after, rows_max], |row| {
        let domain: String = row.take(1)?;
        let text: String = row.take(2)?;
        bytes += domain.len() + text.len();
        page.push(Mapping {
            id: row.take(0)?,
            backends: parse(&domain, &text),
            domain,
        });
        Ok(go_on(bytes))
    })?;
    Ok(page)
}

/// Those of the names that are not the domain of a mapping.
pub(crate) fn unknown(
    transaction: &mut Transaction<'_>,
    names: &[Vec<u8>],
) -> Result<Vec<Vec<u8>>, Error> {
    let mut unknown = Vec::new();
    for name in names {
        if !is_domain(transaction, name)? {
            unknown.push(name.clone());
        }
    }
    Ok(unknown)
}

fn is_domain(transaction: &mut Transaction<'_>, name: &[u8]) -> Result<bool, Error> {
    let Ok(name) = std::str::from_utf8(name) else {
        return Ok(false);
    };
    let sql = "SELECT domain FROM routing_mapping WHERE domain = ?";
    let found = transaction.find(sql, &values![name], |row| row.take::<String>(0))?;
    // A server of MySQL takes no notice of blanks at the end.
    Ok(found.is_some_and(|domain| domain == name))
}

fn position(transaction: &mut Transaction<'_>) -> Result<Position, Error> {
    let sql = "SELECT source, mark, losses, repaired_to FROM routing_mirror WHERE id = 1";
    let found = transaction.find(sql, &[], |row| {
        Ok(Position {
            mark: Mark {
                source: row.take(0)?,
                number: row.take(1)?,
            },
            losses: Losses {
                count: row.take(2)?,
                repaired_to: row.take(3)?,
            },
        })
    })?;
    found.ok_or_else(|| Error::new(ErrorKind::Broken, "the table `routing_mirror` has no row 1"))
}

fn change(row: &mut Row, bytes: &mut usize) -> Result<Change, Error> {
    let domain: String = row.take(1)?;
    let mapped: Option<String> = row.take(2)?;
    let text: Option<String> = row.take(3)?;
    // Blanks at the end, again.
    let text = text.filter(|_| mapped.as_ref() == Some(&domain));
    *bytes += domain.len() + text.as_ref().map_or(0, String::len);
    Ok(Change {
        id: row.take(0)?,
        backends: text.map(|text| parse(&domain, &text)),
        domain,
    })
}

// What somebody has broken by hand keeps no other domain from being mirrored.
fn parse(domain: &str, text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|error| {
        log::error!("the backends of `{domain}` in the database are no array of texts: {error}");
        Vec::new()
    })
}

fn go_on(bytes: usize) -> ControlFlow<()> {
    if bytes < BYTES_MAX {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}
