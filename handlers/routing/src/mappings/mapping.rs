//! A mapping, as the database has it.

use micro_api::serde::Serialize;
use micro_api::serde_json::value::RawValue;
use micro_store::{Error, ErrorKind, Row};

use crate::revision::Revision;

/// A mapping, as the database has it.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    /// Which state of it this is.
    pub(crate) revision: Revision,
    /// Whose it is.
    pub(crate) tenant: String,
    /// Its place among the tenant's, see `position`.
    pub(crate) number: u64,
    /// The domain, in its stored form.
    pub(crate) domain: String,
    /// The backends: an array of texts.
    pub(crate) backends: Box<RawValue>,
}

/// The columns that [`Mapping::read`] reads.
macro_rules! columns {
    () => {
        "id, version, tenant, number, domain, backends"
    };
}
pub(super) use columns;

impl Mapping {
    /// Reads a row of the columns above.
    pub(super) fn read(row: &mut Row) -> Result<Mapping, Error> {
        Ok(Mapping {
            revision: Revision {
                id: row.take(0)?,
                version: row.take(1)?,
            },
            tenant: row.take(2)?,
            number: row.take(3)?,
            domain: row.take(4)?,
            backends: raw(row.take(5)?)?,
        })
    }

    /// What is shown of it.
    pub(crate) fn shown(&self) -> Shown<'_> {
        Shown {
            domain: &self.domain,
            backends: &self.backends,
        }
    }

    /// The line of an export that restores it.
    pub(crate) fn exported(&self) -> Exported<'_> {
        Exported {
            tenant: &self.tenant,
            domain: &self.domain,
            backends: &self.backends,
        }
    }
}

/// A mapping, as its tenant is shown it.
#[derive(Serialize)]
#[serde(crate = "micro_api::serde")]
pub(crate) struct Shown<'a> {
    domain: &'a str,
    backends: &'a RawValue,
}

/// A mapping, as an export has it.
#[derive(Serialize)]
#[serde(crate = "micro_api::serde")]
pub(crate) struct Exported<'a> {
    tenant: &'a str,
    domain: &'a str,
    backends: &'a RawValue,
}

/// Backends as they are stored, byte for byte as they were sent.
pub(super) fn to_stored(backends: &[String]) -> Result<String, Error> {
    micro_api::serde_json::to_string(backends).map_err(|error| broken(&error.to_string()))
}

pub(super) fn raw(stored: String) -> Result<Box<RawValue>, Error> {
    RawValue::from_string(stored).map_err(|error| broken(&error.to_string()))
}

fn broken(why: &str) -> Error {
    Error::new(
        ErrorKind::Broken,
        format!("the backends of a mapping are no JSON: {why}"),
    )
}
