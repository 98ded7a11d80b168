//! A pattern as steps that need no automaton: literal pieces, and runs of bytes of one class.
//!
//! A run such as `[^/]+` takes all it can. That is right only where nothing that follows could
//! begin with a byte of the run; then how far it goes is settled by the path alone, and patterns
//! can share their steps in a trie. Where this does not hold, the steps end and an automaton
//! decides the rest.

use regex_syntax::hir::Hir;

use super::byte_set::ByteSet;
use super::parts::{Part, follow_bytes, ways};

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
    /// A run of at least `min` bytes, and `max` at most.
    pub(super) fn new(class: ByteSet, min: u32, max: Option<u32>) -> Run {
        let max = max.map_or(usize::MAX, |max| max as usize);
        Run {
            class,
            stop: class.find_exception(),
            min: min as usize,
            max,
        }
    }

    /// The bytes that it takes.
    pub(super) fn class(&self) -> ByteSet {
        self.class
    }

    /// How many bytes it takes at least.
    pub(super) fn min(&self) -> usize {
        self.min
    }

    /// Whether what follows cannot begin with a byte that the run could take.
    fn is_settled(&self, follow: &[Part]) -> bool {
        self.min == self.max || follow_bytes(follow).is_disjoint(self.class)
    }

    /// How many bytes it takes of `rest`, if there are enough of them.
    pub(super) fn find_length(&self, rest: &[u8]) -> Option<usize> {
        Some(self.count(rest)).filter(|length| *length >= self.min)
    }

    /// How many bytes of its class there are, up to as many as it takes.
    pub(super) fn count(&self, rest: &[u8]) -> usize {
        let rest = &rest[..rest.len().min(self.max)];
        let end = match self.stop {
            Some(stop) => memchr::memchr(stop, rest),
            None => rest.iter().position(|byte| !self.class.contains(*byte)),
        };
        end.unwrap_or(rest.len())
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

/// The steps of a pattern, or of one way through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// The steps, in order.
    pub(super) steps: Vec<Step>,
    /// What comes after them.
    pub(super) ending: Ending,
}

impl Steps {
    /// Takes an expression apart: its ways, in the order in which a match prefers them.
    pub(super) fn ways(hir: &Hir) -> Vec<Steps> {
        ways(hir).iter().map(|parts| Steps::of(parts)).collect()
    }

    fn of(parts: &[Part]) -> Steps {
        let mut steps = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            match part {
                Part::End if parts[at..].iter().all(Part::is_mark_or_end) => {
                    steps.extend(parts[at..].iter().filter_map(Part::find_mark).cloned());
                    return Steps {
                        steps,
                        ending: Ending::Exact,
                    };
                }
                Part::Step(Step::Run(run)) if !run.is_settled(&parts[at + 1..]) => {
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

    /// Follows the steps along a path as far as they go, and writes down what groups take.
    /// Gives the place that was reached, and the step that could not be taken.
    pub(super) fn walk(&self, path: &[u8], places: &mut Places) -> (usize, Option<&Step>) {
        let mut at = 0;
        for step in &self.steps {
            match step {
                Step::Literal(literal) if path[at..].starts_with(literal) => at += literal.len(),
                Step::Run(run) => match run.find_length(&path[at..]) {
                    Some(length) => at += length,
                    None => return (at, Some(step)),
                },
                Step::Open(group) => places[*group] = Some((at, at)),
                Step::Close(group) => places[*group] = places[*group].map(|(start, _)| (start, at)),
                Step::Literal(_) => return (at, Some(step)),
            }
        }
        (at, None)
    }

    /// Whether they take `path`; writes down what groups take. Not to be asked of steps that end
    /// in an automaton.
    pub(super) fn capture(&self, path: &[u8], places: &mut Places) -> bool {
        let (at, missing) = self.walk(path, places);
        missing.is_none() && (at == path.len() || self.ending == Ending::Prefix)
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
    pub(super) fn find_mark(&self) -> Option<&Step> {
        matches!(self, Step::Open(_) | Step::Close(_)).then_some(self)
    }
}
