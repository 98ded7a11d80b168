//! Changing mappings: each change as a whole, or not at all.

use micro_store::{Error, ErrorKind, Sql, Transaction, values};

use super::mapping::{Mapping, columns, raw, to_stored};
use super::{outbox, position, quota};
use crate::domain::Domain;
use crate::precondition::{Outcome, Precondition};
use crate::revision::Revision;
use crate::tenant::Tenant;

/// What a change did to a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Created,
    Replaced,
    /// It was like that already.
    Unchanged,
    Deleted,
}

/// A mapping after its change, or as it was before it was deleted.
pub(crate) struct Changed {
    pub(crate) change: Change,
    pub(crate) mapping: Mapping,
    /// What the mirror has to have seen before the change is live: notes on domains.
    pub(crate) notes: Vec<Note>,
}

/// A note to the mirror.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// Its number.
    pub(crate) id: u64,
    /// The domain to look at.
    pub(crate) domain: String,
}

/// How mappings are changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Changes {
    /// How many mappings a tenant may have.
    pub(crate) mappings_max: u64,
    /// Whether this process has a mirror to note the changes for. If not, another one may have.
    pub(crate) is_mirrored: bool,
    /// Whether somebody waits until the change is live. Then the mirror looks also at what is
    /// unchanged: so whoever misses a key in Redis gets it by sending the mapping again.
    pub(crate) is_waited_for: bool,
}

/// Maps a domain for a tenant, anew or instead of what it was mapped to before.
pub(crate) fn create_or_replace(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    tenant: &Tenant,
    domain: &Domain,
    backends: &[String],
    precondition: &Precondition,
) -> Result<Changed, Error> {
    match find_owned(transaction, tenant, domain)? {
        Some(mapping) => {
            check(precondition, Some(mapping.revision))?;
            replace(transaction, changes, mapping, domain, backends)
        }
        None => {
            check(precondition, None)?;
            create(transaction, changes, tenant, domain, backends)
        }
    }
}

/// Changes a tenant's mapping of a domain: its backends, and its domain if there is another.
pub(crate) fn update(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    tenant: &Tenant,
    domain: &Domain,
    (new_domain, backends): (&Domain, &[String]),
    precondition: &Precondition,
) -> Result<Changed, Error> {
    let mapping = expect(transaction, tenant, domain, precondition)?;
    replace(transaction, changes, mapping, new_domain, backends)
}

/// Deletes a tenant's mapping of a domain.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    tenant: &Tenant,
    domain: &Domain,
    precondition: &Precondition,
) -> Result<Changed, Error> {
    let mapping = expect(transaction, tenant, domain, precondition)?;
    remove(transaction, changes, mapping)
}

/// Deletes a mapping that was found in this transaction.
pub(super) fn remove(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    mapping: Mapping,
) -> Result<Changed, Error> {
    transaction.execute(
        "DELETE FROM routing_mapping WHERE id = ?",
        &values![mapping.revision.id],
    )?;
    quota::give_back(transaction, &mapping.tenant)?;
    position::remove(transaction, &mapping.tenant, mapping.number)?;
    let notes = changes.note(transaction, [&mapping.domain])?;
    Ok(Changed {
        change: Change::Deleted,
        mapping,
        notes,
    })
}

// The database may be one where others make changes meanwhile: they wait until this one is final.
const FIND: Sql = Sql::each(
    concat!(
        "SELECT ",
        columns!(),
        " FROM routing_mapping WHERE domain = ?"
    ),
    concat!(
        "SELECT ",
        columns!(),
        " FROM routing_mapping WHERE domain = ? FOR UPDATE"
    ),
);

/// The mapping of a domain, whose ever it is, for a change in this transaction.
pub(super) fn find_any(
    transaction: &mut Transaction<'_>,
    domain: &Domain,
) -> Result<Option<Mapping>, Error> {
    transaction.find(FIND, &values![domain.as_str()], Mapping::read)
}

fn find_owned(
    transaction: &mut Transaction<'_>,
    tenant: &Tenant,
    domain: &Domain,
) -> Result<Option<Mapping>, Error> {
    match find_any(transaction, domain)? {
        Some(mapping) if mapping.tenant != tenant.as_str() => {
            let why = format!("the domain `{}` belongs to another tenant", domain.as_str());
            Err(Error::refuse(micro_api::Error::new(409, why)))
        }
        found => Ok(found),
    }
}

fn expect(
    transaction: &mut Transaction<'_>,
    tenant: &Tenant,
    domain: &Domain,
    precondition: &Precondition,
) -> Result<Mapping, Error> {
    let found = find_any(transaction, domain)?;
    let found = found.filter(|mapping| mapping.tenant == tenant.as_str());
    // Without a mapping the answer is 404 whatever the conditions (RFC 9110 section 13.2.1).
    let mapping = found.ok_or_else(|| Error::refuse(no_mapping(tenant, domain)))?;
    check(precondition, Some(mapping.revision))?;
    Ok(mapping)
}

fn check(precondition: &Precondition, current: Option<Revision>) -> Result<(), Error> {
    match precondition.check(current) {
        Outcome::GoOn => Ok(()),
        Outcome::Failed | Outcome::NotModified => Err(Error::refuse(micro_api::Error::new(
            412,
            match current {
                Some(revision) => format!("the mapping has the entity-tag `{revision}` now"),
                None => "there is no such mapping".to_owned(),
            },
        ))),
    }
}

fn create(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    tenant: &Tenant,
    domain: &Domain,
    backends: &[String],
) -> Result<Changed, Error> {
    let number = quota::take(transaction, tenant.as_str(), changes.mappings_max)?;
    let stored = to_stored(backends)?;
    let id = transaction
        .insert(
            "INSERT INTO routing_mapping (tenant, number, domain, backends, version) \
             VALUES (?, ?, ?, ?, 1)",
            &values![tenant.as_str(), number, domain.as_str(), &stored],
        )
        .map_err(overtaken)?;
    position::add(transaction, tenant.as_str(), number)?;
    let notes = changes.note(transaction, [domain.as_str()])?;
    Ok(Changed {
        change: Change::Created,
        mapping: Mapping {
            revision: Revision { id, version: 1 },
            tenant: tenant.as_str().to_owned(),
            number,
            domain: domain.as_str().to_owned(),
            backends: raw(stored)?,
        },
        notes,
    })
}

/// Another node may have mapped the domain since it was looked for: it is looked for again.
fn overtaken(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Duplicate => Error::new(ErrorKind::Busy, error.to_string()),
        _ => error,
    }
}

fn replace(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    mut mapping: Mapping,
    domain: &Domain,
    backends: &[String],
) -> Result<Changed, Error> {
    let stored = to_stored(backends)?;
    let is_renamed = mapping.domain != domain.as_str();
    if !is_renamed && mapping.backends.get() == stored {
        return unchanged(transaction, changes, mapping);
    }
    transaction
        .execute(
            "UPDATE routing_mapping SET domain = ?, backends = ?, version = version + 1 \
             WHERE id = ?",
            &values![domain.as_str(), &stored, mapping.revision.id],
        )
        .map_err(|error| match error.kind() {
            ErrorKind::Duplicate => taken(domain),
            _ => error,
        })?;
    let old = std::mem::replace(&mut mapping.domain, domain.as_str().to_owned());
    let renamed = is_renamed.then_some(old.as_str());
    let notes = changes.note(transaction, renamed.into_iter().chain([domain.as_str()]))?;
    mapping.revision.version += 1;
    mapping.backends = raw(stored)?;
    Ok(Changed {
        change: Change::Replaced,
        mapping,
        notes,
    })
}

/// Nothing is to be done, but it may not be live.
fn unchanged(
    transaction: &mut Transaction<'_>,
    changes: Changes,
    mapping: Mapping,
) -> Result<Changed, Error> {
    let notes = match changes.is_waited_for {
        true => changes.note(transaction, [&mapping.domain])?,
        false => Vec::new(),
    };
    Ok(Changed {
        change: Change::Unchanged,
        mapping,
        notes,
    })
}

impl Changes {
    fn note<D: AsRef<str>>(
        self,
        transaction: &mut Transaction<'_>,
        domains: impl IntoIterator<Item = D>,
    ) -> Result<Vec<Note>, Error> {
        if !self.is_mirrored && !outbox::is_read(transaction)? {
            return Ok(Vec::new());
        }
        let note = |domain: D| {
            let domain = domain.as_ref().to_owned();
            let id = outbox::note(transaction, &domain)?;
            Ok(Note { id, domain })
        };
        domains.into_iter().map(note).collect()
    }
}

fn taken(domain: &Domain) -> Error {
    let why = format!("the domain `{}` is mapped already", domain.as_str());
    Error::refuse(micro_api::Error::new(409, why))
}

pub(crate) fn no_mapping(tenant: &Tenant, domain: &Domain) -> micro_api::Error {
    let (tenant, domain) = (tenant.as_str(), domain.as_str());
    let why = format!("tenant `{tenant}` has no mapping of the domain `{domain}`");
    micro_api::Error::new(404, why)
}
