//! One line into words.

use std::ops::Range;

use nom::bytes::complete::{take_till, take_while1};
use nom::character::complete::{char, space0};
use nom::combinator::peek;
use nom::sequence::{pair, terminated};
use nom::{IResult, Parser};

use super::Mistake;
use super::line::{RawPiece, RawValue, RawWord};
use super::variable::{begins, variable};

/// The words of a line without control characters; none if it is empty or a comment.
pub(super) fn split(line: &str, is_raw: impl Fn(&str) -> bool) -> Result<Vec<RawWord>, Mistake> {
    let mut scanner = Scanner { line, at: 0 };
    let mut words = Vec::new();
    let mut style = Style::First;
    while scanner.skip_blanks() {
        let word = scanner.word(style)?;
        if style == Style::First {
            style = if is_raw(&line[word.range.clone()]) {
                Style::Raw
            } else {
                Style::Plain
            };
        }
        words.push(word);
    }
    Ok(words)
}

/// How a word is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// The first of a line: never an option.
    First,
    /// Plain or an option; backslashes protect `#`, `=` and `${`.
    Plain,
    /// As it stands.
    Raw,
}

struct Scanner<'l> {
    line: &'l str,
    at: usize,
}

impl<'l> Scanner<'l> {
    fn rest(&self) -> &'l str {
        &self.line[self.at..]
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes what a nom parser recognizes, or nothing.
    fn take<T>(
        &mut self,
        mut parser: impl Parser<&'l str, Output = T, Error = nom::error::Error<&'l str>>,
    ) -> Option<T> {
        let (rest, value) = parser.parse(self.rest()).ok()?;
        self.at = self.line.len() - rest.len();
        Some(value)
    }

    /// Goes to the next word; false if there is none.
    fn skip_blanks(&mut self) -> bool {
        self.take(space0);
        !self.is_behind_word() || self.next().is_some_and(is_blank)
    }

    /// Whether nothing more of a word follows.
    fn is_behind_word(&self) -> bool {
        self.next().is_none_or(|c| is_blank(c) || c == '#')
    }

    fn word(&mut self, style: Style) -> Result<RawWord, Mistake> {
        let start = self.at;
        if self.next().is_some_and(is_quote) && (style != Style::Raw || self.is_quoted_word()) {
            let value = self.quoted(style)?;
            return Ok(RawWord {
                range: start..self.at,
                name: None,
                value,
            });
        }
        let value = self.bare(style, style == Style::Plain)?;
        if style != Style::Plain || self.is_path_from(start) || !self.take_equals() {
            return Ok(RawWord {
                range: start..self.at,
                name: None,
                value,
            });
        }
        let name = self.option_name(value)?;
        let value = self.option_value()?;
        Ok(RawWord {
            range: start..self.at,
            name: Some(name),
            value,
        })
    }

    /// Whether the word that starts there is a path or a URL so far, which no option is called: its
    /// `=` is that of a query.
    fn is_path_from(&self, start: usize) -> bool {
        self.line[start..self.at].contains('/')
    }

    /// Takes the `=` that makes a word an option: right behind the name, or after blanks.
    fn take_equals(&mut self) -> bool {
        self.take(pair(space0, char('='))).is_some()
    }

    fn option_name(&self, name: RawValue) -> Result<(Range<usize>, String), Mistake> {
        match name.pieces.as_slice() {
            [RawPiece::Text(text)] => Ok((name.range, text.clone())),
            [] => Err(Mistake {
                range: name.range.start..self.at,
                message: "an option needs a name before its `=`".to_owned(),
                help: Some("write `\\=` if the `=` belongs to the word"),
            }),
            _ => Err(Mistake {
                range: name.range,
                message: "the name of an option cannot be a variable".to_owned(),
                help: Some("write `\\=` if the `=` belongs to the word"),
            }),
        }
    }

    /// The value behind `=`.
    fn option_value(&mut self) -> Result<RawValue, Mistake> {
        let end = self.at;
        self.take(space0);
        let is_apart = self.at > end;
        if !is_apart && self.next() == Some('#') {
            return Err(Mistake {
                range: end..self.line.len(),
                message: "this `#` starts a comment, and leaves the option without a value"
                    .to_owned(),
                help: Some("write `\\#` for a plain one, or put a blank before the comment"),
            });
        }
        if self.next().is_none_or(|c| c == '#') || (is_apart && self.is_at_option()) {
            self.at = end;
            return Ok(Pieces::default().into_value(end..end));
        }
        match self.next() {
            Some(quote) if is_quote(quote) => self.quoted(Style::Plain),
            _ => self.bare(Style::Plain, false),
        }
    }

    /// Whether the next word is an option of its own, so that it cannot be a value.
    fn is_at_option(&self) -> bool {
        let name = take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        let mut option = terminated(name, char('='));
        let found: IResult<&str, &str> = option.parse(self.rest());
        found.is_ok()
    }

    /// A word without quotes, up to a blank, a comment, or, if asked for, the `=` of an option.
    fn bare(&mut self, style: Style, is_cut_at_equals: bool) -> Result<RawValue, Mistake> {
        let start = self.at;
        let mut pieces = Pieces::default();
        while let Some(next) = self.next() {
            let is_cut = next == '=' && is_cut_at_equals && !self.is_path_from(start);
            if is_blank(next) || next == '#' || is_cut {
                break;
            }
            if next == '\\' {
                self.escape(style, &mut pieces);
            } else {
                self.piece(&mut pieces)?;
            }
        }
        Ok(pieces.into_value(start..self.at))
    }

    /// A backslash and what it protects.
    fn escape(&mut self, style: Style, pieces: &mut Pieces) {
        self.at += 1;
        let protected = self.next();
        self.at += protected.map_or(0, char::len_utf8);
        match protected {
            Some(character) if style == Style::Raw && !is_blank(character) => {
                pieces.text.extend(['\\', character]);
            }
            Some(character @ ('#' | '=')) if style != Style::Raw => pieces.unescape(character),
            Some('$') if style != Style::Raw && self.rest().starts_with('{') => {
                pieces.unescape('$');
            }
            _ => {
                self.at -= protected.map_or(0, char::len_utf8);
                pieces.text.push('\\');
            }
        }
    }

    /// A variable, or one character.
    fn piece(&mut self, pieces: &mut Pieces) -> Result<(), Mistake> {
        let start = self.at;
        if !begins(self.rest()) {
            pieces.text.extend(self.next());
            self.at += self.next().map_or(0, char::len_utf8);
            return Ok(());
        }
        let Some(variable) = self.take(variable) else {
            let rest: IResult<&str, &str> = peek(take_till(is_blank)).parse(self.rest());
            let length = rest.map_or(0, |(_, word)| word.len());
            return Err(no_variable(start, &self.rest()[..length]));
        };
        pieces.push(variable, start..self.at);
        Ok(())
    }

    /// Whether a word that begins with a quote also ends with it.
    fn is_quoted_word(&self) -> bool {
        let mut ahead = Scanner {
            line: self.line,
            at: self.at,
        };
        ahead.quoted(Style::Raw).is_ok()
    }

    /// A word in quotes; a doubled quote inside is a plain one.
    fn quoted(&mut self, style: Style) -> Result<RawValue, Mistake> {
        let open = self.at;
        let quote = self.next().unwrap_or('"');
        self.at += quote.len_utf8();
        let mut pieces = Pieces::default();
        loop {
            match self.next() {
                None => return Err(unclosed(open, self.line.len())),
                Some('\\') if style != Style::Raw && self.rest().starts_with("\\${") => {
                    self.at += 2;
                    pieces.unescape('$');
                }
                Some(next) if next != quote => self.piece(&mut pieces)?,
                Some(_) if self.rest()[1..].starts_with(quote) && style != Style::Raw => {
                    self.at += 2;
                    pieces.unescape(quote);
                }
                Some(_) => break,
            }
        }
        let value = pieces.into_value(open + 1..self.at);
        self.at += 1;
        if self.is_behind_word() {
            return Ok(value);
        }
        Err(Mistake {
            range: open..self.at,
            message: "a blank must follow the closing quote".to_owned(),
            help: Some("double a quote to have it inside the word"),
        })
    }
}

/// What begins like a variable at this place, and goes on otherwise.
fn no_variable(start: usize, word: &str) -> Mistake {
    let (what, length, help) = match word.find('}') {
        Some(end) => {
            let what = format!("`{}` is no variable", &word[..=end]);
            (what, end + 1, Some("write `\\${` for a plain `${`"))
        }
        None => ("`${` has no end".to_owned(), word.len(), None),
    };
    Mistake {
        range: start..start + length,
        message: format!("{what}: expected `${{NAME}}`, `${{NAME:-default}}` or `${{NAME:?why}}`"),
        help,
    }
}

fn unclosed(open: usize, end: usize) -> Mistake {
    Mistake {
        range: open..end,
        message: "the quote that opens here is never closed".to_owned(),
        help: Some("close it on the same line; double a quote to have it inside the word"),
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'')
}

/// The pieces of a value while it is read.
#[derive(Default)]
struct Pieces {
    done: Vec<RawPiece>,
    text: String,
    is_changed: bool,
}

impl Pieces {
    fn unescape(&mut self, character: char) {
        self.text.push(character);
        self.is_changed = true;
    }

    fn push(&mut self, variable: super::Variable, range: Range<usize>) {
        self.flush();
        self.done.push(RawPiece::Variable(variable, range));
        self.is_changed = true;
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.done
                .push(RawPiece::Text(std::mem::take(&mut self.text)));
        }
    }

    fn into_value(mut self, range: Range<usize>) -> RawValue {
        self.flush();
        RawValue {
            range,
            pieces: self.done,
            is_verbatim: !self.is_changed,
        }
    }
}
