//! The arguments of a call as they have arrived, compared with what its RESOURCE declares.

use form_urlencoded::parse;
use micro_api::serde_json::{self, Map};
use micro_api::{Method, Request, Value};

use super::sites::{Part, parts, path_of};
use crate::config::Resource;
use crate::diagnostics::suggest;

/// A RESOURCE, as its calls look from the other side.
pub(super) struct Shape {
    pub(super) connection: String,
    pub(super) resource: Resource,
    /// The arguments in the path, in the order of the route's groups.
    path: Vec<String>,
    /// The query that the path has already: names, and templates of values.
    query: Vec<(String, String)>,
}

impl Shape {
    pub(super) fn new(connection: &str, resource: &Resource) -> Shape {
        let path = path_of(&resource.path);
        let names = parts(&path).into_iter().filter_map(|part| match part {
            Part::Argument(name) => Some(name.to_owned()),
            Part::Literal(_) => None,
        });
        let query = resource.path.split_once('?').map_or("", |(_, query)| query);
        Shape {
            connection: connection.to_owned(),
            resource: resource.clone(),
            path: names.collect(),
            query: parse(query.as_bytes()).into_owned().collect(),
        }
    }

    /// The arguments of a call.
    ///
    /// # Errors
    ///
    /// If they are not those of the resource: a sentence, which shows no value.
    pub(super) fn arguments(&self, request: &Request) -> Result<Map<String, Value>, String> {
        let mut arguments = Map::new();
        for (position, name) in self.path.iter().enumerate() {
            let text: String = request
                .arg(position)
                .map_err(|error| error.message().to_owned())?;
            arguments.insert(name.clone(), text.into());
        }
        let mut rest: Vec<(String, String)> = request
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        for (name, template) in &self.query {
            let mut given = rest.iter();
            let at = given
                .position(|(known, value)| known == name && fill(template, value, &mut arguments));
            let at = at.ok_or_else(|| {
                self.sentence(&format!(
                    "has `{name}={template}` in its query, which is missing"
                ))
            })?;
            rest.remove(at);
        }
        let mut others = gather(rest);
        others.extend(self.content(request)?);
        self.check(&others)?;
        arguments.extend(others);
        Ok(arguments)
    }

    fn content(&self, request: &Request) -> Result<Map<String, Value>, String> {
        let is_query = matches!(self.resource.method, Method::Get | Method::Head);
        if is_query || request.body().is_empty() {
            return Ok(Map::new());
        }
        let media_type = request.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let expected = match self.resource.is_form {
            true => "application/x-www-form-urlencoded",
            false => "application/json",
        };
        if !media_type.eq_ignore_ascii_case(expected) {
            // What `setup=` makes of a request is its own business.
            return match self.resource.setup {
                Some(_) => Ok(Map::new()),
                None => Err(self.sentence(&format!(
                    "is sent as `{expected}`, found `{}`",
                    media_type.escape_debug()
                ))),
            };
        }
        if self.resource.is_form {
            let pairs = request.form_pairs();
            let owned = pairs.map(|(name, value)| (name.into_owned(), value.into_owned()));
            return Ok(gather(owned));
        }
        match serde_json::from_slice(request.body()) {
            Ok(Value::Object(members)) => Ok(members),
            _ if self.resource.setup.is_some() => Ok(Map::new()),
            Ok(_) => Err(self.sentence("is sent as an object, found other JSON")),
            Err(error) => Err(self.sentence(&format!("is sent as JSON, found none: {error}"))),
        }
    }

    /// Whether these are the arguments beside those in the path.
    fn check(&self, given: &Map<String, Value>) -> Result<(), String> {
        let Resource {
            required,
            optional,
            setup,
            ..
        } = &self.resource;
        if setup.is_some() {
            return Ok(());
        }
        let optional = optional.iter().map(|argument| &argument.name);
        let known: Vec<&str> = required
            .iter()
            .chain(optional)
            .map(String::as_str)
            .collect();
        for name in given.keys() {
            if !known.contains(&name.as_str()) {
                let help = suggest(name, known.iter().copied());
                let help = help.map(|help| format!(": {help}")).unwrap_or_default();
                return Err(self.sentence(&format!("has no argument `{name}`{help}")));
            }
        }
        match required.iter().find(|name| !given.contains_key(*name)) {
            Some(missing) => Err(self.sentence(&format!("requires `{missing}`, which is missing"))),
            None => Ok(()),
        }
    }

    fn sentence(&self, what: &str) -> String {
        format!("`{}.{}` {what}", self.connection, self.resource.signature())
    }

    /// Its name, for people.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.connection, self.resource.name)
    }
}

/// Names and values; of a name that is there more than once, a list.
fn gather(pairs: impl IntoIterator<Item = (String, String)>) -> Map<String, Value> {
    let mut gathered = Map::new();
    for (name, value) in pairs {
        match gathered.get_mut(&name) {
            None => {
                gathered.insert(name, value.into());
            }
            Some(Value::Array(values)) => values.push(value.into()),
            Some(first) => *first = Value::Array(vec![first.take(), value.into()]),
        }
    }
    gathered
}

/// Reads the arguments out of a text that a template was filled to; no if it was not.
fn fill(template: &str, text: &str, arguments: &mut Map<String, Value>) -> bool {
    let parts = parts(template);
    let (mut rest, mut found) = (text, Vec::new());
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(literal) => match rest.strip_prefix(literal) {
                Some(behind) => rest = behind,
                None => return false,
            },
            Part::Argument(name) => {
                let end = match parts.get(at + 1) {
                    Some(Part::Literal(literal)) => rest.find(literal),
                    Some(Part::Argument(_)) => Some(0),
                    None => Some(rest.len()),
                };
                let Some(end) = end else { return false };
                found.push(((*name).to_owned(), Value::from(&rest[..end])));
                rest = &rest[end..];
            }
        }
    }
    if !rest.is_empty() {
        return false;
    }
    arguments.extend(found);
    true
}

#[cfg(test)]
mod tests {
    use micro_api::json;

    use super::*;

    #[test]
    fn a_template_gives_back_what_it_was_filled_with() {
        for (template, text, expected) in [
            ("{a}", "x", Some(json!({"a": "x"}))),
            ("{a}", "", Some(json!({"a": ""}))),
            ("x", "x", Some(json!({}))),
            ("x", "y", None),
            ("x{a}-{b}z", "x1-2z", Some(json!({"a": "1", "b": "2"}))),
            ("x{a}z", "x1zz", None),
            ("x{a}z", "y1z", None),
        ] {
            let mut arguments = Map::new();
            let is_filled = fill(template, text, &mut arguments);
            let found = is_filled.then(|| Value::Object(arguments));
            assert_eq!(found, expected, "{template} {text}");
        }
    }
}
