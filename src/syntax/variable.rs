//! `${NAME}`, `${NAME:-default}` and `${NAME:?why}`.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while};
use nom::character::complete::char;
use nom::combinator::{map, opt, recognize};
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser};

/// A variable of the environment inside a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What happens if it has no value.
    pub fallback: Option<Fallback>,
}

/// What happens if a variable has no value, or an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// `:-`: this stands for it.
    Default(String),
    /// `:?`: the definition cannot be used, and this is why.
    Reason(String),
}

/// A variable that has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unset<'v> {
    /// Its name.
    pub name: &'v str,
    /// Why it should have one.
    pub reason: Option<&'v str>,
}

impl Variable {
    /// The value that stands for the variable.
    ///
    /// # Errors
    ///
    /// If it has none.
    pub fn expand(&self, find: impl Fn(&str) -> Option<String>) -> Result<String, Unset<'_>> {
        match (find(&self.name), &self.fallback) {
            (Some(value), None) => Ok(value),
            (Some(value), Some(_)) if !value.is_empty() => Ok(value),
            (_, Some(Fallback::Default(default))) => Ok(default.clone()),
            (_, Some(Fallback::Reason(why))) => Err(Unset {
                name: &self.name,
                reason: Some(why).filter(|why| !why.is_empty()).map(String::as_str),
            }),
            (None, None) => Err(Unset {
                name: &self.name,
                reason: None,
            }),
        }
    }
}

/// Whether a variable begins here, whether or not it goes on as it should.
pub(super) fn begins(text: &str) -> bool {
    text.starts_with("${")
}

/// Reads a variable.
pub(super) fn variable(text: &str) -> IResult<&str, Variable> {
    let inside = || take_till(|c| c == '}');
    let default = map(preceded(tag(":-"), inside()), |text: &str| {
        Fallback::Default(text.to_owned())
    });
    let reason = map(preceded(tag(":?"), inside()), |text: &str| {
        Fallback::Reason(text.trim().to_owned())
    });
    let (rest, (name, fallback)) = delimited(
        tag("${"),
        pair(identifier, opt(alt((default, reason)))),
        char('}'),
    )
    .parse(text)?;
    Ok((
        rest,
        Variable {
            name: name.to_owned(),
            fallback,
        },
    ))
}

fn identifier(text: &str) -> IResult<&str, &str> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    recognize(pair(
        nom::character::complete::satisfy(is_first),
        take_while(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    ))
    .parse(text)
}
