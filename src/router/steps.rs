//! A pattern as steps that need no automaton: literal pieces, and runs of bytes of one class.
//!
//! A run such as `[^/]+` takes all it can. That is right only where nothing that follows could
//! begin with a byte of the run; then how far it goes is settled by the path alone, and patterns
//! can share their steps in a trie. Where this does not hold, the steps end and an automaton
//! decides the rest.

use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

use super::byte_set::ByteSet;

/// What groups took of a path: their places in it.
pub(super) type Places = Vec<Option<(usize, usize)>>;

/// One step along a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// These bytes.
    Literal(Vec<u8>),
    /// As many bytes of a class as there are.
    Run(Run),
    /// The group with this number, counted from 0, begins.
    Open(usize),
    /// The group with this number ends.
    Close(usize),
}

/// As many bytes of a class as there are, within bounds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    class: ByteSet,
    /// The one byte outside of the class, if it is only one.
    stop: Option<u8>,
    min: usize,
    max: usize,
}

impl Run {
    fn new(class: ByteSet, min: u32, max: Option<u32>) -> Run {
        let max = max.map_or(usize::MAX, |max| max as usize);
        Run {
            class,
            stop: class.find_exception(),
            min: min as usize,
            max,
        }
    }

    /// How many bytes it takes of `rest`.
    pub(super) fn find_length(&self, rest: &[u8]) -> Option<usize> {
        let rest = &rest[..rest.len().min(self.max)];
        let end = match self.stop {
            Some(stop) => memchr::memchr(stop, rest),
            None => rest.iter().position(|byte| !self.class.contains(*byte)),
        };
        let length = end.unwrap_or(rest.len());
        (length >= self.min).then_some(length)
    }
}

/// What comes after the last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The end of the path: the pattern ends in `$`.
    Exact,
    /// Anything: the pattern takes every path that begins so.
    Prefix,
    /// What only an automaton can tell; the steps are necessary, but not enough.
    Automaton,
}

/// The steps of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// The steps, in order.
    pub(super) steps: Vec<Step>,
    /// What comes after them.
    pub(super) ending: Ending,
}

impl Steps {
    /// Takes an expression apart.
    pub(super) fn of(hir: &Hir) -> Steps {
        let mut parts = Vec::new();
        flatten(hir, &mut parts);
        let mut steps = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            match part {
                Part::End if parts[at..].iter().all(Part::is_mark_or_end) => {
                    steps.extend(parts[at..].iter().filter_map(Part::find_mark));
                    return Steps {
                        steps,
                        ending: Ending::Exact,
                    };
                }
                Part::Step(Step::Run(run))
                    if run.min != run.max && !follows(&parts[at + 1..]).is_disjoint(run.class) =>
                {
                    return Steps {
                        steps,
                        ending: Ending::Automaton,
                    };
                }
                Part::Step(step) => push(&mut steps, step.clone()),
                Part::End | Part::Opaque(_) => {
                    return Steps {
                        steps,
                        ending: Ending::Automaton,
                    };
                }
            }
        }
        Steps {
            steps,
            ending: Ending::Prefix,
        }
    }

    /// The path that this pattern takes, if it is only one and there are no groups.
    pub(super) fn find_literal(&self) -> Option<&[u8]> {
        match (self.steps.as_slice(), self.ending) {
            ([Step::Literal(literal)], Ending::Exact) => Some(literal),
            _ => None,
        }
    }

    /// Whether these steps plainly take every path that the `others` take. Steps that are unlike
    /// each other may do so, too.
    pub(super) fn covers(&self, others: &Steps) -> bool {
        let mut ours = self
            .steps
            .iter()
            .filter(|step| step.find_mark().is_none())
            .peekable();
        let mut theirs = others
            .steps
            .iter()
            .filter(|step| step.find_mark().is_none());
        while let Some(step) = ours.next() {
            let is_last = ours.peek().is_none() && self.ending == Ending::Prefix;
            let covers = match (step, theirs.next()) {
                (Step::Literal(literal), Some(Step::Literal(longer))) if is_last => {
                    longer.starts_with(literal)
                }
                (step, other) => Some(step) == other,
            };
            if !covers {
                return false;
            }
        }
        match self.ending {
            Ending::Prefix => true,
            Ending::Exact => others.ending == Ending::Exact && theirs.next().is_none(),
            Ending::Automaton => false,
        }
    }

    /// Writes down what the groups take of a path that these steps match, all of them.
    pub(super) fn capture(&self, path: &[u8], places: &mut Places) {
        let mut at = 0;
        for step in &self.steps {
            match step {
                Step::Literal(literal) => at += literal.len(),
                Step::Run(run) => at += run.find_length(&path[at..]).unwrap_or(0),
                Step::Open(group) => places[*group] = Some((at, at)),
                Step::Close(group) => places[*group] = places[*group].map(|(start, _)| (start, at)),
            }
        }
    }
}

// Two literals that only a mark or nothing separated become one.
fn push(steps: &mut Vec<Step>, step: Step) {
    match (steps.last_mut(), step) {
        (Some(Step::Literal(literal)), Step::Literal(more)) => literal.extend(more),
        (_, step) => steps.push(step),
    }
}

impl Step {
    /// The step itself, if it takes nothing of the path.
    fn find_mark(&self) -> Option<&Step> {
        matches!(self, Step::Open(_) | Step::Close(_)).then_some(self)
    }
}

/// A part of an expression's concatenation.
enum Part {
    Step(Step),
    End,
    Opaque(Hir),
}

impl Part {
    fn find_mark(&self) -> Option<Step> {
        match self {
            Part::Step(step) => step.find_mark().cloned(),
            Part::End | Part::Opaque(_) => None,
        }
    }

    fn is_mark_or_end(&self) -> bool {
        matches!(self, Part::End) || self.find_mark().is_some()
    }

    /// The bytes it can begin with, and whether it can be empty.
    fn first_bytes(&self) -> (ByteSet, bool) {
        match self {
            Part::Step(Step::Literal(literal)) => (ByteSet::of(literal[0]), false),
            Part::Step(Step::Run(run)) => (run.class, run.min == 0),
            Part::Step(Step::Open(_) | Step::Close(_)) => (ByteSet::EMPTY, true),
            Part::End => (ByteSet::EMPTY, false),
            Part::Opaque(hir) => first_bytes(hir),
        }
    }
}

fn flatten(hir: &Hir, parts: &mut Vec<Part>) {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => parts.push(Part::Step(Step::Literal(literal.0.to_vec()))),
        HirKind::Class(class) => parts.push(match ByteSet::find_of_class(class) {
            Some(class) => Part::Step(Step::Run(Run::new(class, 1, Some(1)))),
            None => Part::Opaque(hir.clone()),
        }),
        HirKind::Look(Look::End) => parts.push(Part::End),
        HirKind::Look(Look::Start) if parts.iter().all(Part::is_open) => {}
        HirKind::Concat(subs) => subs.iter().for_each(|sub| flatten(sub, parts)),
        HirKind::Capture(capture) => {
            let group = capture.index as usize - 1;
            parts.push(Part::Step(Step::Open(group)));
            flatten(&capture.sub, parts);
            parts.push(Part::Step(Step::Close(group)));
        }
        HirKind::Repetition(repetition) => parts.push(repeat(hir, repetition)),
        HirKind::Look(_) | HirKind::Alternation(_) => parts.push(Part::Opaque(hir.clone())),
    }
}

impl Part {
    fn is_open(&self) -> bool {
        matches!(self, Part::Step(Step::Open(_)))
    }
}

fn repeat(hir: &Hir, repetition: &Repetition) -> Part {
    let class = match repetition.sub.kind() {
        HirKind::Class(class) => ByteSet::find_of_class(class),
        HirKind::Literal(literal) if literal.0.len() == 1 => Some(ByteSet::of(literal.0[0])),
        _ => None,
    };
    match class {
        Some(class) if repetition.greedy => {
            Part::Step(Step::Run(Run::new(class, repetition.min, repetition.max)))
        }
        _ => Part::Opaque(hir.clone()),
    }
}

fn follows(parts: &[Part]) -> ByteSet {
    let mut set = ByteSet::EMPTY;
    for part in parts {
        let (first, is_nullable) = part.first_bytes();
        set = set.union(first);
        if !is_nullable {
            break;
        }
    }
    set
}

/// The bytes that a match of `hir` can begin with, and whether a match can be empty. What looks
/// around is taken to be both.
pub(super) fn first_bytes(hir: &Hir) -> (ByteSet, bool) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(Look::Start) => (ByteSet::EMPTY, true),
        HirKind::Literal(literal) => (ByteSet::of(literal.0[0]), false),
        HirKind::Class(class) => (
            ByteSet::find_of_class(class).unwrap_or(ByteSet::FULL),
            false,
        ),
        HirKind::Look(_) => (ByteSet::FULL, true),
        HirKind::Repetition(repetition) => {
            let (first, is_nullable) = first_bytes(&repetition.sub);
            (first, is_nullable || repetition.min == 0)
        }
        HirKind::Capture(capture) => first_bytes(&capture.sub),
        HirKind::Concat(subs) => {
            let mut set = ByteSet::EMPTY;
            for sub in subs {
                let (first, is_nullable) = first_bytes(sub);
                set = set.union(first);
                if !is_nullable {
                    return (set, false);
                }
            }
            (set, true)
        }
        HirKind::Alternation(subs) => subs.iter().map(first_bytes).fold(
            (ByteSet::EMPTY, false),
            |(set, is_nullable), (first, nullable)| (set.union(first), is_nullable || nullable),
        ),
    }
}
