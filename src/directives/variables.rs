//! Environment variables that set more than one setting.

use std::collections::HashMap;

use super::draft::Draft;
use crate::config::Record;
use crate::diagnostics::{Diagnostic, Span};

/// A warning for each pair of lines whose settings share a variable.
pub(super) fn shared(draft: &Draft) -> Vec<Diagnostic> {
    let mut first_of: HashMap<&str, &Record> = HashMap::new();
    let mut told: Vec<(Option<Span>, Option<Span>)> = Vec::new();
    let mut found = Vec::new();
    for record in &draft.records {
        for variable in &record.environment {
            let first = *first_of.entry(variable).or_insert(record);
            let lines = (first.span, record.span);
            // Two servers would share all of their settings: the first says it.
            if first.name != record.name && !told.contains(&lines) {
                told.push(lines);
                found.push(sharing(first, record, variable));
            }
        }
    }
    found
}

fn sharing(first: &Record, second: &Record, variable: &str) -> Diagnostic {
    let message = format!(
        "environment variable `{variable}` sets both `{}` and `{}`",
        first.name, second.name
    );
    let mut diagnostic = Diagnostic::warning(message);
    if let Some(span) = second.span {
        diagnostic = diagnostic.at(span);
    }
    match first.span {
        Some(span) => diagnostic.label(span, "the other one is made here"),
        None => diagnostic.note(format!("the framework makes `{}`", first.name)),
    }
}
