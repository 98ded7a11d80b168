//! Diagnostics as JSON, for editors and programs.

use serde_json::{Value, json};

use super::render::imported_from;
use super::snippet::plain_line;
use super::{Diagnostic, Label, Sources};

/// An array with an object for each diagnostic. Lines and columns count from 1; columns are
/// characters, and `end_column` is behind the last one.
#[must_use]
pub fn to_json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    diagnostics
        .iter()
        .map(|diagnostic| object(diagnostic, sources))
        .collect()
}

fn object(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut object = json!({
        "severity": diagnostic.severity.as_str(),
        "message": diagnostic.message,
        "file": null,
        "line": null,
        "column": null,
        "end_column": null,
        "text": null,
        "notes": diagnostic.notes,
        "help": diagnostic.help,
        "imported_from": imported_from(diagnostic, sources),
    });
    let mut labels = diagnostic.labels.iter();
    if let Some(label) = labels.next() {
        for (key, value) in place(label, sources) {
            object[key] = value;
        }
    }
    object["related"] = labels
        .map(|label| {
            let mut related: Value = place(label, sources).into_iter().collect();
            related["message"] = json!(label.text);
            related
        })
        .collect();
    object
}

fn place(label: &Label, sources: &Sources) -> [(&'static str, Value); 5] {
    let location = sources.location(label.span);
    [
        ("file", json!(location.name)),
        ("line", json!(location.line)),
        ("column", json!(location.column)),
        ("end_column", json!(location.end_column)),
        ("text", json!(plain_line(sources, label.span))),
    ]
}
