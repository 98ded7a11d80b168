//! JSON: `{"name": "blog", "tags": ["a", "b"], "parameters": {"size": 7}}`.

use micro_api::serde_json::Map;
use micro_api::{Value, kind_of, serde_json};

use super::PayloadLimits;
use crate::problem::Problem;

/// A JSON object.
#[derive(Debug, Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// Reads it; no content at all is no fields.
    ///
    /// # Errors
    ///
    /// 400 if it is anything else.
    pub(super) fn read(body: &[u8]) -> Result<Object, Problem> {
        if body.trim_ascii().is_empty() {
            return Ok(Object::default());
        }
        let found = match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => return Ok(Object(fields)),
            Ok(Value::Null) => return Ok(Object::default()),
            Ok(other) => format!("the content is {}", kind_of(&other)),
            Err(error) => format!("the content is no JSON ({error})"),
        };
        Err(Problem::new(
            400,
            format!("{found}: expected a JSON object"),
        ))
    }

    /// The text of a field.
    ///
    /// # Errors
    ///
    /// 400 if it is something else.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(wrong(name, other, "a string")),
        }
    }

    /// The texts of a field.
    ///
    /// # Errors
    ///
    /// 400 if they are something else.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, Problem> {
        let items = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(other) => return Err(wrong(name, other, "an array of strings")),
        };
        let mut texts = Vec::new();
        for item in items {
            match item {
                Value::String(text) if text.is_empty() => {}
                Value::String(text) => texts.push(text.clone()),
                other => return Err(wrong(&format!("{name}[]"), other, "a string")),
            }
        }
        Ok(texts)
    }

    /// The parameters.
    ///
    /// # Errors
    ///
    /// 400 if they are no object, too many, or too deep.
    pub(super) fn parameters(&self, limits: &PayloadLimits) -> Result<Option<Value>, Problem> {
        const NAME: &str = "parameters";
        let parameters = match self.0.get(NAME) {
            None | Some(Value::Null) => return Ok(None),
            Some(parameters @ Value::Object(_)) => parameters,
            Some(other) => return Err(wrong(NAME, other, "an object")),
        };
        let (count, depth) = measure(parameters);
        let what = if count > limits.parameters_max {
            format!("there are more than {} parameters", limits.parameters_max)
        } else if depth > limits.parameter_depth_max {
            let most = limits.parameter_depth_max;
            format!("there are more than {most} parameters in one another")
        } else {
            return Ok(Some(parameters.clone()));
        };
        Err(Problem::new(400, format!("{what}: expected fewer")).about(NAME))
    }
}

fn wrong(name: &str, found: &Value, expected: &str) -> Problem {
    let found = kind_of(found);
    let why = format!("`{name}` is {found}: expected {expected}");
    Problem::new(400, why).about(name.trim_end_matches("[]"))
}

/// How many values there are, and how deep they are within one another. What is read is not deeper
/// than the stack.
fn measure(value: &Value) -> (usize, usize) {
    let inner: Vec<(usize, usize)> = match value {
        Value::Array(items) => items.iter().map(measure).collect(),
        Value::Object(fields) => fields.values().map(measure).collect(),
        _ => return (1, 0),
    };
    let depth = inner.iter().map(|(_, depth)| depth + 1).max();
    let count: usize = inner.iter().map(|(count, _)| count).sum();
    // An empty one is a value, too.
    (count.max(1), depth.unwrap_or(0))
}
