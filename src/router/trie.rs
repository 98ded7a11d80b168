//! Routes by their steps: what they share of a path is looked at once.
//!
//! Every node knows the smallest index of a route below it, so that a walk never goes where only
//! later routes are than the one it has found.

mod builder;

use super::steps::Run;

pub(super) use builder::{Leaf, TrieBuilder};

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

// Definitions are bounded far below 4 GiB.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).expect("a definition is under 4 GiB")
}
