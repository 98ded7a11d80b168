//! A line and its words.

use std::ops::Range;

use super::variable::{Unset, Variable};
use crate::diagnostics::{FileId, Span};

/// A line that says something. It has at least one word.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its place, from the first word to the end of the last.
    pub span: Span,
    /// Its words; the first one is plain.
    pub words: Vec<Word>,
    /// Whether it cannot be read; it has its first word alone then.
    pub is_broken: bool,
}

/// A word: plain, or an option.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// Its place, with quotes and the option's name.
    pub span: Span,
    /// The option's name, if it is one.
    pub name: Option<OptionName>,
    /// The place of the value alone, without quotes.
    pub value_span: Span,
    /// The value: that of the option, or of the plain word.
    pub pieces: Vec<Piece>,
    /// Whether the value is, byte by byte, what stands at its place.
    pub is_verbatim: bool,
}

/// The name of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionName {
    /// Its place.
    pub span: Span,
    /// The name.
    pub text: String,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Text, with quotes and backslashes undone.
    Text(String),
    /// A variable of the environment, and its place.
    Variable(Variable, Span),
}

impl Line {
    pub(super) fn new(file: FileId, start: usize, length: usize, words: Vec<RawWord>) -> Line {
        let words: Vec<Word> = words
            .into_iter()
            .map(|word| word.place(file, start))
            .collect();
        let whole = file.span(start..start + length);
        let first = words.first().map_or(whole, |word| word.span);
        Line {
            span: first.to(words.last().map_or(whole, |word| word.span)),
            words,
            is_broken: false,
        }
    }

    /// A line that cannot be read: what it opens is known by its first word.
    pub(super) fn broken(file: FileId, start: usize, line: &str) -> Option<Line> {
        let indent = line.len() - line.trim_start().len();
        let length = line[indent..].find(char::is_whitespace);
        let range = indent..length.map_or(line.len(), |length| indent + length);
        let word = RawWord {
            range: range.clone(),
            ..RawWord::default()
        };
        (!range.is_empty()).then(|| Line {
            span: file.span(start + indent..start + line.len()),
            is_broken: true,
            ..Line::new(file, start, line.len(), vec![word])
        })
    }
}

impl Word {
    /// The value, with the variables replaced.
    ///
    /// # Errors
    ///
    /// The variables that have no value, and their places.
    pub fn expand(
        &self,
        find: impl Fn(&str) -> Option<String>,
    ) -> Result<String, Vec<(Unset<'_>, Span)>> {
        let (mut value, mut unset) = (String::new(), Vec::new());
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => value.push_str(text),
                Piece::Variable(variable, span) => match variable.expand(&find) {
                    Ok(text) => value.push_str(&text),
                    Err(missing) => unset.push((missing, *span)),
                },
            }
        }
        if unset.is_empty() {
            Ok(value)
        } else {
            Err(unset)
        }
    }
}

/// A word before it is known where its line stands: ranges are in the line.
#[derive(Debug, Default)]
pub(super) struct RawWord {
    pub(super) range: Range<usize>,
    pub(super) name: Option<(Range<usize>, String)>,
    pub(super) value: RawValue,
}

/// A value before it is known where its line stands.
#[derive(Debug, Default)]
pub(super) struct RawValue {
    pub(super) range: Range<usize>,
    pub(super) pieces: Vec<RawPiece>,
    pub(super) is_verbatim: bool,
}

/// A piece before it is known where its line stands.
#[derive(Debug)]
pub(super) enum RawPiece {
    Text(String),
    Variable(Variable, Range<usize>),
}

impl RawWord {
    fn place(self, file: FileId, start: usize) -> Word {
        let span = |range: Range<usize>| file.span(range.start + start..range.end + start);
        let pieces = self.value.pieces.into_iter().map(|piece| match piece {
            RawPiece::Text(text) => Piece::Text(text),
            RawPiece::Variable(variable, range) => Piece::Variable(variable, span(range)),
        });
        Word {
            span: span(self.range),
            name: self.name.map(|(range, text)| OptionName {
                span: span(range),
                text,
            }),
            value_span: span(self.value.range),
            pieces: pieces.collect(),
            is_verbatim: self.value.is_verbatim,
        }
    }
}
