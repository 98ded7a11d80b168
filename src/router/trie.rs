//! Routes by their steps: what they share of a path is looked at once.
//!
//! Every node knows the smallest index of a route below it, so that a walk never goes where only
//! later routes are than the one it has found.

use std::collections::HashMap;

use super::steps::{Run, Step};

/// No route, or one later than all; no set.
const NONE: u32 = u32::MAX;

/// Routes by their steps.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    /// The bytes of all labels; like ones are kept once.
    text: Vec<u8>,
    /// The first bytes of branches that do not fit into their node.
    bytes: Vec<u8>,
    /// Which run, and where it leads.
    branches: Vec<(u32, u32)>,
    runs: Vec<Run>,
}

/// A place that paths can be at, in one line of the processor's cache. It is reached through its
/// label, whose first byte its parent has compared.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Node {
    /// The smallest index of a route here or below.
    smallest: u32,
    /// The first route that takes any path that comes here.
    prefix: u32,
    /// The first route that takes a path that ends here.
    exact: u32,
    /// The set of expressions that are to be asked about a path that comes here.
    set: u32,
    label: (u32, u32),
    /// The first of the nodes that literals lead to; they stand beside each other.
    first_child: u32,
    child_count: u16,
    run_count: u32,
    /// Where its runs begin among all.
    first_run: u32,
    /// Where the first bytes of its children begin, if they are too many for this node.
    first_byte: u32,
    /// The first byte of each child.
    bytes: [u8; BYTES_INSIDE],
}

/// How many first bytes a node has room for.
const BYTES_INSIDE: usize = 22;

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

    /// Adds a way of a route whose index is not less than those before.
    pub(super) fn insert(&mut self, steps: &[Step], leaf: Leaf, route: usize) {
        let mut at = 0;
        let index = route;
        let route = narrow(route);
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
            Leaf::Automaton if node.set != NONE => {
                let routes = &mut self.sets[node.set as usize];
                if routes.last() != Some(&index) {
                    routes.push(index);
                }
            }
            Leaf::Automaton => {
                node.set = narrow(self.sets.len());
                self.sets.push(vec![index]);
            }
        }
    }

    fn pass(&mut self, at: usize, route: u32) {
        let smallest = &mut self.drafts[at].node.smallest;
        *smallest = route.min(*smallest);
    }

    fn insert_run(&mut self, at: usize, run: &Run, route: u32) -> usize {
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

    fn insert_literal(&mut self, mut at: usize, mut literal: &[u8], route: u32) -> usize {
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
        let trie = Trie {
            nodes: vec![Node::EMPTY],
            text: Vec::new(),
            bytes: Vec::new(),
            branches: Vec::new(),
            runs: Vec::new(),
        };
        let mut layout = Layout {
            trie,
            labels: HashMap::new(),
            runs: HashMap::new(),
        };
        // Whole branches one after the other, so that a path stays in one corner of the memory.
        let mut waiting = vec![(0, 0)];
        while let Some((draft, at)) = waiting.pop() {
            layout.place(&self.drafts[draft], &self.text, at, &mut waiting);
        }
        (layout.trie, self.sets)
    }
}

/// Lays drafts out as nodes.
struct Layout {
    trie: Trie,
    labels: HashMap<Vec<u8>, u32>,
    runs: HashMap<Run, u32>,
}

impl Layout {
    /// Makes the node at `at`, and room for its children.
    fn place(&mut self, draft: &Draft, text: &[u8], at: usize, waiting: &mut Vec<(usize, usize)>) {
        let trie = &mut self.trie;
        let mut node = draft.node;
        let label = &text[node.label.0 as usize..node.label.1 as usize];
        let start = *self.labels.entry(label.to_vec()).or_insert_with(|| {
            trie.text.extend_from_slice(label);
            narrow(trie.text.len() - label.len())
        });
        node.label = (start, start + narrow(label.len()));
        node.first_child = narrow(trie.nodes.len());
        node.child_count = u16::try_from(draft.literals.len()).expect("there are 256 bytes");
        node.first_byte = narrow(trie.bytes.len());
        let bytes: Vec<u8> = draft.literals.iter().map(|(byte, _)| *byte).collect();
        match node.bytes.get_mut(..bytes.len()) {
            Some(inside) => inside.copy_from_slice(&bytes),
            None => trie.bytes.extend(bytes),
        }
        node.first_run = narrow(trie.branches.len());
        node.run_count = narrow(draft.runs.len());
        for (_, child) in &draft.literals {
            waiting.push((*child, trie.nodes.len()));
            trie.nodes.push(Node::EMPTY);
        }
        for (run, child) in &draft.runs {
            let known = *self.runs.entry(run.clone()).or_insert_with(|| {
                trie.runs.push(run.clone());
                narrow(trie.runs.len() - 1)
            });
            trie.branches.push((known, narrow(trie.nodes.len())));
            waiting.push((*child, trie.nodes.len()));
            trie.nodes.push(Node::EMPTY);
        }
        trie.nodes[at] = node;
    }
}

impl Node {
    const EMPTY: Node = Node {
        smallest: NONE,
        prefix: NONE,
        exact: NONE,
        set: NONE,
        label: (0, 0),
        first_child: 0,
        child_count: 0,
        run_count: 0,
        first_run: 0,
        first_byte: 0,
        bytes: [0; BYTES_INSIDE],
    };
}

impl Draft {
    fn new(label: (u32, u32)) -> Draft {
        let node = Node {
            label,
            ..Node::EMPTY
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
        let best = u32::try_from(best).unwrap_or(NONE);
        let mut ask = |set: u32, best| match best {
            NONE => narrow_route(ask(set as usize, usize::MAX)),
            best => narrow_route(ask(set as usize, best as usize)),
        };
        match self.find_below(0, path, best, &mut ask) {
            NONE => usize::MAX,
            best => best as usize,
        }
    }

    fn find_below(
        &self,
        mut at: u32,
        mut rest: &[u8],
        mut best: u32,
        ask: &mut impl FnMut(u32, u32) -> u32,
    ) -> u32 {
        loop {
            let node = &self.nodes[at as usize];
            if node.smallest >= best {
                return best;
            }
            let Some(behind) = self.strip_label(node, rest) else {
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

    fn strip_label<'p>(&self, node: &Node, rest: &'p [u8]) -> Option<&'p [u8]> {
        let (start, end) = (node.label.0 as usize, node.label.1 as usize);
        match end - start {
            0 => Some(rest),
            // Its parent has looked at the first byte.
            1 => rest.get(1..),
            _ => rest.strip_prefix(&self.text[start..end]),
        }
    }

    fn find_in_runs(
        &self,
        node: &Node,
        rest: &[u8],
        mut best: u32,
        ask: &mut impl FnMut(u32, u32) -> u32,
    ) -> u32 {
        let first = node.first_run as usize;
        for (run, target) in &self.branches[first..first + node.run_count as usize] {
            if let Some(length) = self.runs[*run as usize].find_length(rest) {
                best = self.find_below(*target, &rest[length..], best, ask);
            }
        }
        best
    }

    fn find_next(&self, node: &Node, rest: &[u8]) -> Option<u32> {
        let first = rest.first()?;
        let count = usize::from(node.child_count);
        let bytes = node.bytes.get(..count).unwrap_or_else(|| {
            let start = node.first_byte as usize;
            &self.bytes[start..start + count]
        });
        let place = bytes.iter().position(|byte| byte == first)?;
        Some(node.first_child + narrow(place))
    }
}

fn narrow_route(route: usize) -> u32 {
    u32::try_from(route).unwrap_or(NONE)
}
