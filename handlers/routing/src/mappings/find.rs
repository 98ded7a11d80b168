//! Finding mappings: one, a page of a tenant's, and all of them.

use std::ops::ControlFlow;

use micro_store::{Error, Transaction, values};

use super::mapping::{Mapping, columns};
use super::position::{self, Start};
use super::quota;
use crate::domain::Domain;
use crate::tenant::Tenant;

/// A tenant's mapping of a domain.
pub(crate) fn find(
    transaction: &mut Transaction<'_>,
    tenant: &Tenant,
    domain: &Domain,
) -> Result<Option<Mapping>, Error> {
    transaction.find(
        concat!(
            "SELECT ",
            columns!(),
            " FROM routing_mapping WHERE domain = ? AND tenant = ?"
        ),
        &values![domain.as_str(), tenant.as_str()],
        Mapping::read,
    )
}

/// Some of a tenant's mappings.
pub(crate) struct Page {
    /// The mappings, in the order in which they were made.
    pub(crate) mappings: Vec<Mapping>,
    /// How many the tenant has.
    pub(crate) total: u64,
}

/// So many of a tenant's mappings, after those that are skipped, in the order in which they were
/// made.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    tenant: &Tenant,
    offset: u64,
    limit: u64,
) -> Result<Page, Error> {
    let total = quota::count(transaction, tenant.as_str())?;
    if offset >= total {
        let mappings = Vec::new();
        return Ok(Page { mappings, total });
    }
    let Start { number, skip } = position::start(transaction, tenant.as_str(), offset)?;
    let mappings = transaction.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM routing_mapping WHERE tenant = ? AND number >= ? \
             ORDER BY number LIMIT ? OFFSET ?"
        ),
        &values![tenant.as_str(), number, limit, skip],
        Mapping::read,
    )?;
    Ok(Page { mappings, total })
}

/// Shows `see` every mapping, the oldest first, until it has seen enough.
pub(crate) fn export(
    transaction: &mut Transaction<'_>,
    mut see: impl FnMut(Mapping) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    transaction.each(
        concat!("SELECT ", columns!(), " FROM routing_mapping ORDER BY id"),
        &[],
        |row| see(Mapping::read(row)?),
    )
}
