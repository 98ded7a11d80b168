//! A call of a RESOURCE with its arguments: the path they fill, and what is sent beside it.

use micro_api::Value;
use micro_api::serde_json::{Map, Number};
use micro_api::units::find_bool;
use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};

use super::trace::{HIDDEN, Secrets};
use crate::config::{OptionalArgument, Resource, ValueKind, names_secret};
use crate::diagnostics::suggest;

/// What is not encoded of a value: RFC 3986 section 2.3. Nothing else could be structure, neither
/// of a path nor of a query.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// What the definition's own words of a path cannot hold as they are.
const LITERAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'`');

/// A call, before it is known how its body is sent.
#[derive(Clone)]
pub struct Prepared {
    /// Path and perhaps a query, to be joined to the URL of the connection.
    pub path: String,
    /// The path as it may be shown, with `***` for arguments that are secrets; nothing where it has
    /// none, and may be shown as it is.
    pub shown_path: Option<String>,
    /// The arguments that are not in the path: an object, or null if there are none.
    pub body: Value,
    /// What is a secret though no name says so where it stands in the message.
    pub secrets: Secrets,
}

/// Gives the arguments of a call their places: by position those of the path, then the required
/// ones; by name any. Optional ones that are not given have their default, or are left out.
///
/// # Errors
///
/// The arguments are not those of the resource, or one cannot be in the path: one sentence. It
/// shows no value.
pub fn prepare(
    connection: &str,
    resource: &Resource,
    arguments: &[Value],
    named: &Map<String, Value>,
) -> Result<Prepared, String> {
    let call = Call {
        connection,
        resource,
        given: match_arguments(connection, resource, arguments, named)?,
    };
    Ok(Prepared {
        path: call.path(false)?,
        shown_path: call.shown_path()?,
        body: call.body()?,
        secrets: call.secrets(),
    })
}

/// Words of a definition's path, as they are sent.
#[must_use]
pub fn encode_literal(text: &str) -> String {
    utf8_percent_encode(text, LITERAL).to_string()
}

/// A value as it is sent within a path.
#[must_use]
pub fn encode_value(text: &str) -> String {
    utf8_percent_encode(text, VALUE).to_string()
}

fn signature(connection: &str, resource: &Resource) -> String {
    format!("{connection}.{}", resource.signature())
}

fn match_arguments<'v>(
    connection: &str,
    resource: &'v Resource,
    arguments: &'v [Value],
    named: &'v Map<String, Value>,
) -> Result<Vec<(&'v str, &'v Value)>, String> {
    let signature = || signature(connection, resource);
    let needed = resource.path_arguments.iter().chain(&resource.required);
    let needed: Vec<&str> = needed.map(String::as_str).collect();
    let wrong_count = |found: usize| {
        let plural = if needed.len() == 1 { "" } else { "s" };
        format!(
            "`{}` takes {} argument{plural}, found {found}",
            signature(),
            needed.len()
        )
    };
    if arguments.len() > needed.len() {
        return Err(wrong_count(arguments.len()));
    }
    let by_place = needed.iter().copied().zip(arguments);
    let mut given: Vec<(&str, &Value)> = by_place.collect();
    let optional = resource.optional.iter();
    let names: Vec<&str> = needed
        .iter()
        .copied()
        .chain(optional.map(|o| o.name.as_str()))
        .collect();
    for (name, value) in named {
        if !names.contains(&name.as_str()) {
            let help = suggest(name, names.iter().copied());
            let help = help.map(|help| format!(": {help}")).unwrap_or_default();
            return Err(format!("`{}` has no argument `{name}`{help}", signature()));
        }
        if given.iter().any(|(known, _)| known == name) {
            let signature = signature();
            return Err(format!("argument `{name}` of `{signature}` is given twice"));
        }
        given.push((name, value));
    }
    let is_given = |name: &&&str| given.iter().any(|(known, _)| known == *name);
    match needed.iter().filter(is_given).count() {
        count if count < needed.len() => Err(wrong_count(count)),
        _ => Ok(given),
    }
}

struct Call<'c> {
    connection: &'c str,
    resource: &'c Resource,
    given: Vec<(&'c str, &'c Value)>,
}

impl Call<'_> {
    fn find(&self, name: &str) -> Option<&Value> {
        let found = self.given.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }

    fn shown_path(&self) -> Result<Option<String>, String> {
        let mut arguments = self.resource.path_arguments.iter();
        match arguments.any(|name| self.resource.is_secret(name)) {
            true => self.path(true).map(Some),
            false => Ok(None),
        }
    }

    // As it is sent, or as it is shown.
    fn path(&self, is_shown: bool) -> Result<String, String> {
        if self.resource.path_arguments.is_empty() {
            return Ok(encode_literal(&self.resource.path));
        }
        let (path, query) = match self.resource.path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.resource.path.as_str(), None),
        };
        let segments: Result<Vec<String>, String> = path
            .split('/')
            .map(|segment| self.segment(segment, is_shown))
            .collect();
        let mut filled = segments?.join("/");
        if let Some(query) = query {
            filled.push('?');
            filled.push_str(&self.fill(query, is_shown, |_, _| Ok(()))?);
        }
        Ok(filled)
    }

    // RFC 3986 section 5.2.4: a segment of dots would change the path, also when it is encoded. Many
    // servers decode `%2F` before they look for such segments, so a slash within a value makes two.
    fn segment(&self, template: &str, is_shown: bool) -> Result<String, String> {
        let mut blame = None;
        let segment = self.fill(template, is_shown, |name, text| {
            blame = Some(name.to_owned());
            match text.is_empty() {
                true => Err(self.sentence(name, "must not be empty in the path")),
                false => Ok(()),
            }
        })?;
        match blame {
            Some(name) if leads_elsewhere(&segment) => {
                let what = "makes a part of the path `.` or `..`, which leads elsewhere";
                Err(self.sentence(&name, what))
            }
            _ => Ok(segment),
        }
    }

    fn fill(
        &self,
        template: &str,
        is_shown: bool,
        mut check: impl FnMut(&str, &str) -> Result<(), String>,
    ) -> Result<String, String> {
        let literal = |text| utf8_percent_encode(text, LITERAL);
        let (mut filled, mut rest) = (String::new(), template);
        while let Some((before, behind)) = rest.split_once('{')
            && let Some((name, behind)) = behind.split_once('}')
        {
            let text = self.path_text(name)?;
            check(name, &text)?;
            filled.extend(literal(before));
            match is_shown && self.resource.is_secret(name) {
                true => filled.push_str(HIDDEN),
                false => filled.extend(utf8_percent_encode(&text, VALUE)),
            }
            rest = behind;
        }
        filled.extend(literal(rest));
        Ok(filled)
    }

    fn path_text(&self, name: &str) -> Result<String, String> {
        let kind = match self.find(name) {
            Some(Value::String(text)) => return Ok(text.clone()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => return Ok(value.to_string()),
            Some(Value::Null) | None => "null",
            Some(Value::Array(_)) => "a list",
            Some(Value::Object(_)) => "an object",
        };
        let what = format!("is {kind}, expected a text, a number or a truth value for the path");
        Err(self.sentence(name, &what))
    }

    fn body(&self) -> Result<Value, String> {
        let mut body = Map::new();
        for name in &self.resource.required {
            let value = self.find(name).cloned();
            body.insert(name.clone(), value.unwrap_or_default());
        }
        for argument in &self.resource.optional {
            let value = match self.find(&argument.name) {
                Some(value) => Some(value.clone()),
                None => self.default(argument)?,
            };
            body.extend(value.map(|value| (argument.name.clone(), value)));
        }
        Ok(match body.is_empty() {
            true => Value::Null,
            false => Value::Object(body),
        })
    }

    fn default(&self, argument: &OptionalArgument) -> Result<Option<Value>, String> {
        let Some(default) = &argument.default else {
            return Ok(None);
        };
        let value = match argument.kind {
            ValueKind::Int => default.parse().ok().map(|n: i64| Value::Number(n.into())),
            ValueKind::Float => default
                .parse()
                .ok()
                .and_then(Number::from_f64)
                .map(Value::Number),
            ValueKind::Bool => find_bool(default).map(Value::Bool),
            _ => Some(Value::String(default.clone())),
        };
        match value {
            Some(value) => Ok(Some(value)),
            None => {
                let what = format!("has a default that is not {}", argument.kind.expected());
                Err(self.sentence(&argument.name, &what))
            }
        }
    }

    // Values, too: functions may put them elsewhere, and answers may repeat them.
    fn secrets(&self) -> Secrets {
        let Resource {
            path_arguments,
            required,
            optional,
            ..
        } = self.resource;
        let mut secrets = Secrets::default();
        let needed = path_arguments.iter().chain(required);
        let needed = needed.filter(|name| self.resource.is_secret(name));
        let needed = needed.filter_map(|name| self.find(name).and_then(text_of));
        secrets.values.extend(needed);
        for argument in optional.iter().filter(|one| one.is_secret()) {
            // Unless only its setting says so, its name is known to be that of one.
            if !names_secret(&argument.name) {
                secrets.names.push(argument.name.clone());
            }
            secrets.values.extend(match self.find(&argument.name) {
                Some(value) => text_of(value),
                None => argument.default.clone(),
            });
        }
        secrets
    }

    fn sentence(&self, name: &str, what: &str) -> String {
        let signature = signature(self.connection, self.resource);
        format!("argument `{name}` of `{signature}` {what}")
    }
}

/// A text or a number, as it may be looked for.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a segment has dots alone somewhere, as a server sees it that decodes first.
fn leads_elsewhere(segment: &str) -> bool {
    let decoded = percent_decode_str(segment).decode_utf8_lossy();
    let mut parts = decoded.split(['/', '\\']);
    parts.any(|part| part == "." || part == "..")
}

#[cfg(test)]
mod tests;
