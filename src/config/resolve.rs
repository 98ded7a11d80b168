//! Which value a setting gets: environment, then configuration file, then definition.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use super::{Entry, Origin, Record};
use crate::diagnostics::{Diagnostic, Sources, suggest};
use crate::files::Accept;

/// Gives every record its value, and tells what is wrong with the values. Some are in files of
/// their own, which are read if they are among those that are accepted.
pub fn resolve(
    records: &mut [Record],
    entries: &[Entry],
    environment: &BTreeMap<String, String>,
    accept: Accept,
    sources: &mut Sources,
) -> Vec<Diagnostic> {
    let mut diagnostics = take_entries(records, entries, sources);
    let taken: BTreeSet<String> = records
        .iter()
        .flat_map(|record| record.environment.iter().cloned())
        .collect();
    for record in &mut *records {
        match find_in_environment(record, environment, accept, &taken) {
            Ok(Some((value, origin))) => {
                record.is_secret |= matches!(origin, Origin::File { .. });
                (record.value, record.origin) = (Some(value), origin);
            }
            Ok(None) => {}
            Err(diagnostic) => diagnostics.push(declared(diagnostic, record)),
        }
    }
    diagnostics.extend(records.iter().filter_map(check));
    diagnostics
}

fn take_entries(
    records: &mut [Record],
    entries: &[Entry],
    sources: &mut Sources,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let Some(record) = records
            .iter_mut()
            .find(|record| record.is_called(&entry.name))
        else {
            // Nobody knows whether this was meant for a secret.
            sources.hide(entry.value_span);
            diagnostics.push(unknown(entry, records));
            continue;
        };
        if record.is_secret {
            sources.hide(entry.value_span);
        }
        if let Some(first) = entries[..index]
            .iter()
            .find(|other| record.is_called(&other.name))
        {
            let message = format!("setting `{}` is given twice", record.name);
            diagnostics.push(
                Diagnostic::error(message)
                    .at(entry.span)
                    .label(first.span, "first given here"),
            );
        }
        record.value = Some(entry.value.clone());
        record.origin = Origin::ConfigFile(entry.value_span);
    }
    diagnostics
}

fn unknown(entry: &Entry, records: &[Record]) -> Diagnostic {
    let names = records.iter().map(|record| record.name.as_str());
    Diagnostic::error(format!("unknown setting `{}`", entry.name))
        .at(entry.span)
        .help_if(suggest(&entry.name, names))
}

fn find_in_environment(
    record: &Record,
    environment: &BTreeMap<String, String>,
    accept: Accept,
    taken: &BTreeSet<String>,
) -> Result<Option<(String, Origin)>, Diagnostic> {
    let plain = record
        .environment
        .iter()
        .find(|name| environment.contains_key(*name));
    let named = record.environment.iter().map(|name| format!("{name}_FILE"));
    // `X_FILE` may be the name of a setting `x.file`.
    let mut free = named.filter(|name| !taken.contains(name));
    let file = free.find(|name| environment.contains_key(name));
    match (plain, file) {
        (None, None) => Ok(None),
        (Some(name), None) => Ok(Some((
            environment[name].clone(),
            Origin::Environment(name.clone()),
        ))),
        (None, Some(variable)) => {
            let path = environment[&variable].clone();
            let value = read_secret(&variable, &path, accept)?;
            Ok(Some((value, Origin::File { variable, path })))
        }
        (Some(name), Some(variable)) => Err(Diagnostic::error(format!(
            "environment variables `{name}` and `{variable}` both set `{}`",
            record.name
        ))
        .help("unset one of them")),
    }
}

fn read_secret(variable: &str, path: &str, accept: Accept) -> Result<String, Diagnostic> {
    let read = accept.read(Path::new(path)).and_then(into_text);
    let text = read.map_err(|error| {
        let message = format!("cannot read file `{path}`, named by `{variable}`: {error}");
        Diagnostic::error(message)
    })?;
    let cut = text.strip_suffix('\n').unwrap_or(&text);
    Ok(cut.strip_suffix('\r').unwrap_or(cut).to_owned())
}

fn into_text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is no UTF-8 text"))
}

fn check(record: &Record) -> Option<Diagnostic> {
    let value = record.value.as_deref()?;
    if record.kind.accepts(value) {
        return None;
    }
    let from = match &record.origin {
        Origin::Environment(variable) => format!(", from environment variable `{variable}`,"),
        Origin::File { variable, path } => format!(", from file `{path}` (`{variable}`),"),
        Origin::Default | Origin::Definition(_) | Origin::ConfigFile(_) => String::new(),
    };
    let found = record.shown_value().unwrap_or_default();
    let message = format!(
        "setting `{}`{from} must be {}, found `{found}`",
        record.name,
        record.kind.expected()
    );
    let part = record.kind.find_wrong_part(value);
    let diagnostic = Diagnostic::error(message).note_if(part);
    Some(match record.origin.span() {
        Some(span) => diagnostic.at(span),
        None => declared(diagnostic, record),
    })
}

fn declared(diagnostic: Diagnostic, record: &Record) -> Diagnostic {
    match record.span {
        Some(span) => diagnostic.label(span, "the setting is declared here"),
        None => diagnostic,
    }
}
