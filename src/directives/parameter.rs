//! What a directive takes: words at their positions, and options.

use micro_api::host;

use crate::config::ValueKind;

/// A parameter of a directive: a word at its position, or an option.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Other names of it.
    pub aliases: &'static [&'static str],
    /// What it must be.
    pub kind: Kind,
    /// Whether it must be given.
    pub presence: Presence,
    /// Whether it can only be given by name.
    pub is_named: bool,
    /// Whether its value is never shown.
    pub is_secret: bool,
    /// Whether short descriptions leave it out.
    pub is_rare: bool,
    /// What it means, in a few words.
    pub doc: &'static str,
}

/// Whether a parameter must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It may; without it, there is nothing.
    Optional,
    /// It may; without it, this holds.
    Default(&'static str),
}

impl Parameter {
    /// A parameter that must be given.
    pub(super) const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Parameter {
        Parameter {
            name,
            aliases: &[],
            kind,
            presence: Presence::Required,
            is_named: false,
            is_secret: false,
            is_rare: matches!(kind, Kind::Ignored(_)),
            doc,
        }
    }

    /// A parameter that may be given, by name or position.
    pub(super) const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Parameter {
        Parameter {
            presence: Presence::Optional,
            ..Parameter::required(name, kind, doc)
        }
    }

    /// A parameter that may be given by name.
    pub(super) const fn option(name: &'static str, kind: Kind, doc: &'static str) -> Parameter {
        Parameter {
            is_named: true,
            ..Parameter::optional(name, kind, doc)
        }
    }

    /// The same with a default.
    pub(super) const fn or(self, default: &'static str) -> Parameter {
        Parameter {
            presence: Presence::Default(default),
            ..self
        }
    }

    /// The same with other names.
    pub(super) const fn also(self, aliases: &'static [&'static str]) -> Parameter {
        Parameter { aliases, ..self }
    }

    /// The same with a value that is never shown.
    pub(super) const fn secret(self) -> Parameter {
        Parameter {
            is_secret: true,
            ..self
        }
    }

    /// The same, left out of short descriptions.
    pub(super) const fn rare(self) -> Parameter {
        Parameter {
            is_rare: true,
            ..self
        }
    }

    /// How it is written.
    pub(super) fn usage(&self) -> String {
        match (self.presence, self.is_named) {
            (Presence::Required, _) => self.name.to_owned(),
            (Presence::Optional, false) => format!("[{}]", self.name),
            (Presence::Optional, true) => format!("{}=", self.name),
            (Presence::Default(default), _) => format!("{}={default}", self.name),
        }
    }

    /// How it is written where another one may stand instead.
    pub(super) fn usage_of_one(&self) -> String {
        match self.kind {
            Kind::Type => self.name.to_owned(),
            _ => format!("{}=name", self.name),
        }
    }

    /// Whether it is called so.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// What holds without it.
    #[must_use]
    pub fn default(&self) -> Option<&'static str> {
        match self.presence {
            Presence::Default(default) => Some(default),
            Presence::Required | Presence::Optional => None,
        }
    }

    /// Whether it is accepted and means nothing.
    #[must_use]
    pub fn is_ignored(&self) -> bool {
        matches!(self.kind, Kind::Ignored(_))
    }
}

/// What a parameter must be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A value, as settings have them.
    Value(ValueKind),
    /// A name: letters, digits, `_`, `-` and `.`.
    Name,
    /// The URL of a database that we have, or a word for a driver of another.
    DatabaseUrl,
    /// The name of a setting: words joined by single dots.
    SettingName,
    /// The name of an environment variable.
    VariableName,
    /// The name of a header field.
    FieldName,
    /// The value of a header field.
    FieldValue,
    /// A function of this kind, as `module.function`.
    Function(host::Kind),
    /// The file of a shared library.
    LibraryPath,
    /// A function as `module.function`, not looked up.
    Path,
    /// The type of an argument.
    Type,
    /// The name of an ENUM.
    Enum,
    /// Names of WRAP lines, separated by commas.
    Wrappers,
    /// The pattern of a ROUTE.
    Pattern,
    /// What `validate=` may say.
    Validator,
    /// Accepted from the family's files, with a warning that says this.
    Ignored(&'static str),
}

impl Kind {
    /// Text.
    pub const TEXT: Kind = Kind::Value(ValueKind::Text);
    /// `true` or `false`.
    pub const BOOL: Kind = Kind::Value(ValueKind::Bool);

    /// One word for tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Value(kind) => kind.as_str(),
            Kind::Name | Kind::SettingName | Kind::VariableName | Kind::FieldName => "name",
            Kind::FieldValue => "text",
            Kind::DatabaseUrl => ValueKind::DatabaseUrl.as_str(),
            Kind::Function(host::Kind::Handler) => "handler",
            Kind::Function(host::Kind::Wrapper) => "wrapper",
            Kind::Function(host::Kind::Transform) => "transform",
            Kind::Function(_) | Kind::Path => "function",
            Kind::LibraryPath => "file",
            Kind::Type => "type",
            Kind::Enum => "name of an ENUM",
            Kind::Wrappers => "names of WRAPs",
            Kind::Pattern => "pattern",
            Kind::Validator => "kind of value",
            Kind::Ignored(_) => "ignored",
        }
    }
}
