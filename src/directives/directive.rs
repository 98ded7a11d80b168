//! What a directive is: a value from which checks, help and documents are made.

use super::arguments::Arguments;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use super::setting::Setting;
use crate::config::{CALL_LIMITS, DATABASE_LIMITS, LIMITS, Limit};

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
    /// The parameters of which one, and only one, must be given.
    pub one_of: &'static [&'static str],
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
    /// When it is applied: what others may name comes before them.
    pub turn: Turn,
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
        one_of: &[],
        rest: None,
        takes_any_option: false,
        settings: &[],
        summary: "",
        example: "",
        turn: Turn::Usual,
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

    /// The limits that it makes settings of, too, and what stands before their names.
    #[must_use]
    pub fn limits(&self) -> (&'static str, Vec<&'static Limit>) {
        match self.opens {
            Some(Scope::Server) => (
                "server.{name}.",
                LIMITS.iter().map(|bound| &bound.limit).collect(),
            ),
            Some(Scope::Connection) => (
                "connection.{name}.",
                CALL_LIMITS.iter().map(|bound| &bound.limit).collect(),
            ),
            None if self.word == "DATABASE" => {
                ("database.{name}.", DATABASE_LIMITS.iter().collect())
            }
            _ => ("", Vec::new()),
        }
    }

    /// How a line of it is written: words, then options; the rare ones are left out.
    #[must_use]
    pub fn usage(&self) -> String {
        format!("{} {}", self.word, self.usage_of_parameters())
    }

    /// How its parameters are written.
    pub(super) fn usage_of_parameters(&self) -> String {
        let (rare, usual): (Vec<_>, Vec<_>) = self
            .parameters
            .iter()
            .partition(|parameter| parameter.is_rare);
        let (options, words): (Vec<_>, Vec<_>) =
            usual.into_iter().partition(|parameter| parameter.is_named);
        let is_choice = |parameter: &&Parameter| self.one_of.contains(&parameter.name);
        let (choice, words): (Vec<_>, Vec<_>) = words.into_iter().partition(is_choice);
        let mut parts: Vec<String> = words.into_iter().map(Parameter::usage).collect();
        let choice: Vec<String> = choice.into_iter().map(Parameter::usage_of_one).collect();
        parts.extend((!choice.is_empty()).then(|| choice.join(" | ")));
        parts.extend(self.rest.iter().map(Rest::usage));
        parts.extend(options.into_iter().map(Parameter::usage));
        let is_cut = rare.iter().any(|parameter| !parameter.is_ignored());
        parts.extend(is_cut.then(|| "…".to_owned()));
        parts.join(" ")
    }
}

/// When a directive is applied, wherever it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Before everything that names a function.
    First,
    /// Before the usual ones, which may name what it declares.
    Early,
    /// In the order of the lines.
    Usual,
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

impl Rest {
    fn usage(&self) -> String {
        match self.least {
            0 => format!("[{}…]", self.name),
            _ => format!("{}…", self.name),
        }
    }
}
