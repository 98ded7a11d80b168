//! The arguments of a handler, from the groups of its route and from the request's content.

use std::borrow::Cow;
use std::rc::Rc;

use micro_api::host::{Argument, Convert, Names, Parts, Span, argument_label, decode_percent};
use micro_api::{Error, Value};

use super::content::{Content, Encoded, Found};
use super::convert::Converter;
use crate::config::{self, Group, Reference};

/// What fills in the arguments of one endpoint.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// The names of groups, then those of CONTENT lines.
    names: Rc<Names>,
    groups: Vec<Converter>,
    content: Vec<Line>,
}

/// A CONTENT line.
#[derive(Clone, Debug)]
struct Line {
    converter: Converter,
    is_required: bool,
    default: Option<Value>,
}

impl Arguments {
    /// The arguments of an endpoint: the groups of its route and its CONTENT lines. `lookup`
    /// gives the functions that are named as types.
    #[must_use]
    pub fn new(
        groups: &[Group],
        content: &[config::Content],
        lookup: &dyn Fn(&Reference) -> Convert,
    ) -> Arguments {
        let names = groups.iter().map(|group| &group.name);
        let names = names.chain(content.iter().map(|line| &line.name)).cloned();
        let converter = |group: &Group| Converter::new(&group.argument_type, lookup);
        let line = |line: &config::Content| Line {
            converter: Converter::new(&line.argument_type, lookup),
            is_required: line.is_required,
            default: line.default.clone(),
        };
        Arguments {
            names: Rc::new(Names::new(names)),
            groups: groups.iter().map(converter).collect(),
            content: content.iter().map(line).collect(),
        }
    }

    /// Fills in the names and values of a request's arguments. `groups` are places in its path.
    ///
    /// # Errors
    ///
    /// 400 if an argument is missing, or is not of its type; 415 if one is missing and the body is
    /// neither JSON nor a form.
    pub fn fill(&self, parts: &mut Parts, groups: &[Option<(usize, usize)>]) -> Result<(), Error> {
        parts.names = Rc::clone(&self.names);
        let mut arguments = std::mem::take(&mut parts.arguments);
        arguments.clear();
        let filled = self
            .fill_groups(parts, groups, &mut arguments)
            .and_then(|()| self.fill_content(parts, &mut arguments));
        parts.arguments = arguments;
        filled
    }

    fn fill_groups(
        &self,
        parts: &Parts,
        groups: &[Option<(usize, usize)>],
        arguments: &mut Vec<Argument>,
    ) -> Result<(), Error> {
        let offset = parts.path.start as usize;
        for (at, converter) in self.groups.iter().enumerate() {
            let Some((start, end)) = groups.get(at).copied().flatten() else {
                arguments.push(Argument::ABSENT);
                continue;
            };
            let span = Span::new(offset + start, offset + end);
            let text = decode_percent(span.of(&parts.bytes));
            let argument = convert(converter, text, span).map_err(|reason| {
                let name = self.names.iter().nth(at).unwrap_or_default();
                invalid(&argument_label(name, at), &reason)
            })?;
            arguments.push(argument);
        }
        Ok(())
    }

    fn fill_content(&self, parts: &Parts, arguments: &mut Vec<Argument>) -> Result<(), Error> {
        if self.content.is_empty() {
            return Ok(());
        }
        let mut content = Content::parse(parts)?;
        let names = self.names.iter().skip(self.groups.len());
        for (line, name) in self.content.iter().zip(names) {
            arguments.push(line.take(&mut content, name)?);
        }
        Ok(())
    }
}

impl Line {
    fn take(&self, content: &mut Content<'_>, name: &str) -> Result<Argument, Error> {
        let argument = match content.find(name) {
            None | Some(Found::Value(Value::Null)) => return self.stand_in(content, name),
            Some(Found::Value(value)) => match self.converter.convert_value(value) {
                Ok(value) => Ok(Argument::value(value)),
                Err(reason) => Err(reason),
            },
            Some(Found::Text(encoded)) => convert(&self.converter, encoded.decode(), encoded.span),
            Some(Found::Texts(texts)) => {
                let values = texts.into_iter().map(|encoded| self.convert_one(encoded));
                values.collect::<Result<_, _>>().map(Argument::value)
            }
        };
        argument.map_err(|reason| invalid(&format!("'{name}'"), &reason))
    }

    fn stand_in(&self, content: &Content<'_>, name: &str) -> Result<Argument, Error> {
        match &self.default {
            Some(default) => Ok(Argument::value(default.clone())),
            None if self.is_required => Err(content.missing(name)),
            None => Ok(Argument::ABSENT),
        }
    }

    fn convert_one(&self, encoded: Encoded<'_>) -> Result<Value, String> {
        let text = encoded.decode().ok_or(NOT_UTF8)?;
        let value = self.converter.convert(&text)?;
        Ok(value.unwrap_or_else(|| Value::from(text)))
    }
}

const NOT_UTF8: &str = "must be UTF-8";

/// Converts a text that stands at `span`, unless something had to be decoded. A mistake is told in
/// words that complete «invalid value for 'x': …».
fn convert(
    converter: &Converter,
    text: Option<Cow<'_, str>>,
    span: Span,
) -> Result<Argument, String> {
    let text = text.ok_or(NOT_UTF8)?;
    Ok(match (converter.convert(&text)?, text) {
        (Some(value), _) => Argument::value(value),
        (None, Cow::Borrowed(_)) => Argument::text(span),
        (None, Cow::Owned(text)) => Argument::value(Value::String(text)),
    })
}

fn invalid(label: &str, reason: &str) -> Error {
    Error::new(400, format!("invalid value for {label}: {reason}"))
}
