//! The arguments of a call, as they are written behind the name of a RESOURCE.

use std::io::Read;
use std::path::Path;

use micro_api::Value;
use micro_api::serde_json::{self, Map};

/// The arguments of a call.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Given {
    pub(super) by_position: Vec<Value>,
    pub(super) by_name: Map<String, Value>,
}

/// Reads arguments: `name=text`, `name:=JSON`, each without its name by position, and `@FILE` for what
/// is in a file. `is_input_free` says whether the standard input is there to be read.
///
/// # Errors
///
/// If one is written wrongly, or its file cannot be read: a sentence, which shows no value.
pub(super) fn parse<'w>(
    words: impl Iterator<Item = &'w String>,
    mut is_input_free: bool,
) -> Result<Given, String> {
    let mut given = Given::default();
    for word in words {
        let word = Word::new(word);
        let value = word.value(&mut is_input_free)?;
        if word.name.is_empty() {
            given.by_position.push(value);
        } else if given.by_name.insert(word.name.to_owned(), value).is_some() {
            return Err(format!("argument `{}` is given twice", word.name));
        }
    }
    Ok(given)
}

struct Word<'w> {
    /// Empty by position.
    name: &'w str,
    is_json: bool,
    text: &'w str,
}

impl<'w> Word<'w> {
    fn new(word: &'w str) -> Word<'w> {
        let (name, text) = match word.split_once('=') {
            Some((name, text)) if !word.starts_with('@') => (name, text),
            _ => ("", word),
        };
        Word {
            name: name.strip_suffix(':').unwrap_or(name),
            is_json: name.ends_with(':'),
            text,
        }
    }

    fn value(&self, is_input_free: &mut bool) -> Result<Value, String> {
        let text = match self.text.strip_prefix('@') {
            Some(path) => read(path, is_input_free)?,
            None => self.text.to_owned(),
        };
        if !self.is_json {
            return Ok(text.into());
        }
        let name = self.name;
        serde_json::from_str(&text).map_err(|error| {
            format!("`{name}:=` expects JSON, such as `5` or `[\"a\"]`, found none: {error}")
        })
    }
}

fn read(path: &str, is_input_free: &mut bool) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("cannot read `{path}`: {error}");
    if path != "-" {
        return std::fs::read_to_string(Path::new(path)).map_err(failed);
    }
    if !std::mem::replace(is_input_free, false) {
        return Err("the standard input can be read only once".to_owned());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use micro_api::json;

    use super::*;

    fn parsed(words: &[&str]) -> Result<(Value, Value), String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let given = parse(words.iter(), true)?;
        Ok((given.by_position.into(), given.by_name.into()))
    }

    #[test]
    fn a_word_says_its_name_and_kind() {
        for (word, by_position, by_name) in [
            ("a", json!(["a"]), json!({})),
            ("", json!([""]), json!({})),
            ("a=b", json!([]), json!({"a": "b"})),
            ("a=", json!([]), json!({"a": ""})),
            ("a=5", json!([]), json!({"a": "5"})),
            ("a=b=c", json!([]), json!({"a": "b=c"})),
            ("a=b:=c", json!([]), json!({"a": "b:=c"})),
            ("a:=5", json!([]), json!({"a": 5})),
            (
                "a:=[1,{\"b\":null}]",
                json!([]),
                json!({"a": [1, {"b": null}]}),
            ),
            (":=true", json!([true]), json!({})),
            (":=\"a=b\"", json!(["a=b"]), json!({})),
            ("=a=b", json!(["a=b"]), json!({})),
            ("a:b", json!(["a:b"]), json!({})),
        ] {
            assert_eq!(parsed(&[word]), Ok((by_position, by_name)), "{word}");
        }
    }

    #[test]
    fn a_mistake_shows_no_value() {
        let expected = "`a:=` expects JSON, such as `5` or `[\"a\"]`, found none: ";
        let error = parsed(&["a:=hunter2"]).expect_err("it is no JSON");
        assert!(
            error.starts_with(expected) && !error.contains("hunter2"),
            "{error}"
        );
        let twice = parsed(&["a=1", "a:=2"]);
        assert_eq!(twice, Err("argument `a` is given twice".to_owned()));
    }
}
