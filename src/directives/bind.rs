//! The words of a line, bound to the parameters of its directive.

use std::collections::BTreeMap;

use super::arguments::{Arguments, Given, OtherOption};
use super::directive::Directive;
use super::parameter::{Kind, Parameter, Presence};
use super::refusal::{find_wrong_part, refusal};
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, Sources, Span, suggest};
use crate::syntax::{Line, Unset, Word};

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
                arguments.is_whole = false;
                continue;
            };
            match &word.name {
                Some(name) => self.bind_option(&mut arguments, &name.text, name.span, given),
                None => self.bind_word(&mut arguments, given, &mut extra),
            }
        }
        if arguments.is_secret() {
            self.hide_default(&arguments);
        }
        arguments.is_whole &= extra.is_empty();
        self.report_extra(&arguments, &extra);
        self.report_missing(&arguments);
        arguments
    }

    // Whatever else stands on the line may be the secret, misspelt.
    fn hide_default(&mut self, arguments: &Arguments) {
        let parameters = arguments.directive.parameters.iter();
        let shown = parameters
            .zip(&arguments.values)
            .filter(|(parameter, _)| parameter.name != "default");
        let shown: Vec<Span> = shown
            .filter_map(|(_, given)| Some(given.as_ref()?.span))
            .collect();
        for span in arguments
            .value_spans
            .iter()
            .filter(|span| !shown.contains(span))
        {
            self.sources.hide(*span);
        }
    }

    fn expand(&mut self, word: &Word) -> Option<Given> {
        let value = word.expand(|name| self.environment.get(name).cloned());
        match value {
            Ok(text) => Some(Given {
                text,
                span: word.value_span,
                is_verbatim: word.is_verbatim,
            }),
            Err(unset) => {
                let mistakes = unset.into_iter().map(|(unset, span)| not_set(&unset, span));
                self.diagnostics.extend(mistakes);
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
                arguments.others.push(OtherOption {
                    name: name.to_owned(),
                    name_span: span,
                    given,
                });
            }
            None => {
                arguments.is_whole = false;
                arguments.unknown.push(name.to_owned());
                self.diagnostics.push(unknown_option(arguments, name, span));
            }
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
            let found = match given.text.as_str() {
                "" => "nothing".to_owned(),
                _ if parameter.is_secret => "`***`".to_owned(),
                // It may be a secret: the line's other words say that.
                _ if matches!(parameter.kind, Kind::FieldValue) => "one".to_owned(),
                text => format!("`{text}`"),
            };
            let (name, word) = (parameter.name, arguments.word.to_uppercase());
            let message = format!("`{name}` of `{word}` must be {expected}, found {found}");
            let part = find_wrong_part(parameter.kind, &given.text);
            self.diagnostics
                .push(Diagnostic::error(message).at(given.span).note_if(part));
            arguments.values[at] = Some(Given {
                text: String::new(),
                ..given
            });
        } else {
            arguments.values[at] = Some(given);
        }
    }

    fn report_extra(&mut self, arguments: &Arguments, extra: &[Span]) {
        let help = || format!("it is written `{}`", arguments.directive.usage());
        self.diagnostics
            .extend(too_many_words(arguments, extra).map(|error| error.help(help())));
    }

    // All at once: a line that says too little is one mistake.
    fn report_missing(&mut self, arguments: &Arguments) {
        if !arguments.is_whole {
            return;
        }
        let directive = arguments.directive;
        let parameters = directive.parameters.iter().zip(&arguments.values);
        let mut absent: Vec<(&str, &str)> = parameters
            .filter(|(parameter, value)| {
                parameter.presence == Presence::Required && value.is_none()
            })
            .map(|(parameter, _)| (parameter.name, parameter.doc))
            .collect();
        let rest = directive.rest.iter();
        absent.extend(
            rest.filter(|rest| arguments.rest.len() < rest.least)
                .map(|rest| (rest.name, rest.doc)),
        );
        match absent.as_slice() {
            [] => {}
            [(name, doc)] => self.diagnostics.push(missing(arguments, name, doc)),
            _ => {
                let names: Vec<String> =
                    absent.iter().map(|(name, _)| format!("`{name}`")).collect();
                let word = arguments.word.to_uppercase();
                let message = format!("`{word}` needs {}", names.join(" and "));
                self.diagnostics.push(incomplete(arguments, message));
            }
        }
    }
}

/// The mistake of a line with these words too many, if there are some.
pub(super) fn too_many_words(arguments: &Arguments, extra: &[Span]) -> Option<Diagnostic> {
    let (first, last) = (extra.first()?, extra.last()?);
    let message = format!("too many words for `{}`", arguments.word.to_uppercase());
    Some(Diagnostic::error(message).at(first.to(*last)))
}

fn not_set(unset: &Unset<'_>, span: Span) -> Diagnostic {
    let name = unset.name;
    let message = match unset.reason {
        Some(reason) => format!("environment variable `{name}` is not set or empty: {reason}"),
        None => format!("environment variable `{name}` is not set"),
    };
    Diagnostic::error(message)
        .at(span)
        .help(format!("set it, or write `${{{name}:-default}}`"))
}

/// The mistake of a line that lacks a parameter.
pub(super) fn missing(arguments: &Arguments, name: &str, doc: &str) -> Diagnostic {
    let word = arguments.word.to_uppercase();
    incomplete(arguments, format!("`{word}` needs `{name}`: {doc}"))
}

fn incomplete(arguments: &Arguments, message: String) -> Diagnostic {
    let mut lines = arguments.directive.example.lines();
    let example = lines.next().unwrap_or_default();
    Diagnostic::error(message)
        .at(arguments.word_span)
        .help(format!("write it like `{}`", example.trim()))
}

/// The mistake of an option that the directive does not have.
pub(super) fn unknown_option(arguments: &Arguments, name: &str, span: Span) -> Diagnostic {
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

/// The parameter of a directive with this name.
pub(super) fn parameter(directive: &Directive, name: &str) -> &'static Parameter {
    let found = directive
        .parameters
        .iter()
        .find(|parameter| parameter.name == name);
    found.expect("a directive asks for its own parameters")
}
