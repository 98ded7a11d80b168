//! How the trie of routes is built: first with pointers, then laid out tightly.

use std::collections::HashMap;

use super::{NONE, Node, Trie, narrow};
use crate::router::steps::{Run, Step};

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
pub(in crate::router) enum Leaf {
    /// Takes the path if it ends there.
    Exact,
    /// Takes the path.
    Prefix,
    /// Asks its expression.
    Automaton,
}

/// Builds a [`Trie`]. Routes are added in the order of the definition.
#[derive(Debug)]
pub(in crate::router) struct TrieBuilder {
    drafts: Vec<Draft>,
    text: Vec<u8>,
    /// The routes of each set of expressions.
    sets: Vec<Vec<usize>>,
}

impl TrieBuilder {
    pub(in crate::router) fn new() -> TrieBuilder {
        TrieBuilder {
            drafts: vec![Draft::new((0, 0))],
            text: Vec::new(),
            sets: Vec::new(),
        }
    }

    /// Adds a way of a route whose index is not less than those before.
    pub(in crate::router) fn insert(&mut self, steps: &[Step], leaf: Leaf, route: usize) {
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
    pub(in crate::router) fn build(self) -> (Trie, Vec<Vec<usize>>) {
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
