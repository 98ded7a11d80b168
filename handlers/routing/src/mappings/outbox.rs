//! What the mirror still has to look at: the domains that were changed, noted together with the
//! change.

use micro_store::{Error, Transaction, values};

use crate::mirror;

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

/// Whether the notes are for anybody: some process has mirrored this database, and may do so now, or
/// again. Else they would only become more.
pub(super) fn is_read(transaction: &mut Transaction<'_>) -> Result<bool, Error> {
    mirror::is_found(transaction)
}
