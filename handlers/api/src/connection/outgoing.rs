//! A request that is about to be sent to another service.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{IntoReply, Json, Reply, Value};

/// A request that is about to be sent: what a function of `setup=` gets, and gives back as it is to
/// be.
///
/// ```
/// use micro_api::{Module, Outgoing};
///
/// fn sign(mut request: Outgoing) -> Outgoing {
///     let signature = format!("{} {}", request.method, request.path);
///     request.set_header("X-Signature", signature);
///     request
/// }
///
/// const MODULE: Module = Module::new("signed").transform("sign", sign);
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The name of the CONNECTION; changing it changes nothing.
    #[serde(default)]
    pub connection: String,
    /// The name of the RESOURCE; changing it changes nothing.
    #[serde(default)]
    pub resource: String,
    /// The method; changing it changes nothing.
    #[serde(default)]
    pub method: String,
    /// The path and query behind the connection's URL.
    pub path: String,
    /// The header fields.
    pub headers: Vec<(String, String)>,
    /// What is sent: the arguments as an object. A text is sent as it is, `null` is nothing.
    pub body: Value,
}

// Header fields and arguments may be secrets, also those in the path.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outgoing {
            connection,
            resource,
            method,
            ..
        } = self;
        write!(f, "Outgoing({method} {connection}.{resource})")
    }
}

impl Outgoing {
    /// The value of the first header field with this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = self
            .headers
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        Some(&field.1)
    }

    /// Gives a header field this value, in place of all those with its name.
    pub fn set_header(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        self.headers
            .retain(|(field, _)| !field.eq_ignore_ascii_case(&name));
        self.headers.push((name, value));
    }
}

impl IntoReply for Outgoing {
    fn into_reply(self) -> Reply {
        Json(self).into_reply()
    }
}
