//! A RESOURCE with the functions that its definition names.

use micro_api::host::{Function, Transform};

use crate::config::{Connection, HeaderField, Reference, Resource};
use crate::registry::Opened;
use crate::server::ServeError;
use crate::server::application::{function, mismatch};

/// A RESOURCE with its functions.
pub(super) struct BoundResource {
    pub(super) declared: Resource,
    pub(super) setup: Option<Transform>,
    pub(super) wrapper: Option<Transform>,
    /// The fields of the connection, and its own, which come before those of the same name.
    pub(super) headers: Vec<Header>,
    /// Values of these that are secrets, though perhaps only their settings say so.
    pub(super) secrets: Vec<String>,
}

/// A HEADER.
pub(super) struct Header {
    pub(super) key: String,
    pub(super) value: Option<String>,
    pub(super) function: Option<Transform>,
}

impl BoundResource {
    pub(super) fn new(
        resource: &Resource,
        connection: &Connection,
        functions: &Opened,
    ) -> Result<BoundResource, ServeError> {
        let is_own = |field: &&HeaderField| {
            let mut own = resource.headers.iter();
            own.any(|known| known.key.eq_ignore_ascii_case(&field.key))
        };
        let inherited = connection.headers.iter().filter(|field| !is_own(field));
        let fields: Vec<&HeaderField> = inherited.chain(&resource.headers).collect();
        let secrets = fields.iter().filter(|field| field.is_secret());
        let secrets = secrets.filter_map(|field| field.value.clone());
        let secrets: Vec<String> = secrets.collect();
        let headers = fields.into_iter().map(|field| {
            Ok::<_, ServeError>(Header {
                key: field.key.clone(),
                value: field.value.clone(),
                function: find(field.function.as_ref(), functions)?,
            })
        });
        Ok(BoundResource {
            setup: find(resource.setup.as_ref(), functions)?,
            wrapper: find(resource.wrapper.as_ref(), functions)?,
            headers: headers.collect::<Result<_, _>>()?,
            secrets,
            declared: resource.clone(),
        })
    }
}

/// The function that a definition names, if it names one.
pub(super) fn find(
    reference: Option<&Reference>,
    functions: &Opened,
) -> Result<Option<Transform>, ServeError> {
    let Some(reference) = reference else {
        return Ok(None);
    };
    match function(functions, reference)? {
        Function::Transform(transform) => Ok(Some(transform)),
        _ => Err(mismatch(reference).into()),
    }
}
