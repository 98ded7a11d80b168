//! What is wrong with a pattern: where, what, and how to write it instead.

use std::ops::Range;

use regex_syntax::{ast, hir};

/// A mistake in the pattern of a ROUTE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Where in the pattern's text, in bytes.
    pub span: Range<usize>,
    /// What was found, and what was expected.
    pub message: String,
    /// How to write it instead, if that is known.
    pub help: Option<String>,
}

impl PatternError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> PatternError {
        PatternError {
            span,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> PatternError {
        self.help = Some(help.into());
        self
    }

    /// A mistake in the expression `regex`, found by the regular expression's parser.
    pub(super) fn from_syntax(error: &ast::Error) -> PatternError {
        let span = error.span().start.offset..error.span().end.offset;
        let (message, help) = explain_syntax(error, &error.pattern()[span.clone()]);
        let error = PatternError::new(span, message);
        if help.is_empty() {
            error
        } else {
            error.with_help(help)
        }
    }

    /// A mistake in the expression, found when its meaning was worked out.
    pub(super) fn from_meaning(error: &hir::Error) -> PatternError {
        use hir::ErrorKind;
        let span = error.span().start.offset..error.span().end.offset;
        match error.kind() {
            ErrorKind::UnicodeNotAllowed
            | ErrorKind::UnicodePropertyNotFound
            | ErrorKind::UnicodePropertyValueNotFound
            | ErrorKind::UnicodePerlClassNotFound
            | ErrorKind::UnicodeCaseUnavailable => PatternError::unicode(span),
            kind => PatternError::new(span, kind.to_string()),
        }
    }

    /// A construct that only Unicode text could match.
    pub(super) fn unicode(span: Range<usize>) -> PatternError {
        PatternError::new(span, "a path is ASCII, but this asks for Unicode")
            .with_help("other characters arrive percent-encoded, `%C3%A9` for `é`; match those")
    }
}

impl std::fmt::Display for PatternError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PatternError {}

fn explain_syntax(error: &ast::Error, found: &str) -> (String, &'static str) {
    use ast::ErrorKind;
    let (message, help) = match error.kind() {
        ErrorKind::UnsupportedLookAround if found.ends_with('!') => (
            "look-around is not supported, because patterns match in linear time",
            "put a `ROUTE` for the paths to leave out above this one: the first match wins",
        ),
        ErrorKind::UnsupportedLookAround => (
            "look-around is not supported, because patterns match in linear time",
            "write what precedes and follows into the pattern; without `$` at its end it takes every path that begins so",
        ),
        ErrorKind::UnsupportedBackreference => BACK_REFERENCE,
        ErrorKind::EscapeUnrecognized if found == "\\k" => BACK_REFERENCE,
        ErrorKind::EscapeUnrecognized => return explain_escape(found),
        ErrorKind::FlagUnrecognized => {
            return (
                format!("unknown flag `{found}`, expected one of `i`, `m`, `s`, `x`, `U`, `R`"),
                "",
            );
        }
        ErrorKind::GroupNameDuplicate { .. } => {
            return (
                format!("there is a group `{found}` already"),
                "arguments are told apart by name: give each group its own",
            );
        }
        ErrorKind::GroupUnclosed => ("this `(` is never closed", "a plain parenthesis is `\\(`"),
        ErrorKind::GroupUnopened => (
            "this `)` closes nothing that was opened",
            "a plain parenthesis is `\\)`",
        ),
        ErrorKind::ClassUnclosed => (
            "this `[` is never closed",
            "a plain bracket is `\\[`, also inside of a class",
        ),
        ErrorKind::RepetitionMissing => (
            "there is nothing here to repeat",
            "a plain `*`, `+`, `?` or `{` is `\\*`, `\\+`, `\\?` or `\\{`",
        ),
        ErrorKind::RepetitionCountDecimalEmpty | ErrorKind::RepetitionCountUnclosed => (
            "expected a count such as `{2,3}`, or the name of a segment such as `{id}`",
            "a plain brace is `\\{`",
        ),
        ErrorKind::RepetitionCountInvalid => (
            "the first count of a repetition must not be greater than the second",
            "write the smaller one first, such as `{2,3}`",
        ),
        ErrorKind::ClassRangeInvalid => (
            "the first character of a range must not come behind the second",
            "write the smaller one first, such as `[a-z]`; a plain dash is `\\-`",
        ),
        ErrorKind::EscapeUnexpectedEof => (
            "there is nothing behind this backslash",
            "a plain backslash is `\\\\`",
        ),
        ErrorKind::NestLimitExceeded(_) => (
            "too many parentheses or brackets inside of each other",
            "at most 250 may be open at once",
        ),
        kind => return (kind.to_string(), ""),
    };
    (message.to_owned(), help)
}

/// The message and help for references to what a group matched.
pub(super) const BACK_REFERENCE: (&str, &str) = (
    "back-references are not supported, because patterns match in linear time",
    "give both places a group of their own, and compare them in the handler",
);

fn explain_escape(found: &str) -> (String, &'static str) {
    let help = match found {
        "\\Z" => "write `$` for the end of the path",
        "\\G" | "\\K" => "a pattern is anchored at the start of the path already",
        "\\h" => "write `[0-9a-fA-F]` for a hexadecimal digit",
        _ => "a letter stands for itself without a backslash",
    };
    (format!("unknown escape `{found}`"), help)
}
