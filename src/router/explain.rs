//! Why a path goes to the route it goes to, and why the nearest other routes do not take it.

use regex_automata::hybrid::dfa::DFA;
use regex_automata::nfa::thompson::{Compiler, Config as NfaConfig, WhichCaptures};
use regex_automata::{Anchored, Input};
use regex_syntax::hir::Hir;

use super::expression::Expression;
use super::pattern::Pattern;
use super::steps::{Ending, Step, Steps};

/// What becomes of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The route that takes it.
    pub winner: Option<usize>,
    /// Routes that match as well, but come later.
    pub later: Vec<usize>,
    /// The routes that nearly match, the nearest first; at most [`NEAREST_MAX`].
    pub nearest: Vec<NearMiss>,
}

/// Why a route does not take a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The index of the route.
    pub route: usize,
    /// How many bytes of the path agree with it.
    pub agreed: usize,
    /// What follows in the path, in words.
    pub found: String,
    /// What the route expects there, in words.
    pub expected: String,
}

/// How many routes that nearly match are told.
pub const NEAREST_MAX: usize = 3;

/// Explains which of the routes takes a path, and why the nearest of the others do not.
#[must_use]
pub fn explain(patterns: &[Pattern], path: &str) -> Explanation {
    let mut matches = Vec::new();
    let mut misses = Vec::new();
    for (route, pattern) in patterns.iter().enumerate() {
        match trace(pattern, path.as_bytes()) {
            None => matches.push(route),
            Some(miss) => misses.push((route, miss)),
        }
    }
    // The sort is stable: of equally near ones, the first comes first.
    misses.sort_by_key(|(_, miss)| std::cmp::Reverse(miss.agreed));
    let near = misses
        .into_iter()
        .filter(|(_, miss)| miss.agreed > 0)
        .take(NEAREST_MAX);
    let mut matches = matches.into_iter();
    Explanation {
        winner: matches.next(),
        later: matches.collect(),
        nearest: near
            .map(|(route, miss)| miss.describe(route, path))
            .collect(),
    }
}

/// Where a path parts from a pattern.
struct Miss<'p> {
    agreed: usize,
    expected: Expected<'p>,
}

enum Expected<'p> {
    /// The rest of a literal.
    Literal(&'p [u8]),
    /// A byte of a class.
    Class(String),
    End,
    /// What an automaton knows, and cannot say.
    More(&'p str),
}

/// Where `path` parts from the pattern, in the way that goes farthest; `None` if it matches.
fn trace<'p>(pattern: &'p Pattern, path: &[u8]) -> Option<Miss<'p>> {
    let mut groups = vec![None; pattern.groups().len()];
    let mut farthest: Option<Miss<'p>> = None;
    let mut needs_automaton = false;
    for way in pattern.ways() {
        let (at, missing) = way.walk(path, &mut groups);
        let miss = match missing {
            Some(step) => step_miss(step, at, path),
            None if way.ending == Ending::Automaton => {
                needs_automaton = true;
                continue;
            }
            None if is_end(way, at, path) => return None,
            None => Miss {
                agreed: at,
                expected: Expected::End,
            },
        };
        if farthest
            .as_ref()
            .is_none_or(|known| known.agreed < miss.agreed)
        {
            farthest = Some(miss);
        }
    }
    if !needs_automaton {
        return farthest;
    }
    if Expression::new(pattern.hir()).is_match(path) {
        return None;
    }
    let agreed = agreed_length(pattern.hir(), path);
    let miss = Miss {
        agreed,
        expected: Expected::More(pattern.text()),
    };
    farthest
        .filter(|known| known.agreed > agreed)
        .or(Some(miss))
}

fn is_end(way: &Steps, at: usize, path: &[u8]) -> bool {
    way.ending == Ending::Prefix || at == path.len()
}

fn step_miss<'p>(step: &'p Step, at: usize, path: &[u8]) -> Miss<'p> {
    match step {
        Step::Literal(literal) => {
            let agreed = literal
                .iter()
                .zip(&path[at..])
                .take_while(|(a, b)| a == b)
                .count();
            Miss {
                agreed: at + agreed,
                expected: Expected::Literal(&literal[agreed..]),
            }
        }
        Step::Run(run) => {
            let expected = Expected::Class(run.class().describe());
            Miss {
                agreed: at + run.count(&path[at..]),
                expected,
            }
        }
        Step::Open(_) | Step::Close(_) => Miss {
            agreed: at,
            expected: Expected::End,
        },
    }
}

/// How many bytes of the path an automaton takes before nothing can match any more.
fn agreed_length(hir: &Hir, path: &[u8]) -> usize {
    let config = NfaConfig::new()
        .utf8(false)
        .nfa_size_limit(None)
        .which_captures(WhichCaptures::None);
    let nfa = Compiler::new().configure(config).build_from_hir(hir);
    let nfa = nfa.expect("a pattern is checked for its size when it is parsed");
    let config = DFA::config().skip_cache_capacity_check(true);
    let dfa = DFA::builder().configure(config).build_from_nfa(nfa);
    let dfa = dfa.expect("an automaton over bytes has no limits beside its memory");
    let mut cache = dfa.create_cache();
    let input = Input::new(path).anchored(Anchored::Yes);
    let Ok(mut state) = dfa.start_state_forward(&mut cache, &input) else {
        return 0;
    };
    for (at, byte) in path.iter().enumerate() {
        match dfa.next_state(&mut cache, state, *byte) {
            Ok(next) if !next.is_dead() => state = next,
            Ok(_) | Err(_) => return at,
        }
    }
    path.len()
}

impl Miss<'_> {
    fn describe(&self, route: usize, path: &str) -> NearMiss {
        let rest = path.get(self.agreed..).unwrap_or_default();
        let found = match rest {
            "" => "the end of the path".to_owned(),
            rest => format!("`{}`", first_segment(rest)),
        };
        let expected = match &self.expected {
            Expected::Literal(rest) => format!("`{}`", String::from_utf8_lossy(rest)),
            Expected::Class(class) => class.clone(),
            Expected::End => "the end of the path".to_owned(),
            Expected::More(pattern) => format!("what `{pattern}` says"),
        };
        NearMiss {
            route,
            agreed: self.agreed,
            found,
            expected,
        }
    }
}

/// The rest up to the next slash, or up to the one after that if there is one at once.
fn first_segment(rest: &str) -> &str {
    let start = usize::from(rest.starts_with('/'));
    rest[start..]
        .find('/')
        .map_or(rest, |length| &rest[..start + length])
}
