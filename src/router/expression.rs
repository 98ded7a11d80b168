//! Routes that only an automaton can decide: one alone, and many that are asked together.

use regex_automata::dfa::onepass;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::backtrack::{self, BoundedBacktracker};
use regex_automata::nfa::thompson::pikevm::{Cache as PikeCache, PikeVM};
use regex_automata::nfa::thompson::{Compiler, Config as NfaConfig, NFA, WhichCaptures};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;

use super::steps::Places;

/// The automaton of one route, which knows what its groups take.
#[derive(Debug)]
pub(super) struct Expression {
    nfa: NFA,
    engine: Engine,
    /// For paths that are too long for the engine.
    fallback: Option<(PikeVM, PikeCache)>,
    slots: Vec<Option<NonMaxUsize>>,
}

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "each lives in the box of its route"
)]
enum Engine {
    /// Where each byte of a path leaves one choice at most.
    OnePass(onepass::DFA, onepass::Cache),
    /// Otherwise. It never looks twice at the same place with the same state in mind.
    Backtrack(BoundedBacktracker, backtrack::Cache),
}

/// Memory for the table of an expression that is to be matched in one pass.
const ONE_PASS_BYTES_MAX: usize = 64 << 10;

impl Expression {
    pub(super) fn new(hir: &Hir) -> Expression {
        let nfa = compile(&[hir], WhichCaptures::All);
        let slots = vec![None; nfa.group_info().slot_len()];
        let engine = Engine::new(&nfa);
        Expression {
            nfa,
            engine,
            fallback: None,
            slots,
        }
    }

    /// Whether it takes `path`. Remembers what its groups take.
    pub(super) fn is_match(&mut self, path: &[u8]) -> bool {
        let input = Input::new(path).anchored(Anchored::Yes);
        let slots = &mut self.slots;
        let found = match &mut self.engine {
            Engine::OnePass(dfa, cache) => dfa.try_search_slots(cache, &input, slots),
            Engine::Backtrack(backtracker, cache) => {
                backtracker.try_search_slots(cache, &input, slots)
            }
        };
        let found = found.unwrap_or_else(|_| {
            let (vm, cache) = self.fallback.get_or_insert_with(|| slow_engine(&self.nfa));
            vm.search_slots(cache, &input, slots)
        });
        found.is_some()
    }

    /// Writes down what its groups took of the path that was matched last.
    pub(super) fn copy_places(&self, places: &mut Places) {
        // The first two slots are the bounds of the whole match.
        for (place, slots) in places.iter_mut().zip(self.slots.chunks_exact(2).skip(1)) {
            *place = slots[0]
                .zip(slots[1])
                .map(|(start, end)| (start.get(), end.get()));
        }
    }
}

impl Engine {
    fn new(nfa: &NFA) -> Engine {
        let config = onepass::Config::new().size_limit(Some(ONE_PASS_BYTES_MAX));
        let dfa = onepass::Builder::new()
            .configure(config)
            .build_from_nfa(nfa.clone());
        if let Ok(dfa) = dfa {
            let cache = dfa.create_cache();
            return Engine::OnePass(dfa, cache);
        }
        let backtracker = BoundedBacktracker::new_from_nfa(nfa.clone());
        let backtracker = backtracker.expect("an automaton over bytes needs nothing else");
        let cache = backtracker.create_cache();
        Engine::Backtrack(backtracker, cache)
    }
}

fn compile(hirs: &[&Hir], captures: WhichCaptures) -> NFA {
    let config = NfaConfig::new()
        .utf8(false)
        .nfa_size_limit(None)
        .which_captures(captures);
    let nfa = Compiler::new().configure(config).build_many_from_hir(hirs);
    nfa.expect("patterns are checked for their size when they are parsed")
}

fn slow_engine(nfa: &NFA) -> (PikeVM, PikeCache) {
    let vm = PikeVM::new_from_nfa(nfa.clone());
    let vm = vm.expect("an automaton over bytes needs nothing else");
    let cache = vm.create_cache();
    (vm, cache)
}

/// Many expressions in one automaton: it tells the first of them that takes a path.
#[derive(Debug)]
pub(super) struct Expressions {
    nfa: NFA,
    dfa: DFA,
    cache: Cache,
    /// For when the automaton above gives up.
    fallback: Option<(PikeVM, PikeCache)>,
}

/// Memory for the states of one automaton, before it forgets them and starts anew.
const STATE_BYTES_MAX: usize = 32 << 20;

impl Expressions {
    pub(super) fn new(hirs: &[&Hir]) -> Expressions {
        let nfa = compile(hirs, WhichCaptures::None);
        let config = DFA::config()
            .match_kind(MatchKind::LeftmostFirst)
            .cache_capacity(STATE_BYTES_MAX)
            .skip_cache_capacity_check(true);
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa.clone());
        let dfa = dfa.expect("an automaton over bytes has no limits beside its memory");
        let cache = dfa.create_cache();
        Expressions {
            nfa,
            dfa,
            cache,
            fallback: None,
        }
    }

    /// The first of them that takes `path`.
    pub(super) fn find(&mut self, path: &[u8]) -> Option<usize> {
        // All begin where the path begins, so that the earliest of them is the preferred match.
        let input = Input::new(path).anchored(Anchored::Yes);
        match self.dfa.try_search_fwd(&mut self.cache, &input) {
            Ok(found) => found.map(|half| half.pattern().as_usize()),
            Err(_) => self.find_slowly(&input),
        }
    }

    fn find_slowly(&mut self, input: &Input<'_>) -> Option<usize> {
        let (vm, cache) = self.fallback.get_or_insert_with(|| slow_engine(&self.nfa));
        vm.search_slots(cache, input, &mut [])
            .map(|pattern| pattern.as_usize())
    }
}
