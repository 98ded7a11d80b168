//! How many mappings each tenant has, and which number its next one gets.
//!
//! The row of a tenant is also what changes on several nodes wait for one another at, so that the
//! counts of `position` are only changed by one at a time.

use micro_store::{Error, ErrorKind, Transaction, values};

/// How many mappings a tenant has.
pub(super) fn count(transaction: &mut Transaction<'_>, tenant: &str) -> Result<u64, Error> {
    let count = transaction.find(
        "SELECT mapping_count FROM routing_tenant WHERE name = ?",
        &values![tenant],
        |row| row.take(0),
    )?;
    Ok(count.unwrap_or(0))
}

/// Counts one more, if the tenant may have that many; gives its number.
pub(super) fn take(
    transaction: &mut Transaction<'_>,
    tenant: &str,
    mappings_max: u64,
) -> Result<u64, Error> {
    let found = transaction.execute(
        "UPDATE routing_tenant SET mapping_count = mapping_count + 1, next_number = next_number + 1 \
         WHERE name = ? AND mapping_count < ?",
        &values![tenant, mappings_max],
    )?;
    if found > 0 {
        let next = transaction.find(
            "SELECT next_number FROM routing_tenant WHERE name = ?",
            &values![tenant],
            |row| row.take::<u64>(0),
        )?;
        return next.map(|next| next - 1).ok_or_else(changed);
    }
    if count(transaction, tenant)? > 0 || mappings_max == 0 {
        return Err(Error::refuse(full(tenant, mappings_max)));
    }
    transaction
        .execute(
            "INSERT INTO routing_tenant (name, next_number, mapping_count) VALUES (?, 1, 1)",
            &values![tenant],
        )
        .map_err(|error| match error.kind() {
            // Another node was quicker.
            ErrorKind::Duplicate => changed(),
            _ => error,
        })?;
    Ok(0)
}

/// Counts one less. A tenant without mappings is forgotten.
pub(super) fn give_back(transaction: &mut Transaction<'_>, tenant: &str) -> Result<(), Error> {
    transaction.execute(
        "UPDATE routing_tenant SET mapping_count = mapping_count - 1 WHERE name = ?",
        &values![tenant],
    )?;
    transaction.execute(
        "DELETE FROM routing_tenant WHERE name = ? AND mapping_count <= 0",
        &values![tenant],
    )?;
    Ok(())
}

fn changed() -> Error {
    Error::new(
        ErrorKind::Busy,
        "somebody else was changing the tenant's mappings",
    )
}

fn full(tenant: &str, mappings_max: u64) -> micro_api::Error {
    let why = format!(
        "tenant `{tenant}` has {mappings_max} mappings, as many as it may have \
         (`routing.mappings_max`)"
    );
    micro_api::Error::new(409, why)
}
