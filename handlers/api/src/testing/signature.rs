//! The arguments of a mocked RESOURCE, as `micro connections` lists them.

use serde_json::Map;

use crate::Value;
use crate::host::Call;

/// `connection.resource`, perhaps with the arguments that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) connection: String,
    pub(super) resource: String,
    parameters: Option<Parameters>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Parameters {
    required: Vec<String>,
    optional: Vec<String>,
}

impl Signature {
    /// Reads `docker.create`, or `docker.create(name, image, [limit=10])`.
    ///
    /// # Panics
    ///
    /// If it is neither.
    pub(super) fn expect(text: &str) -> Signature {
        let (name, parameters) = match text.split_once('(') {
            None => (text, None),
            Some((name, list)) => {
                let list = list.strip_suffix(')').unwrap_or_else(|| misspelt(text));
                (name, Some(Parameters::read(list)))
            }
        };
        let (connection, resource) = name.split_once('.').unwrap_or_else(|| misspelt(text));
        Signature {
            connection: connection.to_owned(),
            resource: resource.to_owned(),
            parameters,
        }
    }

    /// The arguments of a call by name, if it is said which there are.
    ///
    /// # Errors
    ///
    /// If the call would not be made: one sentence.
    pub(super) fn name(&self, call: &Call) -> Result<Map<String, Value>, String> {
        let Some(parameters) = &self.parameters else {
            return Ok(call.named.clone());
        };
        parameters.name(call).map_err(|sentence| {
            let Call {
                connection,
                resource,
                ..
            } = call;
            format!("`{connection}.{resource}` {sentence}")
        })
    }
}

fn misspelt(text: &str) -> ! {
    panic!(
        "`{text}` is no resource of a connection, expected one such as `docker.create` or \
         `docker.create(name, image, [limit])`"
    )
}

impl Parameters {
    fn read(list: &str) -> Parameters {
        let mut parameters = Parameters::default();
        let mut rest = list.trim();
        while !rest.is_empty() {
            let (one, behind) = split_first(rest);
            match one.strip_prefix('[') {
                None if one.is_empty() => {}
                None => parameters.required.push(one.to_owned()),
                Some(optional) => {
                    let name = optional.split(['=', ']']).next().unwrap_or_default();
                    parameters.optional.push(name.to_owned());
                }
            }
            rest = behind;
        }
        parameters
    }

    fn name(&self, call: &Call) -> Result<Map<String, Value>, String> {
        let (takes, found) = (self.required.len(), call.arguments.len());
        if found > takes {
            return Err(format!(
                "takes {takes} arguments by position, found {found}"
            ));
        }
        let by_position = self.required.iter().cloned().zip(call.arguments.clone());
        let mut named: Map<String, Value> = by_position.collect();
        for (name, value) in &call.named {
            if !self.required.contains(name) && !self.optional.contains(name) {
                return Err(format!("takes no argument `{name}`"));
            }
            if named.insert(name.clone(), value.clone()).is_some() {
                return Err(format!("is given argument `{name}` twice"));
            }
        }
        match self.required.iter().find(|name| !named.contains_key(*name)) {
            Some(missing) => Err(format!("is not given argument `{missing}`")),
            None => Ok(named),
        }
    }
}

/// The first of a list, and those behind it. A default may have commas and brackets of its own.
fn split_first(list: &str) -> (&str, &str) {
    let end = match list.starts_with('[') {
        true => "],",
        false => ",",
    };
    let (one, behind) = list.split_once(end).unwrap_or((list, ""));
    (one.trim(), behind.trim())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(signature: &str, arguments: Value, named: Value) -> Result<Value, String> {
        let call = Call {
            connection: "docker".to_owned(),
            resource: "create".to_owned(),
            arguments: arguments.as_array().expect("a list").clone(),
            named: named.as_object().expect("an object").clone(),
            ..Call::default()
        };
        Signature::expect(signature).name(&call).map(Value::Object)
    }

    #[test]
    fn arguments_get_their_names() {
        let signature = "docker.create(name, image, [limit=10])";
        let all = json!({"name": "a", "image": "b", "limit": 1});
        let named = name(signature, json!(["a", "b"]), json!({"limit": 1}));
        assert_eq!(named, Ok(all.clone()));
        assert_eq!(name(signature, json!([]), all.clone()), Ok(all));
        assert_eq!(name("docker.create()", json!([]), json!({})), Ok(json!({})));
        let with_commas = "docker.create(id, [fields=a, b], [of=(x)])";
        let all = json!({"id": 1, "fields": "c", "of": "y"});
        let named = json!({"fields": "c", "of": "y"});
        assert_eq!(name(with_commas, json!([1]), named), Ok(all));
        let unchecked = name("docker.create", json!([1, 2, 3]), json!({"x": 1}));
        assert_eq!(unchecked, Ok(json!({"x": 1})));
    }

    #[test]
    fn a_call_that_no_service_would_make_is_refused() {
        let signature = "docker.create(name, image, [limit=10])";
        for (arguments, named, sentence) in [
            (json!(["a"]), json!({}), "is not given argument `image`"),
            (
                json!(["a", "b", "c"]),
                json!({}),
                "takes 2 arguments by position, found 3",
            ),
            (
                json!(["a", "b"]),
                json!({"name": "c"}),
                "is given argument `name` twice",
            ),
            (
                json!(["a", "b"]),
                json!({"limt": 1}),
                "takes no argument `limt`",
            ),
        ] {
            let expected = format!("`docker.create` {sentence}");
            assert_eq!(name(signature, arguments, named), Err(expected));
        }
    }
}
