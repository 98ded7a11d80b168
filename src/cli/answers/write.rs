//! Files of answers, written: what a service has answered, and beginnings for people to fill in.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use micro_api::serde_json::{self, Map};
use micro_api::{Value, json};

use super::entry::matches;
use super::read::read;
use super::replaced::{Held, Next};
use crate::client::{hide_values, hide_values_within};
use crate::config::{Resource, names_secret_field};
use crate::diagnostics::mask_secrets;

/// Header fields that the next server says itself.
const LEFT_OUT: [&str; 11] = [
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "keep-alive",
    "proxy-connection",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "x-request-id",
];

/// An answer that a service has given.
pub(in crate::cli) struct Recorded<'r> {
    pub(in crate::cli) when: Map<String, Value>,
    pub(in crate::cli) status: u16,
    pub(in crate::cli) headers: &'r [(String, String)],
    pub(in crate::cli) content: &'r [u8],
    /// Whether it was read piece by piece.
    pub(in crate::cli) is_stream: bool,
    /// Values that are not written.
    pub(in crate::cli) secrets: &'r [String],
}

/// The file of a RESOURCE.
pub(in crate::cli) fn file_name(connection: &str, resource: &str) -> String {
    format!("{connection}.{resource}.json")
}

/// The least answer of a RESOURCE.
pub(in crate::cli) fn example(resource: &Resource) -> Value {
    match resource.is_json {
        true => json!({"status": 200, "body": {}}),
        false => json!({"status": 200, "text": ""}),
    }
}

/// Sees whether an answer of a RESOURCE can be recorded, before there is one; makes the folder.
///
/// # Errors
///
/// If nothing can be written there, or the answers that are there are wrong: the text for people.
pub(in crate::cli) fn expect_room(
    folder: &Path,
    file: &str,
    resource: &Resource,
) -> Result<(), String> {
    let path = folder.join(file);
    let room = fs::create_dir_all(folder).and_then(|()| Next::create(&path));
    room.map_err(|error| unwritten(&path, &error))?;
    match path.exists() {
        true => read(&path, resource).map(|_| ()),
        false => Ok(()),
    }
}

/// What people are told when an answer cannot be recorded.
pub(in crate::cli) fn unwritten(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    format!("error: cannot record the answer in `{path}`: {error}\n")
}

/// Writes an answer into the file of its RESOURCE, in place of the one for the same arguments.
///
/// # Errors
///
/// If the file cannot be read or written, or holds something else.
pub(in crate::cli) fn record(folder: &Path, file: &str, recorded: &Recorded<'_>) -> io::Result<()> {
    let path = folder.join(file);
    // From here to the end, or what another has recorded meanwhile would be lost.
    let _held = Held::wait(folder)?;
    let mut entries = entries(&path)?;
    let when = |entry: &Value| match entry.get("when") {
        Some(Value::Object(when)) => when.clone(),
        _ => Map::new(),
    };
    let same = entries
        .iter()
        .position(|known| when(known) == recorded.when);
    let kept = entries.iter().enumerate();
    let kept = kept.filter(|(at, _)| Some(*at) != same);
    let files: Vec<&str> = kept
        .filter_map(|(_, entry)| entry["file"].as_str())
        .collect();
    let entry = entry(folder, file, &files, recorded)?;
    match same {
        Some(at) => entries[at] = entry,
        None => {
            // The first entry that matches is answered with: one that is for these arguments and for
            // others must not come before.
            let wider = |known: &Value| matches(&when(known), &recorded.when);
            let at = entries.iter().position(wider).unwrap_or(entries.len());
            entries.insert(at, entry);
        }
    }
    let text = format!("{:#}\n", Value::Array(entries));
    Next::create(&path)?.fill(text.as_bytes())
}

/// Writes the file of a RESOURCE unless there is one; says whether it has.
///
/// # Errors
///
/// If it cannot be written.
pub(in crate::cli) fn write_new(path: &Path, resource: &Resource) -> io::Result<bool> {
    let text = format!("{:#}\n", json!([example(resource)]));
    let file = fs::File::create_new(path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn entries(path: &Path) -> io::Result<Vec<Value>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    match serde_json::from_slice(&text) {
        Ok(Value::Array(entries)) => Ok(entries),
        Ok(entry @ Value::Object(_)) => Ok(vec![entry]),
        Ok(_) => Err(io::Error::other("it holds no answers")),
        Err(error) => Err(io::Error::other(format!("it holds no JSON: {error}"))),
    }
}

fn entry(folder: &Path, file: &str, others: &[&str], recorded: &Recorded<'_>) -> io::Result<Value> {
    let mut entry = Map::new();
    if !recorded.when.is_empty() {
        entry.insert("when".into(), recorded.when.clone().into());
    }
    entry.insert("status".into(), recorded.status.into());
    let headers = headers(recorded);
    if !headers.is_empty() {
        entry.insert("headers".into(), headers.into());
    }
    if let Some((key, value)) = content(recorded) {
        entry.insert(key.into(), value);
    } else if !recorded.content.is_empty() {
        let name = free_name(file, others);
        Next::create(&folder.join(&name))?.fill(recorded.content)?;
        entry.insert("file".into(), name.into());
    }
    Ok(entry.into())
}

/// The fields, without secrets; one that came several times is a list.
fn headers(recorded: &Recorded<'_>) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in recorded.headers {
        if LEFT_OUT.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        let value = match names_secret_field(name) {
            true => "***".to_owned(),
            false => hide_values(&mask_secrets(value), recorded.secrets),
        };
        let mut known = headers.iter_mut();
        match known.find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, Value::Array(values))) => values.push(value.into()),
            Some((_, first)) => *first = json!([first.take(), value]),
            None => {
                headers.insert(name.clone(), value.into());
            }
        }
    }
    headers
}

/// The content as JSON, lines of it, or text; nothing if it is empty or no text.
fn content(recorded: &Recorded<'_>) -> Option<(&'static str, Value)> {
    let text = std::str::from_utf8(recorded.content).ok()?;
    if text.is_empty() {
        return None;
    }
    let has_lines = recorded.is_stream && text.contains('\n');
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
    let whole = serde_json::from_str::<Value>(text);
    let (key, value) = match (whole, lines) {
        (_, Ok(lines)) if has_lines && !lines.is_empty() => ("lines", lines.into()),
        (Ok(value), _) => ("body", value),
        _ => ("text", text.into()),
    };
    Some((key, hide_values_within(value, recorded.secrets)))
}

/// A name for the content of an answer that no other answer has.
fn free_name(file: &str, others: &[&str]) -> String {
    let stem = file.trim_end_matches(".json");
    let names = (1..).map(|number: usize| format!("{stem}.{number}.bin"));
    let mut free = names.filter(|name| !others.contains(&name.as_str()));
    free.next().expect("there are more numbers than answers")
}
