//! A diagnostic as text for people.

use std::fmt::Write;

use super::snippet::Snippet;
use super::{Diagnostic, Label, Sources, clean};

/// The text of a diagnostic: the sentence, the place, the line, notes and help.
#[must_use]
pub fn render(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let mut text = format!(
        "{}: {}\n",
        diagnostic.severity.as_str(),
        clean(&diagnostic.message)
    );
    let gutter = gutter(diagnostic, sources);
    for (index, label) in diagnostic.labels.iter().enumerate() {
        if index > 0 {
            text.push_str(&format!("{:gutter$} |\n", ""));
        }
        text.push_str(&render_label(label, index == 0, gutter, sources));
    }
    for note in diagnostic
        .notes
        .iter()
        .cloned()
        .chain(import_notes(diagnostic, sources))
    {
        push(&mut text, gutter, "note", &note);
    }
    for help in &diagnostic.help {
        push(&mut text, gutter, "help", help);
    }
    text
}

/// Where the import stands that led to each text, the nearest first.
pub(super) fn imported_from(diagnostic: &Diagnostic, sources: &Sources) -> Vec<String> {
    let chain = diagnostic
        .span()
        .map(|span| sources.import_chain(span.file))
        .unwrap_or_default();
    let places = chain.into_iter().map(|span| {
        let location = sources.location(span);
        format!("{}:{}", location.name, location.line)
    });
    places.collect()
}

fn import_notes(diagnostic: &Diagnostic, sources: &Sources) -> impl Iterator<Item = String> {
    imported_from(diagnostic, sources)
        .into_iter()
        .map(|place| format!("imported from {place}"))
}

fn render_label(label: &Label, is_first: bool, gutter: usize, sources: &Sources) -> String {
    let location = sources.location(label.span);
    let snippet = Snippet::new(sources, label.span);
    let (arrow, mark) = if is_first { ("-->", "^") } else { (":::", "-") };
    let mut underline = " ".repeat(snippet.before) + &mark.repeat(snippet.width);
    if let Some(text) = &label.text {
        underline = format!("{underline} {}", clean(text));
    }
    let (name, line, column) = (clean(location.name), location.line, location.column);
    let shown = format!(" {line:>gutter$} | {}", snippet.text, gutter = gutter - 1);
    format!(
        "{:gutter$}{arrow} {name}:{line}:{column}\n{:gutter$} |\n{}\n{:gutter$} | {underline}\n",
        "",
        "",
        shown.trim_end(),
        "",
    )
}

fn push(text: &mut String, gutter: usize, kind: &str, sentence: &str) {
    writeln!(text, "{:gutter$} = {kind}: {}", "", clean(sentence))
        .expect("a string takes whatever is written");
}

// One blank more than the digits of the greatest line number that is shown.
fn gutter(diagnostic: &Diagnostic, sources: &Sources) -> usize {
    let lines = diagnostic
        .labels
        .iter()
        .map(|label| sources.location(label.span).line);
    lines.max().unwrap_or(1).to_string().len() + 1
}
