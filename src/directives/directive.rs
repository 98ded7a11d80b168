//! What a directive is: a value from which checks, help and documents are made.

use micro_api::host;

use super::bind::Arguments;
use super::draft::Draft;
use crate::config::ValueKind;

/// A word of the language.
pub struct Directive {
    /// The word.
    pub word: &'static str,
    /// Other spellings of it.
    pub aliases: &'static [&'static str],
    /// The scopes in which it may stand; none means anywhere.
    pub places: &'static [Scope],
    /// The scope that it opens.
    pub opens: Option<Scope>,
    /// Its parameters, in the order of their positions.
    pub parameters: &'static [Parameter],
    /// What the words behind those of the parameters are.
    pub rest: Option<Rest>,
    /// Whether options beyond the parameters are taken.
    pub takes_any_option: bool,
    /// The settings it makes.
    pub settings: &'static [Setting],
    /// What it says, in one line.
    pub summary: &'static str,
    /// A line or two as an example.
    pub example: &'static str,
    /// Whether it is applied before the others, because they may name what it declares.
    pub is_early: bool,
    /// Whether a definition that uses it can be checked, but not run.
    pub is_future: bool,
    /// Adds what a line says to the service.
    pub apply: fn(&mut Draft, &Arguments),
}

impl Directive {
    /// A directive that says nothing; the rest of a real one is written over it.
    pub const BLANK: Directive = Directive {
        word: "",
        aliases: &[],
        places: &[],
        opens: None,
        parameters: &[],
        rest: None,
        takes_any_option: false,
        settings: &[],
        summary: "",
        example: "",
        is_early: false,
        is_future: false,
        apply: |_, _| {},
    };

    /// Whether it is written so, in any case.
    #[must_use]
    pub fn is_written(&self, word: &str) -> bool {
        self.spellings()
            .any(|spelling| spelling.eq_ignore_ascii_case(word))
    }

    /// The word and its other spellings.
    pub fn spellings(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.word).chain(self.aliases.iter().copied())
    }

    /// Whether the words behind it stand as they are.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.parameters
            .iter()
            .any(|parameter| matches!(parameter.kind, Kind::Pattern))
    }

    /// Whether it makes the settings of a listener's limits, too.
    #[must_use]
    pub fn makes_limits(&self) -> bool {
        self.opens == Some(Scope::Server)
    }

    /// How a line of it is written: words, then options.
    #[must_use]
    pub fn usage(&self) -> String {
        let is_word = |parameter: &&Parameter| matches!(parameter.presence, Presence::Required);
        let mut parts = vec![self.word.to_owned()];
        parts.extend(
            self.parameters
                .iter()
                .filter(is_word)
                .map(|p| p.name.to_owned()),
        );
        parts.extend(self.rest.iter().map(|rest| format!("{}…", rest.name)));
        let options = self
            .parameters
            .iter()
            .filter(|parameter| !is_word(parameter));
        parts.extend(options.filter(|option| !option.is_ignored()).map(|option| {
            let default = option.default().unwrap_or_default();
            match (option.is_named, default) {
                (false, "") => format!("[{}]", option.name),
                (_, default) => format!("{}={default}", option.name),
            }
        }));
        parts.join(" ")
    }
}

/// What a line may belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The service.
    Top,
    /// A SERVER.
    Server,
    /// A ROUTE.
    Route,
    /// A GET, POST and so on.
    Method,
    /// A CONNECTION.
    Connection,
    /// A RESOURCE.
    Resource,
}

impl Scope {
    /// The word that opens it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Top => "top",
            Scope::Server => "SERVER",
            Scope::Route => "ROUTE",
            Scope::Method => "method",
            Scope::Connection => "CONNECTION",
            Scope::Resource => "RESOURCE",
        }
    }

    /// What a line must stand inside of, with its article.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Scope::Top => "the service",
            Scope::Server => "a `SERVER`",
            Scope::Route => "a `ROUTE`",
            Scope::Method => "a method such as `GET`",
            Scope::Connection => "a `CONNECTION`",
            Scope::Resource => "a `RESOURCE`",
        }
    }

    /// A line that opens it.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Scope::Top => "",
            Scope::Server => "SERVER hello 12345",
            Scope::Route => "ROUTE /hello",
            Scope::Method => "GET hello.greet",
            Scope::Connection => "CONNECTION users http://localhost:8080",
            Scope::Resource => "RESOURCE find /users/{id}",
        }
    }
}

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
    /// The name of a header field.
    FieldName,
    /// A function of this kind, as `module.function`.
    Function(host::Kind),
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
            Kind::Name | Kind::FieldName => "name",
            Kind::Function(host::Kind::Handler) => "handler",
            Kind::Function(host::Kind::Wrapper) => "wrapper",
            Kind::Function(host::Kind::Job) => "task",
            Kind::Function(host::Kind::Turn | host::Kind::Type) | Kind::Path => "function",
            Kind::Type => "type",
            Kind::Enum => "name of an ENUM",
            Kind::Wrappers => "names of WRAPs",
            Kind::Pattern => "pattern",
            Kind::Validator => "kind of value",
            Kind::Ignored(_) => "ignored",
        }
    }
}

/// The words behind those of the parameters.
pub struct Rest {
    /// What they are called.
    pub name: &'static str,
    /// How many there must be.
    pub least: usize,
    /// What they mean.
    pub doc: &'static str,
}

/// A setting that a directive makes.
pub struct Setting {
    /// Its name; `{x}` is the parameter `x`, or the name of what the line belongs to.
    pub name: &'static str,
    /// Older names.
    pub aliases: &'static [&'static str],
    /// The environment variable, if it is not the one that follows from the name.
    pub environment: Option<&'static str>,
    /// What its value must be.
    pub kind: ValueKind,
    /// Its value in the definition.
    pub value: SettingValue,
    /// Whether the value is never shown.
    pub is_secret: bool,
    /// When the line makes it.
    pub when: When,
    /// What it means.
    pub doc: &'static str,
}

/// The value of a setting in the definition.
#[derive(Clone, Copy, Debug)]
pub enum SettingValue {
    /// That of a parameter.
    Parameter(&'static str),
    /// This.
    Fixed(&'static str),
    /// None.
    Unset,
}

/// When a line makes a setting.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// Always.
    Always,
    /// If it belongs to this scope.
    In(Scope),
    /// If the parameter is given.
    Given(&'static str),
    /// If the parameter is not given.
    NotGiven(&'static str),
}

impl Setting {
    /// A setting whose value is that of a parameter.
    pub(super) const fn of(
        name: &'static str,
        kind: ValueKind,
        parameter: &'static str,
        doc: &'static str,
    ) -> Setting {
        Setting {
            name,
            aliases: &[],
            environment: None,
            kind,
            value: SettingValue::Parameter(parameter),
            is_secret: false,
            when: When::Always,
            doc,
        }
    }

    /// A setting with a value of its own.
    pub(super) const fn fixed(
        name: &'static str,
        kind: ValueKind,
        value: &'static str,
        doc: &'static str,
    ) -> Setting {
        Setting {
            value: SettingValue::Fixed(value),
            ..Setting::of(name, kind, "", doc)
        }
    }

    /// A setting that the definition gives no value.
    pub(super) const fn unset(name: &'static str, kind: ValueKind, doc: &'static str) -> Setting {
        Setting {
            value: SettingValue::Unset,
            ..Setting::of(name, kind, "", doc)
        }
    }

    /// The same, under a condition.
    pub(super) const fn when(self, when: When) -> Setting {
        Setting { when, ..self }
    }

    /// The same with another environment variable.
    pub(super) const fn environment(self, name: &'static str) -> Setting {
        Setting {
            environment: Some(name),
            ..self
        }
    }

    /// The same with older names.
    pub(super) const fn also(self, aliases: &'static [&'static str]) -> Setting {
        Setting { aliases, ..self }
    }

    /// The same with a value that is never shown.
    pub(super) const fn secret(self) -> Setting {
        Setting {
            is_secret: true,
            ..self
        }
    }
}
