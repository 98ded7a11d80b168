//! What the table of directives says, for people: `micro explain` and the README.

use std::fmt::Write;

use super::directive::Directive;
use super::parameter::{Parameter, Presence};
use super::place::find_directive;
use super::scope::Scope;
use super::setting::SettingValue;
use super::table::DIRECTIVES;
use crate::config::ValueKind;

/// What there is to say about a word, if it is one of the language.
///
/// ```
/// let text = micro::directives::explain("route").expect("ROUTE is a directive");
/// assert!(text.starts_with("ROUTE pattern\n"));
/// ```
#[must_use]
pub fn explain(word: &str) -> Option<String> {
    let directive = find_directive(word)?;
    let mut text = format!("{}\n\n  {}\n", directive.usage(), directive.summary);
    if let [first, others @ ..] = directive.aliases {
        let others = others.iter().map(|alias| format!(", {alias}"));
        push(
            &mut text,
            &format!("\nAlso written: {first}{}\n", others.collect::<String>()),
        );
    }
    push(&mut text, &format!("\nStands: {}\n", places(directive)));
    if directive.is_future {
        push(
            &mut text,
            "\nIt is checked, but a service that uses it cannot run yet.\n",
        );
    }
    explain_parameters(&mut text, directive);
    explain_settings(&mut text, directive);
    push(&mut text, "\nExample:\n\n");
    for line in directive.example.lines() {
        push(&mut text, &format!("    {line}\n"));
    }
    Some(text)
}

/// The table of directives, in Markdown; those that are written alike share a row.
#[must_use]
pub fn table_markdown() -> String {
    let mut table = "| directive | where | what it says |\n|---|---|---|\n".to_owned();
    let is_alike = |one: &&Directive, other: &&Directive| {
        one.opens == Some(Scope::Method) && other.opens == one.opens
    };
    for alike in DIRECTIVES.chunk_by(is_alike) {
        let first = alike[0];
        let words: Vec<&str> = alike.iter().map(|directive| directive.word).collect();
        let usage = escape(&first.usage_of_parameters());
        let summary = if alike.len() > 1 {
            METHODS
        } else {
            first.summary
        };
        let row = format!(
            "| `{} {usage}` | {} | {summary} |\n",
            words.join("` `"),
            places(first)
        );
        push(&mut table, &row);
    }
    table
}

/// What the words of methods say together.
const METHODS: &str = "answers requests of this method with a handler, or with a file";

/// The table of settings that directives make, in Markdown.
#[must_use]
pub fn settings_markdown() -> String {
    let mut table = "| setting | kind | default | meaning |\n|---|---|---|---|\n".to_owned();
    for directive in DIRECTIVES {
        for (name, kind, default, doc) in settings(directive) {
            let default = if default.is_empty() {
                String::new()
            } else {
                format!("`{default}`")
            };
            push(
                &mut table,
                &format!("| `{name}` | {kind} | {default} | {doc} |\n"),
            );
        }
    }
    table
}

fn explain_parameters(text: &mut String, directive: &Directive) {
    let shown = || {
        directive
            .parameters
            .iter()
            .filter(|parameter| !parameter.is_ignored())
    };
    if shown().next().is_none() && directive.rest.is_none() {
        return;
    }
    push(text, "\nParameters:\n\n");
    let width = shown()
        .map(|parameter| parameter.name.len())
        .max()
        .unwrap_or_default()
        .max(5);
    for parameter in shown() {
        push(
            text,
            &format!("  {:<width$}  {}\n", parameter.name, describe(parameter)),
        );
    }
    if !directive.one_of.is_empty() {
        push(
            text,
            &format!("\nOne of {} is needed.\n", directive.one_of.join(" and ")),
        );
    }
    if let Some(rest) = &directive.rest {
        push(
            text,
            &format!("  {:<width$}  {}\n", format!("{}…", rest.name), rest.doc),
        );
    }
}

fn describe(parameter: &Parameter) -> String {
    let presence = match parameter.presence {
        Presence::Required => ", required".to_owned(),
        Presence::Optional => String::new(),
        Presence::Default(default) => format!(", default {default}"),
    };
    let aliases = parameter
        .aliases
        .iter()
        .map(|alias| format!(", also {alias}="));
    let kind = parameter.kind.as_str();
    format!(
        "{} ({kind}{presence}{})",
        parameter.doc,
        aliases.collect::<String>()
    )
}

fn explain_settings(text: &mut String, directive: &Directive) {
    let settings = settings(directive);
    if settings.is_empty() {
        return;
    }
    push(
        text,
        "\nSettings; the environment has them in upper case, with `_` for dots and dashes:\n\n",
    );
    let width = settings
        .iter()
        .map(|(name, ..)| name.len())
        .max()
        .unwrap_or_default();
    for (name, kind, default, doc) in settings {
        let default = if default.is_empty() {
            default
        } else {
            format!(", default {default}")
        };
        push(
            text,
            &format!("  {name:<width$}  {doc} ({kind}{default})\n"),
        );
    }
}

/// Name, kind, default and meaning of each setting that a directive makes.
fn settings(directive: &Directive) -> Vec<(String, &'static str, String, &'static str)> {
    let rows = directive.settings.iter().map(|setting| {
        let default = match setting.value {
            SettingValue::Fixed(value) => value,
            SettingValue::Unset => "",
            SettingValue::Parameter(parameter) => {
                let known = directive
                    .parameters
                    .iter()
                    .find(|known| known.name == parameter);
                known.and_then(Parameter::default).unwrap_or_default()
            }
        };
        (
            setting.name.to_owned(),
            setting.kind.as_str(),
            default.to_owned(),
            setting.doc,
        )
    });
    let (prefix, limits) = directive.limits();
    let limits = limits.into_iter().map(|limit| {
        (
            format!("{prefix}{}", limit.name),
            ValueKind::Limit(limit).as_str(),
            limit.default.to_owned(),
            limit.summary,
        )
    });
    rows.chain(limits).collect()
}

fn places(directive: &Directive) -> String {
    if directive.places.is_empty() {
        return "anywhere".to_owned();
    }
    let places: Vec<&str> = directive
        .places
        .iter()
        .map(|place| place.as_str())
        .collect();
    places.join(", ")
}

fn escape(cell: &str) -> String {
    cell.replace('|', "\\|")
}

fn push(text: &mut String, more: &str) {
    text.write_str(more)
        .expect("a string takes whatever is written");
}
