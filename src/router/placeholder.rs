//! Placeholders of a pattern: `{name}` and `{name:int}`, turned into groups of an expression.

use std::ops::Range;

use super::pattern_error::{BACK_REFERENCE, PatternError};
use crate::diagnostics::nearest;

/// What a placeholder takes of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SegmentKind {
    /// One segment: anything up to the next slash.
    Text,
    /// Digits, maybe signed.
    Int,
    /// Digits.
    Count,
    /// A decimal number.
    Float,
    /// `true`, `false`, `1` or `0`, in any case.
    Bool,
    /// A UUID with its hyphens.
    Uuid,
    /// The rest, slashes included; it may be empty.
    Path,
}

impl SegmentKind {
    /// Every kind, with the word and the expression for it.
    const TABLE: [(SegmentKind, &str, &str); 7] = [
        (SegmentKind::Text, "text", "[^/]+"),
        (SegmentKind::Int, "int", r"[+\-]?[0-9]+"),
        (SegmentKind::Count, "count", "[0-9]+"),
        (
            SegmentKind::Float,
            "float",
            r"[+\-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+\-]?[0-9]+)?",
        ),
        (SegmentKind::Bool, "bool", "(?i:true|false|1|0)"),
        (
            SegmentKind::Uuid,
            "uuid",
            "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        ),
        (SegmentKind::Path, "path", ".*"),
    ];

    /// The kind that a word of the language stands for.
    #[must_use]
    pub fn find(word: &str) -> Option<SegmentKind> {
        SegmentKind::TABLE
            .iter()
            .find(|row| row.1 == word)
            .map(|row| row.0)
    }

    /// The word for this kind.
    #[must_use]
    pub fn word(self) -> &'static str {
        SegmentKind::TABLE[self as usize].1
    }

    fn expression(self) -> &'static str {
        SegmentKind::TABLE[self as usize].2
    }
}

/// A pattern whose placeholders have become groups.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    /// The regular expression.
    pub(super) regex: String,
    /// The placeholders, by name.
    pub(super) placeholders: Vec<(String, SegmentKind)>,
    pieces: Vec<Piece>,
}

/// Where a stretch of the expression came from.
#[derive(Debug)]
struct Piece {
    regex: Range<usize>,
    text: Range<usize>,
    is_verbatim: bool,
}

impl Expanded {
    /// Replaces the placeholders of `text`.
    pub(super) fn parse(text: &str) -> Result<Expanded, PatternError> {
        let mut expanded = Expanded::default();
        let mut scanner = Scanner {
            text,
            at: 0,
            class_depth: 0,
        };
        let mut copied = 0;
        while let Some(open) = scanner.find_placeholder()? {
            expanded.copy(text, copied..open);
            copied = expanded.replace(text, open)?;
            scanner.at = copied;
        }
        expanded.copy(text, copied..text.len());
        Ok(expanded)
    }

    fn copy(&mut self, text: &str, span: Range<usize>) {
        self.push(&text[span.clone()], span, true);
    }

    fn push(&mut self, regex: &str, text: Range<usize>, is_verbatim: bool) {
        let start = self.regex.len();
        self.regex.push_str(regex);
        self.pieces.push(Piece {
            regex: start..self.regex.len(),
            text,
            is_verbatim,
        });
    }

    /// Replaces the placeholder that opens at `open`; gives the place behind it.
    fn replace(&mut self, text: &str, open: usize) -> Result<usize, PatternError> {
        let Some(length) = text[open..].find('}') else {
            return Err(
                PatternError::new(open..text.len(), "this `{` is never closed")
                    .with_help("a segment is written `{id}` or `{id:int}`, a plain brace `\\{`"),
            );
        };
        let close = open + length;
        let name_end = text[open..close]
            .find(':')
            .map_or(close, |colon| open + colon);
        let name = expect_name(text, open + 1..name_end)?;
        let kind = match name_end {
            end if end == close => SegmentKind::Text,
            end => expect_kind(text, name, end + 1..close)?,
        };
        self.push("(?P<", open..open + 1, false);
        self.copy(text, open + 1..name_end);
        self.push(
            &format!(">{})", kind.expression()),
            name_end..close + 1,
            false,
        );
        self.placeholders.push((name.to_owned(), kind));
        Ok(close + 1)
    }

    /// The place in the pattern's text of a place in the expression.
    pub(super) fn span_in_text(&self, span: &Range<usize>) -> Range<usize> {
        let start = self
            .pieces
            .iter()
            .find(|piece| span.start < piece.regex.end);
        let end = self.pieces.iter().find(|piece| span.end <= piece.regex.end);
        let last = self.pieces.last().map_or(0, |piece| piece.text.end);
        let start = start.map_or(last, |piece| match piece.is_verbatim {
            true => piece.text.start + (span.start - piece.regex.start),
            false => piece.text.start,
        });
        let end = end.map_or(last, |piece| match piece.is_verbatim {
            true => piece.text.start + (span.end - piece.regex.start.min(span.end)),
            false => piece.text.end,
        });
        start..end.max(start)
    }
}

fn expect_name(text: &str, span: Range<usize>) -> Result<&str, PatternError> {
    let name = &text[span.clone()];
    if name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return Ok(name);
    }
    Err(
        PatternError::new(span, format!("`{name}` is no name for a segment"))
            .with_help("names are letters, digits and underscores; a plain brace is `\\{`"),
    )
}

fn expect_kind(text: &str, name: &str, span: Range<usize>) -> Result<SegmentKind, PatternError> {
    let word = &text[span.clone()];
    if let Some(kind) = SegmentKind::find(word) {
        return Ok(kind);
    }
    let words = SegmentKind::TABLE.map(|row| row.1);
    let is_word = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let help = match nearest(word, words).first() {
        _ if !is_word => format!("an expression of your own is written `(?P<{name}>{word})`"),
        Some(known) => format!("did you mean `{{{name}:{known}}}`?"),
        None => format!(
            "the types are {}",
            words.map(|word| format!("`{word}`")).join(", ")
        ),
    };
    Err(PatternError::new(span, format!("unknown type `{word}` of a segment")).with_help(help))
}

/// Escapes that look like `\b` and a placeholder.
const BOUNDARIES: [&str; 4] = ["b{start}", "b{end}", "b{start-half}", "b{end-half}"];

/// Finds placeholders, and refuses what only other engines for expressions know.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
    class_depth: usize,
}

impl Scanner<'_> {
    /// The next `{` that opens a placeholder.
    fn find_placeholder(&mut self) -> Result<Option<usize>, PatternError> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\\' => self.skip_escape(),
                b'[' => self.enter_class(),
                b']' if self.class_depth > 0 => self.class_depth -= 1,
                b'(' if self.class_depth == 0 => self.refuse_foreign_group()?,
                b'{' if self.class_depth == 0 && self.is_name_next() => return Ok(Some(self.at)),
                _ => {}
            }
            self.at += 1;
        }
        Ok(None)
    }

    fn is_name_next(&self) -> bool {
        let next = self.text.as_bytes().get(self.at + 1);
        next.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
    }

    // Stops at the last byte of the escape. The braces of `\x{7e}` are no placeholder.
    fn skip_escape(&mut self) {
        let rest = &self.text[self.at + 1..];
        self.at += 1;
        let has_braces = match rest.as_bytes() {
            [b'p' | b'P' | b'x' | b'u' | b'U', b'{', ..] => true,
            [b'b', b'{', ..] => BOUNDARIES.iter().any(|boundary| rest.starts_with(boundary)),
            _ => false,
        };
        if has_braces {
            self.at += rest.find('}').unwrap_or(1);
        }
    }

    // A `]` that comes first in a class is a plain one.
    fn enter_class(&mut self) {
        self.class_depth += 1;
        let rest = &self.text[self.at + 1..];
        self.at += if rest.starts_with("^]") {
            2
        } else if rest.starts_with(']') {
            1
        } else {
            0
        };
    }

    fn refuse_foreign_group(&self) -> Result<(), PatternError> {
        let rest = &self.text[self.at..];
        let (message, help) = match rest.as_bytes() {
            [b'(', b'?', b'P', b'=', ..] => BACK_REFERENCE,
            [b'(', b'?', b'#', ..] => (
                "comments inside of a pattern are not supported",
                "put a `#` line above the route",
            ),
            [b'(', b'?', b'>', ..] => (
                "atomic groups are not supported",
                "write `(?:` instead: nothing is ever tried twice here",
            ),
            [b'(', b'?', b'(', ..] => (
                "conditional groups are not supported",
                "write a `ROUTE` for each of the two cases",
            ),
            _ => return Ok(()),
        };
        let length = rest.find(')').map_or(rest.len(), |close| close + 1);
        Err(PatternError::new(self.at..self.at + length, message).with_help(help))
    }
}
