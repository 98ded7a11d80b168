//! Routes that can never be reached, because an earlier one takes every path of theirs.

use std::collections::HashMap;

use super::automaton::Automaton;
use super::pattern::Pattern;
use super::router::Router;
use super::samples::{SAMPLES, find_sample};

/// A route that no path reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// The index of the route.
    pub route: usize,
    /// The index of the earlier route that takes its paths.
    pub by: usize,
    /// A path that both match.
    pub witness: String,
}

/// Finds routes that can never match, because one earlier route takes every path of theirs.
///
/// What it finds is certain. It says nothing about routes that several earlier ones cover
/// together, nor about those for which it would take too long to be certain.
#[must_use]
pub fn find_shadowed(patterns: &[Pattern]) -> Vec<Shadow> {
    let mut search = Search {
        patterns,
        router: Router::new(patterns),
        automata: HashMap::new(),
        automata_left: AUTOMATA_MAX,
    };
    (0..patterns.len())
        .filter_map(|route| search.find(route))
        .collect()
}

/// How many patterns are turned into automata before we stay silent.
const AUTOMATA_MAX: usize = 2_000;

struct Search<'p> {
    patterns: &'p [Pattern],
    router: Router,
    /// Automata of routes that took others' paths; a few routes tend to take most.
    automata: HashMap<usize, Option<Automaton>>,
    automata_left: usize,
}

impl Search<'_> {
    fn find(&mut self, route: usize) -> Option<Shadow> {
        let pattern = &self.patterns[route];
        let mut refuted = None;
        for number in 0..SAMPLES {
            let Some(witness) = find_sample(pattern.hir(), number) else {
                continue;
            };
            let by = self.router.find_route(witness.as_bytes());
            match by {
                Some(by) if by == route => return None,
                Some(by) if by < route && refuted != Some(by) => {
                    if self.is_covered(route, by, &witness) {
                        return Some(Shadow { route, by, witness });
                    }
                    refuted = Some(by);
                }
                // The sample is not one of this route, or it says nothing new.
                _ => {}
            }
        }
        None
    }

    fn is_covered(&mut self, route: usize, by: usize, witness: &str) -> bool {
        let (pattern, taker) = (&self.patterns[route], &self.patterns[by]);
        if !self.router.takes(route, witness.as_bytes()) {
            return false;
        }
        if pattern.steps().find_literal().is_some() || taker.steps().covers(pattern.steps()) {
            return true;
        }
        let Some(theirs) = self.build(route) else {
            return false;
        };
        if !self.automata.contains_key(&by) {
            let automaton = self.build(by);
            self.automata.insert(by, automaton);
        }
        let ours = self.automata.get(&by).and_then(Option::as_ref);
        ours.is_some_and(|ours| ours.covers(&theirs) == Some(true))
    }

    fn build(&mut self, route: usize) -> Option<Automaton> {
        self.automata_left = self.automata_left.checked_sub(1)?;
        Automaton::find(self.patterns[route].hir())
    }
}
