//! The steps of several mirrors, in any order, over a model of Redis and the database: what Redis
//! has in the end is what the database has, or it is known that something is missing.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::mirror::mark::{Mark, Verdict};
use crate::mirror::rows::Losses;
use crate::mirror::runs::runs;

const DOMAINS: u8 = 3;

/// The database: versions of domains, the outbox, and the mirror's row.
#[derive(Clone, Default)]
struct Database {
    mappings: BTreeMap<u8, u32>,
    outbox: BTreeMap<u64, u8>,
    rows: u64,
    number: u64,
    losses: Losses,
}

/// Redis: sets, the mark, and whether it was filled.
#[derive(Clone, Default)]
struct Redis {
    sets: BTreeMap<u8, u32>,
    mark: Option<Vec<u8>>,
    is_filled: bool,
}

/// How far a process is.
#[derive(Clone, Default)]
enum Node {
    #[default]
    Idle,
    /// It has seen the mark, and what is to be done then.
    Seen(Option<Vec<u8>>, Task),
    /// It has read the database.
    Read(Option<Vec<u8>>, Task, Box<Database>),
    /// Redis has it; it is to be recorded.
    Written(u64, Vec<u64>),
    /// Redis has everything; that is to be recorded, up to the loss that was known at the beginning.
    Swept(u64, u64),
}

#[derive(Clone, Copy, Debug)]
enum Task {
    Apply,
    /// The next page of a sweep, which is a domain; behind the last one it is completed.
    Page(Sweep),
    /// Says that Redis is filled, which a completed sweep may.
    Fill,
}

/// A sweep on its way.
#[derive(Clone, Copy, Debug)]
struct Sweep {
    /// What was known to be lost at its beginning; nothing is known before.
    losses: Option<Losses>,
    page: u8,
    has_repaired: bool,
}

impl Sweep {
    const BEGIN: Sweep = Sweep {
        losses: None,
        page: 0,
        has_repaired: false,
    };
}

#[derive(Clone, Debug)]
enum Step {
    Change(u8, bool),
    /// The process goes on; one that is idle begins to apply, or to sweep.
    Go(usize, bool),
    Crash(usize),
    Save,
    Restore,
    Flush,
}

#[derive(Default)]
struct Model {
    database: Database,
    redis: Redis,
    saved: Redis,
    version: u32,
    nodes: [Node; 3],
}

impl Model {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::Change(domain, is_there) => self.change(domain, is_there),
            Step::Go(node, is_sweep) => self.go(node, is_sweep),
            Step::Crash(node) => self.nodes[node] = Node::Idle,
            Step::Save => self.saved = self.redis.clone(),
            // The connections are lost with it.
            Step::Restore => self.restart(self.saved.clone()),
            Step::Flush => self.redis = Redis::default(),
        }
    }

    fn change(&mut self, domain: u8, is_there: bool) {
        self.version += 1;
        self.database.rows += 1;
        self.database.outbox.retain(|_, waiting| *waiting != domain);
        self.database.outbox.insert(self.database.rows, domain);
        if is_there {
            self.database.mappings.insert(domain, self.version);
        } else {
            self.database.mappings.remove(&domain);
        }
    }

    fn restart(&mut self, redis: Redis) {
        self.redis = redis;
        for node in &mut self.nodes {
            if !matches!(node, Node::Written(..) | Node::Swept(..)) {
                *node = Node::Idle;
            }
        }
    }

    fn go(&mut self, which: usize, is_sweep: bool) {
        self.nodes[which] = match std::mem::take(&mut self.nodes[which]) {
            Node::Idle if is_sweep => self.look(Task::Page(Sweep::BEGIN)),
            Node::Idle => self.look(Task::Apply),
            Node::Seen(seen, task) => Node::Read(seen, task, Box::new(self.database.clone())),
            Node::Read(seen, Task::Apply, read) => self.apply(seen, &read),
            Node::Read(seen, Task::Page(sweep), read) => self.page(seen, sweep, &read),
            Node::Read(seen, Task::Fill, read) => self.fill(seen, &read),
            Node::Written(number, ids) => self.record(number, &ids),
            Node::Swept(number, loss) => self.repaired(number, loss),
        };
    }

    fn look(&self, task: Task) -> Node {
        Node::Seen(self.redis.mark.clone(), task)
    }

    fn apply(&mut self, seen: Option<Vec<u8>>, read: &Database) -> Node {
        let known = mark(read.number);
        let verdict = known.judge(seen.as_deref());
        if verdict != Verdict::Whole {
            if self.redis.mark != seen {
                return Node::Idle;
            }
            self.database.losses.count += 1;
        }
        if self.redis.mark != seen || (read.outbox.is_empty() && verdict == Verdict::Whole) {
            return Node::Idle;
        }
        for domain in read.outbox.values() {
            copy(*domain, &read.mappings, &mut self.redis.sets);
        }
        self.redis.is_filled &= verdict == Verdict::Whole;
        let next = self.raise(seen, read);
        Node::Written(next, read.outbox.keys().copied().collect())
    }

    fn raise(&mut self, seen: Option<Vec<u8>>, read: &Database) -> u64 {
        let next = mark(read.number).next(seen.as_deref());
        self.redis.mark = Some(next.to_string().into_bytes());
        next.number
    }

    /// What a sweep does with a page: what is alike stays, what is not is repaired only if the mark
    /// is what it was. After a loss it goes on, when that is noted.
    fn page(&mut self, seen: Option<Vec<u8>>, mut sweep: Sweep, read: &Database) -> Node {
        if mark(read.number).judge(seen.as_deref()) != Verdict::Whole {
            if self.redis.mark == seen {
                self.database.losses.count += 1;
                self.redis.is_filled = false;
                self.raise(seen, read);
            }
            return self.look(Task::Page(sweep));
        }
        let losses = *sweep.losses.get_or_insert(read.losses);
        if sweep.page == DOMAINS {
            return self.complete(seen, sweep, losses, read);
        }
        if self.redis.sets.get(&sweep.page) != read.mappings.get(&sweep.page) {
            if self.redis.mark != seen {
                return self.look(Task::Page(sweep));
            }
            copy(sweep.page, &read.mappings, &mut self.redis.sets);
            sweep.has_repaired = true;
        }
        sweep.page += 1;
        self.look(Task::Page(sweep))
    }

    fn complete(
        &mut self,
        seen: Option<Vec<u8>>,
        sweep: Sweep,
        losses: Losses,
        read: &Database,
    ) -> Node {
        if !sweep.has_repaired && !losses.are_open() {
            return self.look(Task::Fill);
        }
        if self.redis.mark != seen {
            return self.look(Task::Page(sweep));
        }
        let next = self.raise(seen, read);
        Node::Swept(next, losses.count)
    }

    fn repaired(&mut self, number: u64, loss: u64) -> Node {
        self.database.number = self.database.number.max(number);
        let losses = &mut self.database.losses;
        losses.repaired_to = losses.repaired_to.max(loss);
        self.look(Task::Fill)
    }

    fn fill(&mut self, seen: Option<Vec<u8>>, read: &Database) -> Node {
        let verdict = mark(read.number).judge(seen.as_deref());
        if verdict == Verdict::Whole && !read.losses.are_open() && self.redis.mark == seen {
            self.redis.is_filled = true;
        }
        Node::Idle
    }

    fn record(&mut self, number: u64, ids: &[u64]) -> Node {
        for (first, last) in runs(ids) {
            self.database
                .outbox
                .retain(|id, _| !(first..=last).contains(id));
        }
        self.database.number = self.database.number.max(number);
        Node::Idle
    }

    /// Lets each process complete what it does, apply what is left, and look at the mark.
    fn settle(&mut self) {
        for _ in 0..60 {
            (0..self.nodes.len()).for_each(|node| self.go(node, false));
        }
    }

    /// Whether Redis has what the database has, but for what waits.
    fn is_same(&self) -> bool {
        let waits = |domain: &u8| {
            self.database
                .outbox
                .values()
                .any(|waiting| waiting == domain)
        };
        (0..DOMAINS)
            .filter(|domain| !waits(domain))
            .all(|domain| self.redis.sets.get(&domain) == self.database.mappings.get(&domain))
    }

    /// Whether Redis says that it has everything, and whoever looks at the mark would believe it.
    fn is_believed(&self) -> bool {
        let verdict = mark(self.database.number).judge(self.redis.mark.as_deref());
        self.redis.is_filled && verdict == Verdict::Whole
    }
}

fn mark(number: u64) -> Mark {
    let source = "ours".to_owned();
    Mark { source, number }
}

fn copy(domain: u8, from: &BTreeMap<u8, u32>, to: &mut BTreeMap<u8, u32>) {
    match from.get(&domain) {
        Some(version) => to.insert(domain, *version),
        None => to.remove(&domain),
    };
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..DOMAINS, any::<bool>()).prop_map(|(domain, is_there)| Step::Change(domain, is_there)),
        30 => (0..3_usize, any::<bool>()).prop_map(|(node, is_sweep)| Step::Go(node, is_sweep)),
        1 => (0..3_usize).prop_map(Step::Crash),
    ]
}

fn loss() -> impl Strategy<Value = Step> {
    prop_oneof![
        18 => step(),
        1 => Just(Step::Save),
        1 => Just(Step::Restore),
        1 => Just(Step::Flush),
    ]
}

/// Lets a process take so many steps.
fn go(model: &mut Model, node: usize, is_sweep: bool, count: u8) {
    (0..count).for_each(|_| model.go(node, is_sweep));
}

/// The steps of a whole apply, of a page, and of all pages of a sweep.
const APPLY: u8 = 4;
const PAGE: u8 = 2;
const SWEEP: u8 = 2 + DOMAINS * PAGE;

#[test]
fn a_loss_during_a_sweep_is_not_forgotten() {
    let mut model = Model::default();
    model.change(0, true);
    go(&mut model, 0, false, APPLY);
    assert!(model.database.losses.are_open());
    go(&mut model, 0, true, 1 + PAGE * 2);
    model.step(&Step::Flush);
    go(&mut model, 1, false, APPLY);
    assert_eq!(
        (model.redis.sets.len(), model.database.losses.count),
        (0, 2)
    );
    go(&mut model, 0, true, SWEEP);
    assert!(model.database.losses.are_open() && !model.redis.is_filled);
    go(&mut model, 1, true, SWEEP + APPLY);
    assert_eq!(
        (model.redis.sets.len(), model.database.losses.are_open()),
        (1, false)
    );
    assert!(model.redis.is_filled);
}

#[test]
fn a_sweep_that_took_long_repairs_no_later_loss() {
    let mut model = Model::default();
    model.change(0, true);
    go(&mut model, 0, false, APPLY);
    // Both know of the first loss; the one is past the first page when the other is done.
    go(&mut model, 0, true, 1 + PAGE * 2);
    go(&mut model, 1, true, SWEEP + APPLY);
    assert!(!model.database.losses.are_open() && model.redis.is_filled);
    // The second is as much the first that is not repaired as that one was.
    model.step(&Step::Flush);
    go(&mut model, 1, false, APPLY);
    go(&mut model, 0, true, PAGE * 3);
    assert!(matches!(model.nodes[0], Node::Swept(_, 1)));
    go(&mut model, 0, true, 3);
    assert!(model.redis.sets.is_empty() && !model.redis.is_filled);
    assert!(model.database.losses.are_open());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_older_is_written(steps in prop::collection::vec(step(), 0..120)) {
        let mut model = Model::default();
        for step in &steps {
            model.step(step);
            prop_assert!(!model.is_believed() || model.is_same());
        }
        model.settle();
        prop_assert!(model.database.outbox.is_empty());
        prop_assert_eq!(model.redis.sets, model.database.mappings);
    }

    #[test]
    fn nothing_is_lost_unseen(steps in prop::collection::vec(loss(), 0..400)) {
        let mut model = Model::default();
        for step in &steps {
            model.step(step);
            prop_assert!(!model.is_believed() || model.is_same());
        }
        model.settle();
        prop_assert!(model.database.outbox.is_empty());
        prop_assert!(model.is_same() || model.database.losses.are_open());
    }
}
