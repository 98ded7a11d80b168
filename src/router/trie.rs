//! Routes by their steps: what they share of a path is looked at once.
//!
//! Every node knows the smallest index of a route below it, so that a walk never goes where only
//! later routes are than the one it has found.

use super::steps::{Run, Step};

/// No route, or one later than all.
const NONE: usize = usize::MAX;

/// Routes by their steps.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    /// The bytes of all labels.
    text: Vec<u8>,
    /// The bytes that lead on from nodes, each node's beside each other.
    bytes: Vec<u8>,
    /// Where each of `bytes` leads.
    targets: Vec<u32>,
    runs: Vec<(Run, u32)>,
}

/// A place that paths can be at. It is reached through its label.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The smallest index of a route here or below.
    smallest: usize,
    /// The first route that takes any path that comes here.
    prefix: usize,
    /// The first route that takes a path that ends here.
    exact: usize,
    /// The set of expressions that are to be asked about a path that comes here.
    set: usize,
    label: (u32, u32),
    bytes: (u32, u32),
    runs: (u32, u32),
}

/// Where steps lead, while the trie is being built.
#[derive(Debug)]
struct Draft {
    node: Node,
    /// By first byte of the label, in no order.
    literals: Vec<(u8, usize)>,
    runs: Vec<(Run, usize)>,
}

/// What a route does at the node where its steps end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf {
    /// Takes the path if it ends there.
    Exact,
    /// Takes the path.
    Prefix,
    /// Asks its expression.
    Automaton,
}

/// Builds a [`Trie`]. Routes are added in the order of the definition.
#[derive(Debug)]
pub(super) struct TrieBuilder {
    drafts: Vec<Draft>,
    text: Vec<u8>,
    /// The routes of each set of expressions.
    sets: Vec<Vec<usize>>,
}

impl TrieBuilder {
    pub(super) fn new() -> TrieBuilder {
        TrieBuilder {
            drafts: vec![Draft::new((0, 0))],
            text: Vec::new(),
            sets: Vec::new(),
        }
    }

    /// Adds a route whose index is greater than those before.
    pub(super) fn insert(&mut self, steps: &[Step], leaf: Leaf, route: usize) {
        let mut at = 0;
        self.pass(at, route);
        for step in steps {
            at = match step {
                Step::Literal(literal) => self.insert_literal(at, literal, route),
                Step::Run(run) => self.insert_run(at, run, route),
                Step::Open(_) | Step::Close(_) => at,
            };
        }
        let node = &mut self.drafts[at].node;
        match leaf {
            Leaf::Exact => node.exact = node.exact.min(route),
            Leaf::Prefix => node.prefix = node.prefix.min(route),
            Leaf::Automaton if node.set != NONE => self.sets[node.set].push(route),
            Leaf::Automaton => {
                node.set = self.sets.len();
                self.sets.push(vec![route]);
            }
        }
    }

    fn pass(&mut self, at: usize, route: usize) {
        let smallest = &mut self.drafts[at].node.smallest;
        *smallest = route.min(*smallest);
    }

    fn insert_run(&mut self, at: usize, run: &Run, route: usize) -> usize {
        let known = self.drafts[at].runs.iter().find(|(known, _)| known == run);
        let target = match known {
            Some((_, target)) => *target,
            None => {
                let target = self.add(Draft::new((0, 0)));
                self.drafts[at].runs.push((run.clone(), target));
                target
            }
        };
        self.pass(target, route);
        target
    }

    fn insert_literal(&mut self, mut at: usize, mut literal: &[u8], route: usize) -> usize {
        while let [first, ..] = literal {
            let known = self.drafts[at]
                .literals
                .iter()
                .find(|(byte, _)| byte == first);
            let Some((_, target)) = known else {
                let label = self.add_text(literal);
                let target = self.add(Draft::new(label));
                self.drafts[at].literals.push((*first, target));
                self.pass(target, route);
                return target;
            };
            at = *target;
            let label = self.label(at);
            let shared = label
                .iter()
                .zip(literal)
                .take_while(|(a, b)| a == b)
                .count();
            if shared < label.len() {
                self.split(at, shared);
            }
            self.pass(at, route);
            literal = &literal[shared..];
        }
        at
    }

    /// Cuts a node in two, after this many bytes of its label.
    fn split(&mut self, at: usize, length: usize) {
        let (start, end) = self.drafts[at].node.label;
        let middle = start + narrow(length);
        let mut upper = Draft::new((start, middle));
        upper.node.smallest = self.drafts[at].node.smallest;
        let mut lower = std::mem::replace(&mut self.drafts[at], upper);
        lower.node.label = (middle, end);
        let first = self.text[middle as usize];
        let target = self.add(lower);
        self.drafts[at].literals.push((first, target));
    }

    fn label(&self, at: usize) -> &[u8] {
        let (start, end) = self.drafts[at].node.label;
        &self.text[start as usize..end as usize]
    }

    fn add(&mut self, draft: Draft) -> usize {
        self.drafts.push(draft);
        self.drafts.len() - 1
    }

    fn add_text(&mut self, literal: &[u8]) -> (u32, u32) {
        let start = narrow(self.text.len());
        self.text.extend_from_slice(literal);
        (start, narrow(self.text.len()))
    }

    /// The trie, and the routes of each set of expressions.
    pub(super) fn build(self) -> (Trie, Vec<Vec<usize>>) {
        let mut trie = Trie {
            nodes: Vec::with_capacity(self.drafts.len()),
            text: self.text,
            bytes: Vec::new(),
            targets: Vec::new(),
            runs: Vec::new(),
        };
        for mut draft in self.drafts {
            let (bytes, runs) = (narrow(trie.bytes.len()), narrow(trie.runs.len()));
            for (byte, target) in draft.literals {
                trie.bytes.push(byte);
                trie.targets.push(narrow(target));
            }
            trie.runs.extend(
                draft
                    .runs
                    .into_iter()
                    .map(|(run, target)| (run, narrow(target))),
            );
            draft.node.bytes = (bytes, narrow(trie.bytes.len()));
            draft.node.runs = (runs, narrow(trie.runs.len()));
            trie.nodes.push(draft.node);
        }
        (trie, self.sets)
    }
}

impl Draft {
    fn new(label: (u32, u32)) -> Draft {
        let node = Node {
            smallest: NONE,
            prefix: NONE,
            exact: NONE,
            set: NONE,
            label,
            bytes: (0, 0),
            runs: (0, 0),
        };
        Draft {
            node,
            literals: Vec::new(),
            runs: Vec::new(),
        }
    }
}

// Definitions are bounded far below 4 GiB.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).expect("a definition is under 4 GiB")
}

impl Trie {
    /// The first route that takes `path`, if its index is less than `best`, else `best`. `ask`
    /// tells the same of a set of expressions.
    pub(super) fn find(
        &self,
        path: &[u8],
        best: usize,
        ask: &mut impl FnMut(usize, usize) -> usize,
    ) -> usize {
        self.find_below(0, path, best, ask)
    }

    fn find_below(
        &self,
        mut at: u32,
        mut rest: &[u8],
        mut best: usize,
        ask: &mut impl FnMut(usize, usize) -> usize,
    ) -> usize {
        loop {
            let node = &self.nodes[at as usize];
            if node.smallest >= best {
                return best;
            }
            let label = &self.text[node.label.0 as usize..node.label.1 as usize];
            let Some(behind) = rest.strip_prefix(label) else {
                return best;
            };
            rest = behind;
            best = best.min(node.prefix);
            if rest.is_empty() {
                best = best.min(node.exact);
            }
            best = self.find_in_runs(node, rest, best, ask);
            let next = self.find_next(node, rest);
            if node.set == NONE {
                match next {
                    Some(next) => at = next,
                    None => return best,
                }
                continue;
            }
            if let Some(next) = next {
                best = self.find_below(next, rest, best, ask);
            }
            return ask(node.set, best);
        }
    }

    fn find_in_runs(
        &self,
        node: &Node,
        rest: &[u8],
        mut best: usize,
        ask: &mut impl FnMut(usize, usize) -> usize,
    ) -> usize {
        for (run, target) in &self.runs[node.runs.0 as usize..node.runs.1 as usize] {
            if self.nodes[*target as usize].smallest < best
                && let Some(length) = run.find_length(rest)
            {
                best = self.find_below(*target, &rest[length..], best, ask);
            }
        }
        best
    }

    fn find_next(&self, node: &Node, rest: &[u8]) -> Option<u32> {
        let (start, end) = (node.bytes.0 as usize, node.bytes.1 as usize);
        let first = rest.first()?;
        let place = self.bytes[start..end]
            .iter()
            .position(|byte| byte == first)?;
        Some(self.targets[start + place])
    }
}
