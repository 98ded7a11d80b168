//! Whether one pattern takes every path that another takes: a walk over pairs of states.

use std::collections::HashSet;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{Compiler, Config as NfaConfig, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;

use super::samples::path_bytes;

/// A pattern as a table of states, if that is not too large.
#[derive(Debug)]
pub(super) struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
}

/// Memory for the table of one pattern.
const TABLE_BYTES_MAX: usize = 1 << 20;

/// Pairs of states to look at before giving up.
const PAIRS_MAX: usize = 20_000;

impl Automaton {
    pub(super) fn find(hir: &Hir) -> Option<Automaton> {
        let config = NfaConfig::new()
            .utf8(false)
            .nfa_size_limit(None)
            .which_captures(WhichCaptures::None);
        let nfa = Compiler::new().configure(config).build_from_hir(hir).ok()?;
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .match_kind(MatchKind::All)
            .accelerate(false)
            .dfa_size_limit(Some(TABLE_BYTES_MAX))
            .determinize_size_limit(Some(TABLE_BYTES_MAX));
        let dfa = dense::Builder::new()
            .configure(config)
            .build_from_nfa(&nfa)
            .ok()?;
        let start = dfa
            .start_state_forward(&Input::new("").anchored(Anchored::Yes))
            .ok()?;
        Some(Automaton { dfa, start })
    }

    /// Whether it takes every path that `other` takes. `None` if that would take too long.
    pub(super) fn covers(&self, other: &Automaton) -> Option<bool> {
        let bytes = self.distinct_bytes(other);
        let start = |automaton: &Automaton| State {
            id: automaton.start,
            has_matched: false,
        };
        // Paths start with a slash.
        let first = (start(self).next(self, b'/'), start(other).next(other, b'/'));
        let mut seen = HashSet::new();
        let mut waiting = vec![first];
        while let Some((ours, theirs)) = waiting.pop() {
            // What has matched once takes all that begins so.
            if ours.has_matched || theirs.is_lost(other) || !seen.insert((ours, theirs)) {
                continue;
            }
            if theirs.is_match_at_end(other) && !ours.is_match_at_end(self) {
                return Some(false);
            }
            if seen.len() > PAIRS_MAX {
                return None;
            }
            let next = |byte: &u8| (ours.next(self, *byte), theirs.next(other, *byte));
            waiting.extend(bytes.iter().map(next));
        }
        Some(true)
    }

    /// One byte of each kind that the two tell apart.
    fn distinct_bytes(&self, other: &Automaton) -> Vec<u8> {
        let (ours, theirs) = (self.dfa.byte_classes(), other.dfa.byte_classes());
        let mut seen = HashSet::new();
        path_bytes()
            .filter(|byte| seen.insert((ours.get(*byte), theirs.get(*byte))))
            .collect()
    }
}

/// Where an automaton is on its way along a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    id: StateID,
    has_matched: bool,
}

impl State {
    // A table tells one byte late that there was a match.
    fn next(self, automaton: &Automaton, byte: u8) -> State {
        if self.has_matched {
            return self;
        }
        let id = automaton.dfa.next_state(self.id, byte);
        match automaton.dfa.is_match_state(id) {
            true => State {
                id: automaton.start,
                has_matched: true,
            },
            false => State {
                id,
                has_matched: false,
            },
        }
    }

    fn is_match_at_end(self, automaton: &Automaton) -> bool {
        let end = automaton.dfa.next_eoi_state(self.id);
        self.has_matched || automaton.dfa.is_match_state(end)
    }

    fn is_lost(self, automaton: &Automaton) -> bool {
        !self.has_matched && automaton.dfa.is_dead_state(self.id)
    }
}
