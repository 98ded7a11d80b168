//! What a line gives its directive.

use std::ops::Range;

use micro_api::units::{find_bool, find_duration};

use super::directive::Directive;
use super::parameter::Kind;
use super::scope::Scope;
use crate::config::{ValueKind, names_secret, names_secret_field};
use crate::diagnostics::{Span, nearest};

/// What a line gives its directive. What was wrong has been told already, and is left out.
pub struct Arguments {
    /// The directive.
    pub directive: &'static Directive,
    /// The directive's word as it was written.
    pub word: String,
    /// Its place.
    pub word_span: Span,
    /// The place of the whole line.
    pub span: Span,
    /// The scope that the line belongs to.
    pub scope: Scope,
    /// The words behind those of the parameters.
    pub rest: Vec<Given>,
    /// The options beyond the parameters.
    pub others: Vec<OtherOption>,
    /// Whether each word was understood. If not, what seems to be missing may be what was not.
    pub is_whole: bool,
    /// The names of options that the directive does not have.
    pub unknown: Vec<String>,
    /// The places of all values on the line.
    pub value_spans: Vec<Span>,
    pub(super) values: Vec<Option<Given>>,
}

/// A value that a line gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The value.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it is, byte by byte, what stands there.
    pub is_verbatim: bool,
}

/// An option beyond the parameters.
pub struct OtherOption {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Its value.
    pub given: Given,
}

impl Given {
    /// Where a part of the value stands; the whole of it, where that cannot be told.
    pub(super) fn part(&self, range: Range<usize>) -> Span {
        if !self.is_verbatim {
            return self.span;
        }
        let start = (self.span.start + range.start).min(self.span.end);
        let end = (self.span.start + range.end).min(self.span.end);
        Span {
            start,
            end,
            ..self.span
        }
    }
}

impl Arguments {
    /// The arguments of a directive that no line says: its defaults.
    pub(super) fn of_no_line(directive: &'static Directive, scope: Scope) -> Arguments {
        Arguments {
            directive,
            word: directive.word.to_owned(),
            word_span: Span::default(),
            span: Span::default(),
            scope,
            rest: Vec::new(),
            others: Vec::new(),
            is_whole: true,
            unknown: Vec::new(),
            value_spans: Vec::new(),
            values: directive.parameters.iter().map(|_| None).collect(),
        }
    }

    /// The value given for a parameter, if one was.
    pub fn find(&self, parameter: &str) -> Option<&Given> {
        self.values[self.position(parameter)].as_ref()
    }

    /// The value of a parameter, or its default.
    pub fn find_text(&self, parameter: &str) -> Option<&str> {
        let given = self.find(parameter).map(|given| given.text.as_str());
        given.or_else(|| self.directive.parameters[self.position(parameter)].default())
    }

    /// The value of a parameter, or its default, or nothing.
    pub fn text(&self, parameter: &str) -> String {
        self.find_text(parameter).unwrap_or_default().to_owned()
    }

    /// Where the value of a parameter stands; if none was given, the directive's word.
    pub fn span_of(&self, parameter: &str) -> Span {
        self.find(parameter)
            .map_or(self.word_span, |given| given.span)
    }

    /// Whether a parameter is true.
    pub fn is_true(&self, parameter: &str) -> bool {
        self.find_bool(parameter).unwrap_or_default()
    }

    /// Whether a parameter is true, if that is said.
    pub fn find_bool(&self, parameter: &str) -> Option<bool> {
        self.find_text(parameter).and_then(find_bool)
    }

    /// The duration that a parameter says, if it says one.
    pub fn find_duration(&self, parameter: &str) -> Option<std::time::Duration> {
        self.find_text(parameter).and_then(find_duration)
    }

    /// The kind of value that `validate=` says, if the directive has it and the line says it.
    pub(super) fn validator(&self) -> Option<ValueKind> {
        let mut parameters = self.directive.parameters.iter();
        let validator = parameters.find(|known| matches!(known.kind, Kind::Validator))?;
        self.find(validator.name)
            .and_then(|given| ValueKind::find(&given.text))
    }

    /// Whether what the line says is a secret: it says so, or the names on it do.
    pub(super) fn is_secret(&self) -> bool {
        let settings = self.directive.settings.iter();
        let mut names = settings.flat_map(|setting| setting.secret_by);
        self.is_marked_secret() || names.any(|parameter| self.is_name_of_secret(parameter))
    }

    /// Whether `secret=` of the line says so. Where the word or its value is misspelt, a secret was
    /// meant.
    pub(super) fn is_marked_secret(&self) -> bool {
        const SECRET: &str = "secret";
        let mut parameters = self.directive.parameters.iter();
        let mut unknown = self.unknown.iter();
        parameters.any(|known| known.name == SECRET)
            && (self.find_bool(SECRET).unwrap_or(true)
                || unknown.any(|name| !nearest(name, [SECRET]).is_empty()))
    }

    fn is_name_of_secret(&self, parameter: &str) -> bool {
        let at = self.position(parameter);
        let is_one = match self.directive.parameters[at].kind {
            Kind::FieldName => names_secret_field,
            _ => names_secret,
        };
        let given = self.values[at].as_ref();
        given.is_some_and(|given| is_one(&given.text))
    }

    fn position(&self, parameter: &str) -> usize {
        let position = self
            .directive
            .parameters
            .iter()
            .position(|known| known.name == parameter);
        position.expect("a directive asks for its own parameters")
    }
}
