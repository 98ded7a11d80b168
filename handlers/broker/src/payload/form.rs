//! A form: `name=blog&tags=a&tags=b&parameters.size=7`.

use micro_api::{Value, quoted};

use super::parameters::{Tree, split};
use super::{Field, PayloadLimits};
use crate::problem::Problem;

/// A form.
#[derive(Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// 400 if it is not UTF-8.
    pub(super) fn read(body: &[u8]) -> Result<Form, Problem> {
        let mut pairs = Vec::new();
        for part in body
            .split(|&byte| byte == b'&')
            .filter(|part| !part.is_empty())
        {
            let end = part.iter().position(|&byte| byte == b'=');
            let (name, value) = part.split_at(end.unwrap_or(part.len()));
            let value = value.strip_prefix(b"=").unwrap_or(value);
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Form(pairs))
    }

    /// The text of a field.
    ///
    /// # Errors
    ///
    /// 400 if it is there twice, and not the same.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        let mut values = self.values(name);
        let Some(first) = values.next() else {
            return Ok(None);
        };
        if values.any(|value| value != first) {
            let why = format!("`{name}` is there twice: expected it once");
            return Err(Problem::new(400, why).about(name));
        }
        Ok(Some(first.to_owned()))
    }

    /// The texts of a field that is repeated.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let values = self.values(name).filter(|value| !value.is_empty());
        values.map(str::to_owned).collect()
    }

    /// The parameters: `parameters.a.b=1` is a field `b` in `a`, `parameters.l.0=x` the first item of a
    /// list.
    ///
    /// # Errors
    ///
    /// 400 if they contradict one another, are too many, or too deep.
    pub(super) fn parameters(&self, limits: &PayloadLimits) -> Result<Option<Value>, Problem> {
        let mut tree = Tree::default();
        let mut count = 0;
        for (name, value) in &self.0 {
            let Some(path) = name.strip_prefix("parameters.") else {
                continue;
            };
            count += 1;
            let path = split(path);
            let why = if count > limits.parameters_max {
                let most = limits.parameters_max;
                format!("there are more than {most} parameters: expected fewer")
            } else if path.len() > limits.parameter_depth_max {
                let (found, most) = (quoted(name), limits.parameter_depth_max);
                format!("{found} is deeper than {most} parameters in one another: expected fewer")
            } else if !tree.insert(&path, value) {
                let found = quoted(name);
                format!("{found} contradicts another parameter: expected one value for each")
            } else {
                continue;
            };
            return Err(Problem::new(400, why).about(Field::PARAMETERS.form));
        }
        Ok((count > 0).then(|| tree.into_value()))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let pairs = self.0.iter().filter(move |(there, _)| there == name);
        pairs.map(|(_, value)| value.as_str())
    }
}

/// Decodes a name or a value, where `+` is a blank.
fn decode(encoded: &[u8]) -> Result<String, Problem> {
    let plain: Vec<u8> = encoded
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    let text = micro_api::host::decode_percent(&plain);
    text.map(std::borrow::Cow::into_owned).ok_or_else(|| {
        let found = quoted(&String::from_utf8_lossy(encoded));
        Problem::new(400, format!("{found} is no UTF-8: expected a form"))
    })
}
