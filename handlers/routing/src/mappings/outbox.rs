//! What the mirror still has to look at: the domains that were changed, noted together with the
//! change.

use micro_store::{Error, Transaction, values};

/// Notes that a domain was changed, in place of what was noted of it before; gives the number of
/// the note. The mirror takes away the notes that it has seen, by their numbers.
pub(super) fn note(transaction: &mut Transaction<'_>, domain: &str) -> Result<u64, Error> {
    transaction.execute(
        "DELETE FROM routing_outbox WHERE domain = ?",
        &values![domain],
    )?;
    transaction.insert(
        "INSERT INTO routing_outbox (domain) VALUES (?)",
        &values![domain],
    )
}

/// The number of a domain's note, if the mirror has not seen it yet.
pub(super) fn find(transaction: &mut Transaction<'_>, domain: &str) -> Result<Option<u64>, Error> {
    transaction.find(
        "SELECT id FROM routing_outbox WHERE domain = ?",
        &values![domain],
        |row| row.take(0),
    )
}
