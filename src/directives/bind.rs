//! The words of a line, bound to the parameters of its directive.

use std::collections::BTreeMap;

use micro_api::units::{find_bool, find_duration};

use super::directive::{Directive, Kind, Parameter, Presence, Scope};
use crate::config::ValueKind;
use crate::diagnostics::{Diagnostic, Sources, Span, suggest};
use crate::syntax::{Line, Word};

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
    pub others: Vec<(String, Given)>,
    /// The places of all values on the line.
    pub value_spans: Vec<Span>,
    values: Vec<Option<Given>>,
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

    fn position(&self, parameter: &str) -> usize {
        let position = self
            .directive
            .parameters
            .iter()
            .position(|known| known.name == parameter);
        position.expect("a directive asks for its own parameters")
    }
}

/// Binds lines, and tells what is wrong with their words.
pub(super) struct Binder<'d> {
    pub(super) environment: &'d BTreeMap<String, String>,
    pub(super) sources: &'d mut Sources,
    pub(super) diagnostics: &'d mut Vec<Diagnostic>,
}

impl Binder<'_> {
    pub(super) fn bind(
        &mut self,
        directive: &'static Directive,
        line: &Line,
        scope: Scope,
    ) -> Arguments {
        let word = &line.words[0];
        let mut arguments = Arguments {
            word: self.sources.slice(word.span).to_owned(),
            word_span: word.span,
            span: line.span,
            value_spans: line.words[1..].iter().map(|word| word.value_span).collect(),
            ..Arguments::of_no_line(directive, scope)
        };
        let mut extra = Vec::new();
        for word in &line.words[1..] {
            let Some(given) = self.expand(word) else {
                continue;
            };
            match &word.name {
                Some(name) => self.bind_option(&mut arguments, &name.text, name.span, given),
                None => self.bind_word(&mut arguments, given, &mut extra),
            }
        }
        self.report_extra(&arguments, &extra);
        self.report_missing(&arguments, line);
        arguments
    }

    fn expand(&mut self, word: &Word) -> Option<Given> {
        let value = word.expand(|name| self.environment.get(name).cloned());
        match value {
            Ok(text) => Some(Given {
                text,
                span: word.value_span,
                is_verbatim: word.is_verbatim,
            }),
            Err((unset, span)) => {
                let message = match unset.reason {
                    Some(reason) => {
                        format!("environment variable `{}` is not set: {reason}", unset.name)
                    }
                    None => format!("environment variable `{}` is not set", unset.name),
                };
                let help = format!("set it, or write `${{{}:-default}}`", unset.name);
                self.diagnostics
                    .push(Diagnostic::error(message).at(span).help(help));
                None
            }
        }
    }

    fn bind_word(&mut self, arguments: &mut Arguments, given: Given, extra: &mut Vec<Span>) {
        let parameters = arguments.directive.parameters;
        let free = (0..parameters.len())
            .find(|at| !parameters[*at].is_named && arguments.values[*at].is_none());
        match (free, &arguments.directive.rest) {
            (Some(at), _) => self.accept(arguments, at, given),
            (None, Some(_)) => arguments.rest.push(given),
            (None, None) => extra.push(given.span),
        }
    }

    fn bind_option(&mut self, arguments: &mut Arguments, name: &str, span: Span, given: Given) {
        let parameters = arguments.directive.parameters;
        match parameters
            .iter()
            .position(|parameter| parameter.is_called(name))
        {
            Some(at) if arguments.values[at].is_some() => {
                let first = arguments.values[at]
                    .as_ref()
                    .map_or(span, |given| given.span);
                let message = format!("`{name}` is given twice");
                self.diagnostics.push(
                    Diagnostic::error(message)
                        .at(span)
                        .label(first, "first given here"),
                );
            }
            Some(at) => self.accept(arguments, at, given),
            None if arguments.directive.takes_any_option => {
                arguments.others.push((name.to_owned(), given));
            }
            None => self.diagnostics.push(unknown_option(arguments, name, span)),
        }
    }

    fn accept(&mut self, arguments: &mut Arguments, at: usize, given: Given) {
        let parameter = &arguments.directive.parameters[at];
        if parameter.is_secret {
            self.sources.hide(given.span);
        }
        if let Kind::Ignored(why) = parameter.kind {
            let message = format!("`{}` {why}", parameter.name);
            self.diagnostics
                .push(Diagnostic::warning(message).at(given.span));
        }
        if let Some(expected) = refusal(parameter.kind, &given.text) {
            let found = if parameter.is_secret {
                "***"
            } else {
                &given.text
            };
            let (name, word) = (parameter.name, arguments.word.to_uppercase());
            let message = format!("`{name}` of `{word}` must be {expected}, found `{found}`");
            self.diagnostics
                .push(Diagnostic::error(message).at(given.span));
            arguments.values[at] = Some(Given {
                text: String::new(),
                ..given
            });
        } else {
            arguments.values[at] = Some(given);
        }
    }

    fn report_extra(&mut self, arguments: &Arguments, extra: &[Span]) {
        let [first, ..] = extra else { return };
        let last = extra[extra.len() - 1];
        let message = format!("too many words for `{}`", arguments.word.to_uppercase());
        let help = format!("it is written `{}`", arguments.directive.usage());
        self.diagnostics
            .push(Diagnostic::error(message).at(first.to(last)).help(help));
    }

    fn report_missing(&mut self, arguments: &Arguments, line: &Line) {
        // A word whose variable has no value was told of, and is not missing.
        let is_unset = |word: &Word| {
            word.expand(|name| self.environment.get(name).cloned())
                .is_err()
        };
        if line.words[1..].iter().any(is_unset) {
            return;
        }
        for (parameter, value) in arguments.directive.parameters.iter().zip(&arguments.values) {
            if parameter.presence == Presence::Required && value.is_none() {
                self.diagnostics
                    .push(missing(arguments, parameter.name, parameter.doc));
            }
        }
        if let Some(rest) = &arguments.directive.rest
            && arguments.rest.len() < rest.least
        {
            self.diagnostics
                .push(missing(arguments, rest.name, rest.doc));
        }
    }
}

/// The mistake of a line that lacks a parameter.
pub(super) fn missing(arguments: &Arguments, name: &str, doc: &str) -> Diagnostic {
    let word = arguments.word.to_uppercase();
    let example = arguments
        .directive
        .example
        .lines()
        .next()
        .unwrap_or_default();
    Diagnostic::error(format!("`{word}` needs `{name}`: {doc}"))
        .at(arguments.word_span)
        .help(format!("write it like `{}`", example.trim()))
}

fn unknown_option(arguments: &Arguments, name: &str, span: Span) -> Diagnostic {
    let parameters = arguments.directive.parameters.iter();
    let names = parameters
        .filter(|known| !known.is_ignored())
        .map(|known| known.name);
    let is_name = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let help = if is_name {
        suggest(name, names)
    } else {
        Some("write `\\=` if the `=` belongs to the word, or give the word by its name".to_owned())
    };
    Diagnostic::error(format!(
        "`{}` has no option `{name}`",
        arguments.word.to_uppercase()
    ))
    .at(span)
    .help_if(help)
}

/// What a value should have been, if it is not.
fn refusal(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::Value(ValueKind::Text) => None,
        Kind::Value(kind) => (!kind.accepts(text)).then(|| kind.expected()),
        Kind::Name => {
            (!is_name(text)).then(|| "a name (letters, digits, `_`, `-` and `.`)".to_owned())
        }
        Kind::FieldName => (!is_token(text)).then(|| "the name of a header field".to_owned()),
        _ => None,
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_mark = |c: char| "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || is_mark(c))
}

/// The parameter of a directive with this name.
pub(super) fn parameter(directive: &Directive, name: &str) -> &'static Parameter {
    let found = directive
        .parameters
        .iter()
        .find(|parameter| parameter.name == name);
    found.expect("a directive asks for its own parameters")
}
