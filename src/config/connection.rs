//! CONNECTION: an HTTP service we call, and the calls of it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use micro_api::Method;

use super::{CallLimits, Place, Reference, ValueKind, names_secret, names_secret_field};
use crate::diagnostics::mask_secrets;

/// CONNECTION.
#[derive(Clone, PartialEq)]
pub struct Connection {
    /// Its name.
    pub name: String,
    /// The first part of every URL; a function may give it instead.
    pub url: Option<String>,
    /// `code=`: the function that gives the URL at each call.
    pub url_function: Option<Reference>,
    /// Whether answers are read as JSON.
    pub is_json: bool,
    /// Whether arguments are sent as a form, else as JSON.
    pub is_form: bool,
    /// Whether calls are logged.
    pub is_verbose: bool,
    /// Whether it may be called.
    pub is_active: bool,
    /// How long the peer may be silent; zero is for ever.
    pub timeout: Duration,
    /// How long a call may take; zero is for ever.
    pub deadline: Duration,
    /// What is made of an answer.
    pub wrapper: Option<Reference>,
    /// What may change a request before it is sent.
    pub setup: Option<Reference>,
    /// Of all calls together, and of each answer.
    pub limits: CallLimits,
    /// What `https` needs beside what the system has.
    pub tls: TlsFiles,
    /// Header fields of every call.
    pub headers: Vec<HeaderField>,
    /// The calls.
    pub resources: Vec<Resource>,
    /// Where it was declared.
    pub place: Place,
}

// Its URL may hold a password.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("name", &self.name)
            .field("url", &self.url.as_deref().map(mask_secrets))
            .field("headers", &self.headers)
            .field("resources", &self.resources)
            .finish_non_exhaustive()
    }
}

/// Files in PEM that a connection uses for TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Whom it trusts; without one, whom the system trusts.
    pub ca_file: Option<PathBuf>,
    /// The certificates that it shows.
    pub cert_file: Option<PathBuf>,
    /// The private key of them.
    pub key_file: Option<PathBuf>,
}

/// RESOURCE. What it does not say itself, it has from its connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// What follows the connection's URL; `{x}` is an argument.
    pub path: String,
    /// The arguments in the path, in order.
    pub path_arguments: Vec<String>,
    /// The method.
    pub method: Method,
    /// Whether the answer is read as JSON.
    pub is_json: bool,
    /// Whether arguments are sent as a form, else as JSON.
    pub is_form: bool,
    /// Whether calls are logged.
    pub is_verbose: bool,
    /// Whether what is sent and received is logged in full.
    pub is_traced: bool,
    /// How long the peer may be silent; zero is for ever.
    pub timeout: Duration,
    /// How long a call may take, that of a stream until its head; zero is for ever.
    pub deadline: Duration,
    /// What is made of an answer.
    pub wrapper: Option<Reference>,
    /// What may change a request before it is sent.
    pub setup: Option<Reference>,
    /// Header fields of this call, beside those of the connection.
    pub headers: Vec<HeaderField>,
    /// The arguments that each call must give, behind those in the path.
    pub required: Vec<String>,
    /// The arguments that a call may give.
    pub optional: Vec<OptionalArgument>,
    /// Where it was declared.
    pub place: Place,
}

impl Resource {
    /// Whether the value of this argument is probably a secret.
    #[must_use]
    pub fn is_secret(&self, argument: &str) -> bool {
        let mut optional = self.optional.iter();
        names_secret(argument) || optional.any(|one| one.name == argument && one.is_secret())
    }

    /// How it is called: the arguments in order, optional ones in brackets; secrets are `***`.
    ///
    /// The connection's name is not part of it.
    #[must_use]
    pub fn signature(&self) -> String {
        let needed = self.path_arguments.iter().chain(&self.required).cloned();
        let optional = self
            .optional
            .iter()
            .map(|argument| match argument.shown_default() {
                Some(default) => format!("[{}={default}]", argument.name),
                None => format!("[{}]", argument.name),
            });
        let arguments: Vec<String> = needed.chain(optional).collect();
        format!("{}({})", self.name, arguments.join(", "))
    }
}

/// HEADER.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderField {
    /// The field's name.
    pub key: String,
    /// Its value, from the configuration or the definition.
    pub value: Option<String>,
    /// The setting it comes from.
    pub setting: Option<String>,
    /// `code=`: the function that gives the value at each call.
    pub function: Option<Reference>,
    /// Whether its line, or its setting, says that the value is never shown.
    pub is_marked_secret: bool,
}

impl HeaderField {
    /// Whether its value is a secret: it is marked, or its own name, or that of its setting, is that
    /// of one.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.is_marked_secret
            || names_secret_field(&self.key)
            || is_secret_setting(self.setting.as_deref())
    }
}

impl fmt::Debug for HeaderField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self.is_secret() {
            true => Some("***".to_owned()),
            false => self.value.as_deref().map(mask_secrets),
        };
        write!(f, "HeaderField({}: {value:?})", self.key)
    }
}

/// OPTIONAL.
#[derive(Clone, PartialEq, Eq)]
pub struct OptionalArgument {
    /// Its name.
    pub name: String,
    /// What is sent if the call does not give it.
    pub default: Option<String>,
    /// The setting that the default comes from.
    pub setting: Option<String>,
    /// What the default is: numbers and truth values are sent as such.
    pub kind: ValueKind,
    /// Whether its setting is one whose value is never shown.
    pub is_marked_secret: bool,
}

impl OptionalArgument {
    /// Whether its value is a secret: its setting is marked, or its own name, or that of its setting,
    /// is that of one.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.is_marked_secret
            || names_secret(&self.name)
            || is_secret_setting(self.setting.as_deref())
    }

    /// The default as it may be shown.
    fn shown_default(&self) -> Option<String> {
        self.default.as_ref().map(|default| match self.is_secret() {
            true => "***".to_owned(),
            false => mask_secrets(default),
        })
    }
}

impl fmt::Debug for OptionalArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "OptionalArgument({}={:?})",
            self.name,
            self.shown_default()
        )
    }
}

/// Whether the last part of the name of a setting is that of a secret.
fn is_secret_setting(setting: Option<&str>) -> bool {
    let last = setting.and_then(|setting| setting.rsplit('.').next());
    last.is_some_and(names_secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_holds_no_secret() {
        let header = |key: &str, setting: Option<&str>| HeaderField {
            key: key.to_owned(),
            value: Some("geheim".to_owned()),
            setting: setting.map(str::to_owned),
            function: None,
            is_marked_secret: false,
        };
        for (header, shown) in [
            (header("Authorization", None), "\"***\""),
            (
                header("X-Team", Some("connection.c.header.token")),
                "\"***\"",
            ),
            (header("X-Team", None), "\"geheim\""),
        ] {
            let expected = format!("HeaderField({}: Some({shown}))", header.key);
            assert_eq!(format!("{header:?}"), expected);
        }
    }
}
