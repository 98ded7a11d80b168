//! A setting: its name, its value, and where the value comes from.

use super::ValueKind;
use crate::diagnostics::{Sources, Span, mask_secrets};

/// One setting of a service.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its name, such as `server.useless.port`.
    pub name: String,
    /// Older names that a configuration file may use for it.
    pub aliases: Vec<String>,
    /// The environment variables that set it, the usual one first.
    pub environment: Vec<String>,
    /// What its value must be.
    pub kind: ValueKind,
    /// Its value, if it has one.
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: Origin,
    /// Whether the value is never shown.
    pub is_secret: bool,
    /// What it means.
    pub summary: String,
    /// The line that made it, if a line did.
    pub span: Option<Span>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave one, or what the framework takes then.
    Default,
    /// The definition, here.
    Definition(Span),
    /// The configuration file, here.
    ConfigFile(Span),
    /// An environment variable.
    Environment(String),
    /// The file that an environment variable names.
    File {
        /// The variable.
        variable: String,
        /// The file.
        path: String,
    },
}

impl Record {
    /// The value as it may be shown: a secret is `***`, and so are those of a URL.
    #[must_use]
    pub fn shown_value(&self) -> Option<String> {
        let value = self.value.as_deref()?;
        Some(match self.is_secret {
            true => "***".to_owned(),
            false => mask_secrets(value),
        })
    }

    /// Whether a configuration file may call it so.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

impl Origin {
    /// The origin as people name it.
    #[must_use]
    pub fn describe(&self, sources: &Sources) -> String {
        match self {
            Origin::Default => "default".to_owned(),
            Origin::Definition(span) | Origin::ConfigFile(span) => {
                let location = sources.location(*span);
                format!("{}:{}", location.name, location.line)
            }
            Origin::Environment(variable) => format!("environment variable `{variable}`"),
            Origin::File { variable, path } => format!("file `{path}` (`{variable}`)"),
        }
    }

    /// The place of the value, if it stands in a text.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Origin::Definition(span) | Origin::ConfigFile(span) => Some(*span),
            Origin::Default | Origin::Environment(_) | Origin::File { .. } => None,
        }
    }
}

/// The environment's name of a setting: dots and dashes are underscores, letters upper case.
///
/// ```
/// assert_eq!(micro::config::environment_name("server.a-b.port"), "SERVER_A_B_PORT");
/// ```
#[must_use]
pub fn environment_name(name: &str) -> String {
    name.replace(['.', '-'], "_").to_uppercase()
}
