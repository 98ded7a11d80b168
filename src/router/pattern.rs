//! The pattern of a ROUTE: parsed, checked, and ready to be matched.

use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::parts::first_bytes;
use super::pattern_error::PatternError;
use super::placeholder::{Expanded, SegmentKind};
use super::steps::Steps;

/// The pattern of a ROUTE: a regular expression anchored at the start of the path.
///
/// ```
/// let pattern = micro::router::Pattern::parse("/users/{id:int}$").unwrap();
/// assert_eq!(pattern.groups()[0].name.as_deref(), Some("id"));
/// ```
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    groups: Vec<PatternGroup>,
    hir: Hir,
    ways: Vec<Steps>,
}

/// A group of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternGroup {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What it takes, if it was written as a placeholder.
    pub kind: Option<SegmentKind>,
}

/// How large the program for an expression may get, in steps.
const PROGRAM_STEPS_MAX: usize = 20_000;

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// If it is no regular expression, or one that cannot be matched in linear time.
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        if text.is_empty() {
            return Err(PatternError::new(0..0, "a pattern must not be empty")
                .with_help("`/` takes every path, `/$` the shortest one alone"));
        }
        let expanded = Expanded::parse(text)?;
        let hir = parse_regex(&expanded.regex).map_err(|mut error| {
            error.span = expanded.span_in_text(&error.span);
            error
        })?;
        if program_steps(&hir) > PROGRAM_STEPS_MAX {
            return Err(
                PatternError::new(0..text.len(), "this pattern is too large")
                    .with_help("lower the counts of its repetitions, such as `{1,1000}`"),
            );
        }
        let mut groups = Vec::new();
        collect_groups(&hir, &expanded.placeholders, &mut groups);
        let ways = Steps::ways(&hir);
        Ok(Pattern {
            text: text.to_owned(),
            groups,
            hir,
            ways,
        })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its groups, in the order in which they open.
    #[must_use]
    pub fn groups(&self) -> &[PatternGroup] {
        &self.groups
    }

    /// Whether it can match a path that starts with a slash. Those that cannot match none at all.
    #[must_use]
    pub fn starts_with_slash(&self) -> bool {
        let (first, is_nullable) = first_bytes(&self.hir);
        is_nullable || first.contains(b'/')
    }

    pub(super) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// The ways in which a path can be one of the pattern's, the preferred one first.
    pub(super) fn ways(&self) -> &[Steps] {
        &self.ways
    }
}

/// A text as a pattern that matches it alone.
///
/// ```
/// use micro::router::escape;
///
/// assert_eq!(escape("/a.b"), r"/a\.b");
/// ```
#[must_use]
pub fn escape(text: &str) -> String {
    regex_syntax::escape(text)
}

// Places in errors are places in `regex`.
fn parse_regex(regex: &str) -> Result<Hir, PatternError> {
    let ast = ParserBuilder::new()
        .empty_min_range(true)
        .build()
        .parse(regex);
    let ast = ast.map_err(|error| PatternError::from_syntax(&error))?;
    let mut translator = TranslatorBuilder::new().unicode(false).utf8(false).build();
    let hir = translator.translate(regex, &ast);
    let hir = hir.map_err(|error| PatternError::from_meaning(&error))?;
    if hir.properties().look_set().contains_word_unicode() {
        return Err(PatternError::unicode(0..regex.len()));
    }
    Ok(hir)
}

// The groups of an expression are numbered in the order in which they open.
fn collect_groups(hir: &Hir, kinds: &[(String, SegmentKind)], groups: &mut Vec<PatternGroup>) {
    match hir.kind() {
        HirKind::Capture(capture) => {
            let index = capture.index as usize;
            let name = capture.name.as_ref().map(ToString::to_string);
            let kind = kinds.iter().find(|(known, _)| Some(known) == name.as_ref());
            let kind = kind.map(|(_, kind)| *kind);
            if groups.len() < index {
                groups.resize(
                    index,
                    PatternGroup {
                        name: None,
                        kind: None,
                    },
                );
            }
            groups[index - 1] = PatternGroup { name, kind };
            collect_groups(&capture.sub, kinds, groups);
        }
        HirKind::Repetition(repetition) => collect_groups(&repetition.sub, kinds, groups),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts
                .iter()
                .for_each(|part| collect_groups(part, kinds, groups));
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {}
    }
}

/// About how many states an automaton for `hir` has; never less than a tenth of it.
fn program_steps(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(class)) => 1 + class.ranges().len() / 4,
        HirKind::Class(Class::Unicode(class)) => 4 * class.ranges().len(),
        HirKind::Capture(capture) => program_steps(&capture.sub).saturating_add(2),
        HirKind::Repetition(repetition) => {
            let times = repetition
                .max
                .unwrap_or(repetition.min.saturating_add(1))
                .max(1);
            program_steps(&repetition.sub)
                .saturating_add(1)
                .saturating_mul(times as usize)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts
            .iter()
            .map(program_steps)
            .fold(1, usize::saturating_add),
    }
}
