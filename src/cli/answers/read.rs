//! A file of answers, read and checked; every mistake is told, at its place.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use micro_api::serde::de::DeserializeOwned;
use micro_api::serde_json::{self, Map};
use micro_api::units::find_duration;
use micro_api::{Reply, Value};

use super::entry::{Content, Entry};
use super::places::{self, Member};
use crate::config::{Resource, names_secret};
use crate::diagnostics::{Diagnostic, FileId, Sources, render, suggest};
use crate::files::Accept;

/// What an entry may say.
const KEYS: [&str; 9] = [
    "when", "status", "headers", "body", "text", "file", "lines", "delay", "cut",
];

/// Reads the answers of a RESOURCE.
///
/// # Errors
///
/// If they cannot be read, or are wrong: the text for people.
pub(in crate::cli) fn read(path: &Path, resource: &Resource) -> Result<Vec<Entry>, String> {
    let name = path.display().to_string();
    let unread = |error: String| format!("error: cannot read `{name}`: {error}\n");
    // A pipe would be waited for while others are to be served.
    let bytes = Accept::RegularFiles.read(path);
    let bytes = bytes.map_err(|error| unread(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| unread(error.to_string()))?;
    let mut sources = Sources::default();
    let file = sources.add(&name, text.clone(), None);
    let mut reader = Reader {
        text: &text,
        file,
        folder: path.parent().unwrap_or(Path::new("")),
        resource,
        mistakes: Vec::new(),
    };
    let entries = match serde_json::from_str::<Value>(&text) {
        Ok(_) => {
            let whole = places::whole(&text);
            for member in places::members_within(&text, &whole) {
                if names_secret(&member.key) {
                    sources.hide(file.span(member.value_at));
                }
            }
            reader.entries(&whole)
        }
        Err(error) => {
            let at = offset(&text, error.line(), error.column());
            reader.mistake(at..at, format!("this is no JSON: {error}"));
            Vec::new()
        }
    };
    match reader.mistakes.is_empty() {
        true => Ok(entries),
        false => {
            let mistakes = reader.mistakes.iter();
            Err(mistakes.map(|one| render(one, &sources) + "\n").collect())
        }
    }
}

/// The place of what `serde_json` counts lines and columns of.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len);
    let at = before.sum::<usize>() + column.saturating_sub(1);
    let boundary = (0..=at.min(text.len())).rev();
    boundary
        .into_iter()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}

struct Reader<'r> {
    text: &'r str,
    file: FileId,
    /// What the names of files are relative to.
    folder: &'r Path,
    resource: &'r Resource,
    mistakes: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn mistake(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.mistakes
            .push(Diagnostic::error(message).at(self.file.span(at)));
    }

    fn entries(&mut self, whole: &Range<usize>) -> Vec<Entry> {
        let each = match self.text.as_bytes()[whole.start] {
            b'[' => places::items(self.text, whole),
            _ => vec![whole.clone()],
        };
        each.iter().filter_map(|at| self.entry(at)).collect()
    }

    fn entry(&mut self, at: &Range<usize>) -> Option<Entry> {
        if self.text.as_bytes()[at.start] != b'{' {
            let found = &self.text[at.clone()];
            self.mistake(
                at.clone(),
                format!("expected an answer, which is an object, found `{found}`"),
            );
            return None;
        }
        let mut entry = Entry {
            when: Map::new(),
            status: 200,
            headers: Vec::new(),
            content: Content::Nothing,
            delay: Duration::ZERO,
            is_cut: false,
        };
        let mut content: Option<String> = None;
        let mut seen: Vec<String> = Vec::new();
        for member in places::members(self.text, at) {
            if seen.contains(&member.key) {
                self.mistake(
                    member.key_at.clone(),
                    format!("`{}` is said twice", member.key),
                );
            }
            seen.push(member.key.clone());
            if matches!(member.key.as_str(), "body" | "text" | "file" | "lines")
                && let Some(other) = content.replace(member.key.clone())
            {
                let message = format!("`{}` beside `{other}`: expected one of them", member.key);
                self.mistake(member.key_at.clone(), message);
            }
            self.member(&mut entry, &member);
        }
        Some(entry)
    }

    fn member(&mut self, entry: &mut Entry, member: &Member) {
        match member.key.as_str() {
            "when" => entry.when = self.arguments(member),
            "status" => {
                let found = self.value(member, "a status from 200 to 599", |status: &u16| {
                    (200..600).contains(status)
                });
                entry.status = found.unwrap_or(entry.status);
            }
            "headers" => entry.headers = self.headers(member),
            "body" => {
                let found = self.value(member, "JSON", |_| true);
                entry.content = found.map_or(Content::Nothing, Content::Json);
            }
            "text" => {
                let found = self.value(member, "a text", |_| true);
                entry.content = found.map_or(Content::Nothing, Content::Text);
            }
            "file" => entry.content = self.content_of_file(member),
            "lines" => {
                let found = self.value(member, "a list of JSON values, one a line", |_| true);
                entry.content = found.map_or(Content::Nothing, Content::Lines);
            }
            "delay" => {
                let is_one = |text: &String| find_duration(text).is_some();
                let found = self.value(member, "a duration such as `\"200ms\"`", is_one);
                let delay = found.and_then(|text| find_duration(&text));
                entry.delay = delay.unwrap_or_default();
            }
            "cut" => {
                let found = self.value(member, "`true` or `false`", |_| true);
                entry.is_cut = found.unwrap_or_default();
            }
            unknown => {
                let message = format!("an answer has no `{unknown}`");
                let known = suggest(unknown, KEYS).or_else(|| {
                    let keys: Vec<String> = KEYS.iter().map(|key| format!("`{key}`")).collect();
                    Some(format!("known here: {}", keys.join(", ")))
                });
                let mistake = Diagnostic::error(message).at(self.file.span(member.key_at.clone()));
                self.mistakes.push(mistake.help_if(known));
            }
        }
    }

    /// What stands there, if it is as expected.
    fn value<T: DeserializeOwned>(
        &mut self,
        member: &Member,
        expected: &str,
        is_fit: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let text = &self.text[member.value_at.clone()];
        let found = serde_json::from_str(text).ok().filter(is_fit);
        if found.is_none() {
            let message = format!("`{}`: expected {expected}", member.key);
            self.mistake(member.value_at.clone(), message);
        }
        found
    }

    fn arguments(&mut self, member: &Member) -> Map<String, Value> {
        let expected = "an object of arguments";
        let Some(arguments) = self.value::<Map<String, Value>>(member, expected, |_| true) else {
            return Map::new();
        };
        let Resource {
            path_arguments,
            required,
            optional,
            ..
        } = self.resource;
        let names = path_arguments.iter().chain(required);
        let names = names.chain(optional.iter().map(|argument| &argument.name));
        let names: Vec<&str> = names.map(String::as_str).collect();
        for given in places::members(self.text, &member.value_at) {
            if names.contains(&given.key.as_str()) {
                continue;
            }
            let message = format!(
                "`{}` has no argument `{}`",
                self.resource.signature(),
                given.key
            );
            let mistake = Diagnostic::error(message).at(self.file.span(given.key_at));
            let help = suggest(&given.key, names.iter().copied());
            self.mistakes.push(mistake.help_if(help));
        }
        arguments
    }

    fn headers(&mut self, member: &Member) -> Vec<(String, String)> {
        let expected = "an object of texts, or of lists of them";
        let Some(fields) = self.value::<Map<String, Value>>(member, expected, |_| true) else {
            return Vec::new();
        };
        let mut headers = Vec::new();
        for field in places::members(self.text, &member.value_at) {
            // A list is of a field that is sent several times.
            let values = match fields.get(&field.key) {
                Some(Value::Array(values)) => &values[..],
                value => value.map(std::slice::from_ref).unwrap_or_default(),
            };
            // What cannot be sent makes another answer of it.
            let is_fit = |value: &&str| {
                let reply = Reply::status(200).with_header(field.key.clone(), (*value).to_owned());
                reply.code() == 200
            };
            let values = values.iter().map(|value| value.as_str().filter(is_fit));
            match values.collect::<Option<Vec<&str>>>() {
                Some(values) => {
                    let fields = values.into_iter();
                    headers.extend(fields.map(|value| (field.key.clone(), value.to_owned())));
                }
                None => self.mistake(
                    field.key_at,
                    format!("`{}` is no header field that can be sent", field.key),
                ),
            }
        }
        headers
    }

    fn content_of_file(&mut self, member: &Member) -> Content {
        let Some(name) = self.value::<String>(member, "the name of a file", |_| true) else {
            return Content::Nothing;
        };
        let path = self.folder.join(&name);
        if let Err(error) = Accept::RegularFiles.read(&path) {
            let message = format!("cannot read `{}`: {error}", path.display());
            self.mistake(member.value_at.clone(), message);
        }
        Content::File(path)
    }
}
