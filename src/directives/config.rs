//! CONFIG: a setting of the service's own.

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::names::SETTING;
use super::parameter::{Kind, Parameter};
use crate::config::{Origin, Record, ValueKind, environment_name};
use crate::diagnostics::{Diagnostic, Span, suggest};

pub(super) static CONFIG: Directive = Directive {
    word: "CONFIG",
    parameters: &[
        Parameter::required("name", Kind::SettingName, "the setting's name"),
        Parameter::optional("default", Kind::TEXT, "its value unless it is set"),
        Parameter::optional(
            "validate",
            Kind::Validator,
            "what it must be: int, float, bool, file, duration, size or url",
        ),
        Parameter::optional(
            "env",
            Kind::VariableName,
            "its environment variable, if it is not the one that follows from its name",
        ),
        Parameter::option("secret", Kind::BOOL, "whether its value is never shown").or("false"),
    ],
    summary: "declares a setting of the service's own",
    example: "CONFIG cache.size default=64MiB validate=size",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    let is_secret = arguments.is_marked_secret();
    if is_secret {
        hide_values(draft, arguments);
    }
    let kind = find_kind(draft, arguments);
    if !draft.declare(SETTING, &name, arguments.span_of("name")) || is_taken(draft, arguments) {
        return;
    }
    let environment = match arguments.find_text("env").filter(|env| !env.is_empty()) {
        Some(env) => vec![env.to_owned()],
        None => vec![environment_name(&name)],
    };
    let default = arguments.find("default");
    draft.add_record(Record {
        name,
        aliases: Vec::new(),
        environment,
        kind,
        value: default.map(|given| given.text.clone()),
        origin: default.map_or(Origin::Default, |given| Origin::Definition(given.span)),
        is_secret,
        summary: "declared by `CONFIG`".to_owned(),
        span: Some(arguments.span),
    });
}

/// The kind of value that `validate=` says.
pub(super) fn find_kind(draft: &mut Draft, arguments: &Arguments) -> ValueKind {
    let Some(given) = arguments.find("validate") else {
        return ValueKind::Text;
    };
    if let Some(kind) = ValueKind::find(&given.text) {
        return kind;
    }
    let diagnostic = if given.text.contains('.') {
        Diagnostic::warning(format!(
            "`{}` names a Python function and means nothing here",
            given.text
        ))
        .at(given.span)
        .help("use one of int, float, bool, file, duration, size, url, or check it in `SETUP`")
    } else {
        let names = ValueKind::NAMED.iter().map(|(name, _)| *name);
        Diagnostic::error(format!("unknown kind of value `{}`", given.text))
            .at(given.span)
            .help_if(suggest(&given.text, names))
    };
    draft.report(diagnostic);
    ValueKind::Text
}

// A setting that another directive makes cannot be declared again.
fn is_taken(draft: &mut Draft, arguments: &Arguments) -> bool {
    let name = arguments.text("name");
    let taken = draft.records.iter().find(|record| record.name == name);
    let Some(taken) = taken else { return false };
    let message = format!("setting `{name}` is declared twice");
    let diagnostic = Diagnostic::error(message).at(arguments.span_of("name"));
    let diagnostic = match taken.span {
        Some(span) => diagnostic.label(span, "this line makes it"),
        None => diagnostic.note("the framework makes it"),
    };
    draft.report(diagnostic);
    true
}

// Whatever else stands on the line may be the secret, misspelled.
fn hide_values(draft: &mut Draft, arguments: &Arguments) {
    let shown = ["name", "validate", "env", "secret"].map(|name| arguments.find(name));
    let shown: Vec<Span> = shown
        .into_iter()
        .flatten()
        .map(|given| given.span)
        .collect();
    let hidden = arguments
        .value_spans
        .iter()
        .filter(|span| !shown.contains(span));
    for span in hidden.copied() {
        draft.sources.hide(span);
    }
}
