//! The steps of several mirrors, in any order, over a model of Redis and the database: what Redis
//! has in the end is what the database has.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::mirror::mark::{Mark, Verdict};
use crate::mirror::runs::runs;

const DOMAINS: u8 = 3;

/// The database: versions of domains, the outbox, and the mirror's row.
#[derive(Clone, Default)]
struct Database {
    mappings: BTreeMap<u8, u32>,
    outbox: BTreeMap<u64, u8>,
    rows: u64,
    number: u64,
    suspect: u64,
}

/// Redis: sets, and the mark.
#[derive(Clone, Default)]
struct Redis {
    sets: BTreeMap<u8, u32>,
    mark: Option<Vec<u8>>,
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
    /// Redis has everything; that is to be recorded, if nothing was lost since.
    Swept(u64, u64),
}

#[derive(Clone, Copy, Debug)]
enum Task {
    Apply,
    Repair,
}

#[derive(Clone, Debug)]
enum Step {
    Change(u8, bool),
    Go(usize, Task),
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
            Step::Go(node, task) => self.go(node, task),
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

    fn go(&mut self, which: usize, task: Task) {
        self.nodes[which] = match std::mem::take(&mut self.nodes[which]) {
            Node::Idle => Node::Seen(self.redis.mark.clone(), task),
            Node::Seen(seen, task) => Node::Read(seen, task, Box::new(self.database.clone())),
            Node::Read(seen, Task::Apply, read) => self.apply(seen, &read),
            Node::Read(seen, Task::Repair, read) => self.repair(seen, &read),
            Node::Written(number, ids) => self.record(number, &ids),
            Node::Swept(number, suspect) => self.trust(number, suspect),
        };
    }

    fn apply(&mut self, seen: Option<Vec<u8>>, read: &Database) -> Node {
        let known = mark(read.number);
        let verdict = known.judge(seen.as_deref());
        if verdict != Verdict::Whole {
            if self.redis.mark != seen {
                return Node::Idle;
            }
            self.database.suspect += 1;
        }
        if self.redis.mark != seen || (read.outbox.is_empty() && verdict == Verdict::Whole) {
            return Node::Idle;
        }
        for domain in read.outbox.values() {
            copy(*domain, &read.mappings, &mut self.redis.sets);
        }
        let next = known.next(seen.as_deref());
        self.redis.mark = Some(next.to_string().into_bytes());
        Node::Written(next.number, read.outbox.keys().copied().collect())
    }

    /// What a sweep does: with a page that is all there is, and then with the mark.
    fn repair(&mut self, seen: Option<Vec<u8>>, read: &Database) -> Node {
        let known = mark(read.number);
        if known.judge(seen.as_deref()) != Verdict::Whole || self.redis.mark != seen {
            return Node::Idle;
        }
        (0..DOMAINS).for_each(|domain| copy(domain, &read.mappings, &mut self.redis.sets));
        if read.suspect == 0 {
            return Node::Idle;
        }
        let next = known.next(seen.as_deref());
        self.redis.mark = Some(next.to_string().into_bytes());
        Node::Swept(next.number, read.suspect)
    }

    fn trust(&mut self, number: u64, suspect: u64) -> Node {
        self.database.number = self.database.number.max(number);
        if self.database.suspect == suspect {
            self.database.suspect = 0;
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

    /// Lets the first process apply what is left, and look at the mark once.
    fn settle(&mut self) {
        for _ in 0..20 {
            self.go(0, Task::Apply);
            self.go(1, Task::Apply);
            self.go(2, Task::Apply);
        }
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
    let task = prop_oneof![3 => Just(Task::Apply), 1 => Just(Task::Repair)];
    prop_oneof![
        6 => (0..DOMAINS, any::<bool>()).prop_map(|(domain, is_there)| Step::Change(domain, is_there)),
        20 => (0..3_usize, task).prop_map(|(node, task)| Step::Go(node, task)),
        1 => (0..3_usize).prop_map(Step::Crash),
    ]
}

fn loss() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => step(),
        1 => Just(Step::Save),
        1 => Just(Step::Restore),
        1 => Just(Step::Flush),
    ]
}

#[test]
fn a_loss_during_a_sweep_is_not_forgotten() {
    let mut model = Model::default();
    model.change(0, true);
    (0..4).for_each(|_| model.go(0, Task::Apply));
    (0..3).for_each(|_| model.go(0, Task::Repair));
    assert_eq!((model.redis.sets.len(), model.database.suspect), (1, 1));
    model.step(&Step::Flush);
    (0..4).for_each(|_| model.go(1, Task::Apply));
    assert_eq!((model.redis.sets.len(), model.database.suspect), (0, 2));
    model.go(0, Task::Repair);
    assert_eq!(model.database.suspect, 2);
    (0..4).for_each(|_| model.go(1, Task::Repair));
    assert_eq!((model.redis.sets.len(), model.database.suspect), (1, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_older_is_written(steps in prop::collection::vec(step(), 0..120)) {
        let mut model = Model::default();
        steps.iter().for_each(|step| model.step(step));
        model.settle();
        prop_assert!(model.database.outbox.is_empty());
        prop_assert_eq!(model.redis.sets, model.database.mappings);
    }

    #[test]
    fn nothing_is_lost_unseen(steps in prop::collection::vec(loss(), 0..250)) {
        let mut model = Model::default();
        steps.iter().for_each(|step| model.step(step));
        model.settle();
        prop_assert!(model.database.outbox.is_empty());
        let is_same = model.redis.sets == model.database.mappings;
        prop_assert!(is_same || model.database.suspect > 0);
    }
}
