//! Routes that only an automaton can decide: one alone, and many that are asked together.

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::pikevm::{Cache as PikeCache, PikeVM};
use regex_automata::nfa::thompson::{Compiler, Config as NfaConfig, NFA, WhichCaptures};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input, MatchKind, meta};
use regex_syntax::hir::Hir;

use super::steps::Places;

/// The automaton of one route, which knows what its groups take.
#[derive(Debug)]
pub(super) struct Expression {
    regex: meta::Regex,
    cache: meta::Cache,
    slots: Vec<Option<NonMaxUsize>>,
}

impl Expression {
    pub(super) fn new(hir: &Hir) -> Expression {
        let config = meta::Config::new()
            .utf8_empty(false)
            .nfa_size_limit(None)
            .auto_prefilter(false)
            .dfa(false);
        let regex = meta::Builder::new().configure(config).build_from_hir(hir);
        let regex = regex.expect("a pattern is checked for its size when it is parsed");
        let cache = regex.create_cache();
        let slots = vec![None; regex.group_info().slot_len()];
        Expression {
            regex,
            cache,
            slots,
        }
    }

    /// Whether it takes `path`. Remembers what its groups take.
    pub(super) fn is_match(&mut self, path: &[u8]) -> bool {
        let input = Input::new(path).anchored(Anchored::Yes);
        self.regex
            .search_slots_with(&mut self.cache, &input, &mut self.slots)
            .is_some()
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
const STATE_BYTES_MAX: usize = 4 << 20;

impl Expressions {
    pub(super) fn new(hirs: &[&Hir]) -> Expressions {
        let config = NfaConfig::new()
            .utf8(false)
            .nfa_size_limit(None)
            .which_captures(WhichCaptures::None);
        let nfa = Compiler::new().configure(config).build_many_from_hir(hirs);
        let nfa = nfa.expect("patterns are checked for their size when they are parsed");
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
        let (vm, cache) = self.fallback.get_or_insert_with(|| {
            let vm = PikeVM::new_from_nfa(self.nfa.clone());
            let vm = vm.expect("an automaton over bytes needs nothing else");
            let cache = vm.create_cache();
            (vm, cache)
        });
        vm.search_slots(cache, input, &mut [])
            .map(|pattern| pattern.as_usize())
    }
}
