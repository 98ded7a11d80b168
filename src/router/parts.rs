//! An expression as ways: each choice settled, each way a row of parts, the preferred way first.
//!
//! `/a(b|c)?` has three ways: `/ab`, `/ac` and `/a`. What would have too many becomes an opaque
//! part that only an automaton can decide.

use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

use super::byte_set::ByteSet;
use super::steps::{Run, Step};

/// A part of a way.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A step.
    Step(Step),
    /// The end of the path.
    End,
    /// What only an automaton can decide.
    Opaque(Hir),
}

/// How many ways a pattern may have.
const WAYS_MAX: usize = 16;

/// All ways of an expression, in the order in which a match prefers them.
pub(super) fn ways(hir: &Hir) -> Vec<Vec<Part>> {
    let mut ways = vec![Vec::new()];
    flatten(hir, &mut ways);
    ways
}

fn flatten(hir: &Hir, ways: &mut Vec<Vec<Part>>) {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => push(ways, &Part::Step(Step::Literal(literal.0.to_vec()))),
        HirKind::Class(class) => match ByteSet::find_of_class(class) {
            Some(class) => push(ways, &Part::Step(Step::Run(Run::new(class, 1, Some(1))))),
            None => push(ways, &Part::Opaque(hir.clone())),
        },
        HirKind::Look(Look::End) => push(ways, &Part::End),
        HirKind::Look(Look::Start) if ways.iter().flatten().all(Part::is_open) => {}
        HirKind::Look(_) => push(ways, &Part::Opaque(hir.clone())),
        HirKind::Concat(subs) => subs.iter().for_each(|sub| flatten(sub, ways)),
        HirKind::Capture(capture) => {
            let group = capture.index as usize - 1;
            push(ways, &Part::Step(Step::Open(group)));
            flatten(&capture.sub, ways);
            push(ways, &Part::Step(Step::Close(group)));
        }
        HirKind::Repetition(repetition) => repeat(hir, repetition, ways),
        HirKind::Alternation(subs) => {
            let subs: Vec<Option<&Hir>> = subs.iter().map(Some).collect();
            choose(hir, &subs, ways);
        }
    }
}

fn push(ways: &mut [Vec<Part>], part: &Part) {
    ways.iter_mut().for_each(|way| way.push(part.clone()));
}

/// Multiplies the ways by these choices; `None` is to choose nothing.
fn choose(hir: &Hir, choices: &[Option<&Hir>], ways: &mut Vec<Vec<Part>>) {
    let mut chosen = Vec::new();
    for way in ways.iter() {
        for choice in choices {
            let mut longer = vec![way.clone()];
            choice.iter().for_each(|sub| flatten(sub, &mut longer));
            chosen.append(&mut longer);
            if chosen.len() > WAYS_MAX {
                return push(ways, &Part::Opaque(hir.clone()));
            }
        }
    }
    *ways = chosen;
}

fn repeat(hir: &Hir, repetition: &Repetition, ways: &mut Vec<Vec<Part>>) {
    let class = match repetition.sub.kind() {
        HirKind::Class(class) => ByteSet::find_of_class(class),
        HirKind::Literal(literal) if literal.0.len() == 1 => Some(ByteSet::of(literal.0[0])),
        _ => None,
    };
    let sub = Some(&*repetition.sub);
    match (class, repetition.greedy, repetition.min, repetition.max) {
        (Some(class), true, min, max) => {
            push(ways, &Part::Step(Step::Run(Run::new(class, min, max))));
        }
        (_, true, 0, Some(1)) => choose(hir, &[sub, None], ways),
        (_, false, 0, Some(1)) => choose(hir, &[None, sub], ways),
        _ => push(ways, &Part::Opaque(hir.clone())),
    }
}

impl Part {
    fn is_open(&self) -> bool {
        matches!(self, Part::Step(Step::Open(_)))
    }

    /// The step itself, if it takes nothing of the path.
    pub(super) fn find_mark(&self) -> Option<&Step> {
        match self {
            Part::Step(step) => step.find_mark(),
            Part::End | Part::Opaque(_) => None,
        }
    }

    /// Whether nothing of a path can follow.
    pub(super) fn is_mark_or_end(&self) -> bool {
        matches!(self, Part::End) || self.find_mark().is_some()
    }

    /// The bytes it can begin with, and whether it can be empty.
    fn first_bytes(&self) -> (ByteSet, bool) {
        match self {
            Part::Step(Step::Literal(literal)) => (ByteSet::of(literal[0]), false),
            Part::Step(Step::Run(run)) => (run.class(), run.min() == 0),
            Part::Step(Step::Open(_) | Step::Close(_)) => (ByteSet::EMPTY, true),
            Part::End => (ByteSet::EMPTY, false),
            Part::Opaque(hir) => first_bytes(hir),
        }
    }
}

/// The bytes that a row of parts can begin with.
pub(super) fn follow_bytes(parts: &[Part]) -> ByteSet {
    any_first(parts.iter().map(Part::first_bytes)).0
}

/// The bytes that a match of `hir` can begin with, and whether a match can be empty. What looks
/// around is taken to be both.
pub(super) fn first_bytes(hir: &Hir) -> (ByteSet, bool) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(Look::Start) => (ByteSet::EMPTY, true),
        HirKind::Literal(literal) => (ByteSet::of(literal.0[0]), false),
        HirKind::Class(class) => {
            let class = ByteSet::find_of_class(class);
            (class.unwrap_or(ByteSet::FULL), false)
        }
        HirKind::Look(_) => (ByteSet::FULL, true),
        HirKind::Repetition(repetition) => {
            let (first, is_nullable) = first_bytes(&repetition.sub);
            (first, is_nullable || repetition.min == 0)
        }
        HirKind::Capture(capture) => first_bytes(&capture.sub),
        HirKind::Concat(subs) => any_first(subs.iter().map(first_bytes)),
        HirKind::Alternation(subs) => subs.iter().map(first_bytes).fold(
            (ByteSet::EMPTY, false),
            |(set, is_nullable), (first, nullable)| (set.union(first), is_nullable || nullable),
        ),
    }
}

// Of parts that follow each other: all up to the first that cannot be empty.
fn any_first(parts: impl Iterator<Item = (ByteSet, bool)>) -> (ByteSet, bool) {
    let mut set = ByteSet::EMPTY;
    for (first, is_nullable) in parts {
        set = set.union(first);
        if !is_nullable {
            return (set, false);
        }
    }
    (set, true)
}
