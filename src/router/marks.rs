//! Where the groups of routes begin and end along their steps, kept tightly.
//!
//! After the trie has found a route, it is known that its steps match; all that is left to do is
//! to go along them once more, and nothing is compared.

use std::collections::HashMap;

use super::steps::{Places, Run, Step, Steps};

/// The marks of many routes.
#[derive(Debug, Default)]
pub(super) struct Marks {
    marks: Vec<Mark>,
    runs: Vec<Run>,
    known: HashMap<Run, u32>,
}

/// The marks of one route among those of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct MarkSpan {
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug)]
enum Mark {
    /// Go on by so many bytes.
    Skip(u32),
    /// Go on by what a run takes.
    Run(u32),
    Open(u32),
    Close(u32),
}

impl Marks {
    /// Adds the marks of a route that has no more than one way.
    pub(super) fn add(&mut self, steps: &Steps) -> MarkSpan {
        let start = narrow(self.marks.len());
        for step in &steps.steps {
            let mark = match step {
                Step::Literal(literal) => Mark::Skip(narrow(literal.len())),
                Step::Run(run) => Mark::Run(self.number(run)),
                Step::Open(group) => Mark::Open(narrow(*group)),
                Step::Close(group) => Mark::Close(narrow(*group)),
            };
            self.marks.push(mark);
        }
        MarkSpan {
            start,
            end: narrow(self.marks.len()),
        }
    }

    fn number(&mut self, run: &Run) -> u32 {
        *self.known.entry(run.clone()).or_insert_with(|| {
            self.runs.push(run.clone());
            narrow(self.runs.len() - 1)
        })
    }

    /// Writes down what the groups take of a path that the route matches.
    pub(super) fn capture(&self, span: MarkSpan, path: &[u8], places: &mut Places) {
        let mut at = 0;
        for mark in &self.marks[span.start as usize..span.end as usize] {
            match *mark {
                Mark::Skip(length) => at += length as usize,
                Mark::Run(run) => at += self.runs[run as usize].count(&path[at..]),
                Mark::Open(group) => places[group as usize] = Some((at, at)),
                Mark::Close(group) => {
                    let place = &mut places[group as usize];
                    *place = place.map(|(start, _)| (start, at));
                }
            }
        }
    }
}

// Definitions are bounded far below 4 GiB.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).expect("a definition is under 4 GiB")
}
