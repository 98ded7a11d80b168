//! Parameters of a form, put together again to a value.
//!
//! tsuru takes them apart as the Go package `form` does: a dot between the names that lead to a
//! value, a backslash before a dot or a backslash that belongs to a name, and the items of a list
//! under their numbers.

use std::collections::BTreeMap;

use micro_api::Value;
use micro_api::serde_json::Map;

/// What stands under a name.
#[derive(Debug, Default)]
pub(super) struct Tree(BTreeMap<String, Node>);

#[derive(Debug)]
enum Node {
    Text(String),
    Inner(Tree),
}

impl Tree {
    /// Puts a text where a path leads; false if something else is there.
    pub(super) fn insert(&mut self, path: &[String], text: &str) -> bool {
        let Some((name, rest)) = path.split_first() else {
            return false;
        };
        if rest.is_empty() {
            let text = Node::Text(text.to_owned());
            return self.0.insert(name.clone(), text).is_none();
        }
        let inner = || Node::Inner(Tree::default());
        match self.0.entry(name.clone()).or_insert_with(inner) {
            Node::Inner(tree) => tree.insert(rest, text),
            Node::Text(_) => false,
        }
    }

    /// The value: a list if the names are the numbers from 0 on, else an object. The parameters
    /// themselves are always an object.
    pub(super) fn into_value(self) -> Value {
        Value::Object(self.into_fields())
    }

    fn into_fields(self) -> Map<String, Value> {
        let fields = self.0.into_iter();
        fields
            .map(|(name, node)| (name, node.into_value()))
            .collect()
    }

    fn is_list(&self) -> bool {
        (0..self.0.len()).all(|number| self.0.contains_key(&number.to_string()))
    }
}

impl Node {
    fn into_value(self) -> Value {
        match self {
            Node::Text(text) => Value::String(text),
            Node::Inner(tree) if tree.is_list() => {
                let mut fields = tree.into_fields();
                let items =
                    (0..fields.len()).filter_map(|number| fields.remove(&number.to_string()));
                let numbers = items.collect::<Vec<Value>>();
                Value::Array(numbers)
            }
            Node::Inner(tree) => Value::Object(tree.into_fields()),
        }
    }
}

/// The names that a path is made of.
pub(super) fn split(path: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        let last = names.last_mut().expect("there is always one");
        match character {
            '.' => names.push(String::new()),
            '\\' => match characters.next() {
                Some(escaped @ ('.' | '\\')) => last.push(escaped),
                Some(other) => last.extend(['\\', other]),
                None => last.push('\\'),
            },
            other => last.push(other),
        }
    }
    names
}
