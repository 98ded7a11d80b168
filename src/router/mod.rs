//! From a path to its route, and from a route to the arguments of its handler. No I/O.
//!
//! A [`Pattern`] is a route's regular expression, anchored at the start of the path. The
//! [`Router`] finds the first that matches without walking over all of them: paths without groups
//! in a hash table, everything else in a trie of steps, and what steps cannot say in automata that
//! are shared by the routes that part at the same place.

mod arguments;
mod automaton;
mod byte_set;
mod content;
mod convert;
mod explain;
mod expression;
mod literals;
mod marks;
mod parts;
mod pattern;
mod pattern_error;
mod placeholder;
#[expect(
    clippy::module_inception,
    reason = "the room is named after what it holds"
)]
mod router;
mod samples;
mod shadow;
mod steps;
mod trie;

pub use arguments::Arguments;
pub use convert::Converter;
pub use explain::{Explanation, NEAREST_MAX, NearMiss, explain};
pub use pattern::{Pattern, PatternGroup, escape};
pub use pattern_error::PatternError;
pub use placeholder::SegmentKind;
pub use router::Router;
pub use shadow::{Shadow, find_shadowed};

#[cfg(test)]
mod tests;
