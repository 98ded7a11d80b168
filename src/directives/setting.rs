//! The settings that a directive makes.

use super::arguments::Arguments;
use super::scope::Scope;
use crate::config::ValueKind;

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
    /// The parameters that make the value one that is never shown, if they name a secret.
    pub secret_by: &'static [&'static str],
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
    /// If this says so of the line.
    If(fn(&Arguments) -> bool),
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
            secret_by: &[],
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

    /// The same with a value that is never shown if one of these parameters names a secret.
    pub(super) const fn secret_by(self, parameters: &'static [&'static str]) -> Setting {
        Setting {
            secret_by: parameters,
            ..self
        }
    }
}
