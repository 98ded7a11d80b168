//! Tests of the pool, against a model that is too simple to be wrong.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn pool(connections_max: usize, waiting_max: usize, kept_max: usize) -> Pool<u32> {
    Pool::new(PoolLimits {
        connections_max,
        waiting_max,
        kept_max,
        idle_timeout: Duration::from_secs(10),
    })
}

fn queued(taken: Taken<u32>) -> Ticket {
    match taken {
        Taken::Queued(ticket) => ticket,
        other => panic!("expected a place in the queue, found {other:?}"),
    }
}

#[test]
fn the_last_kept_is_the_first_taken() {
    let (mut pool, now) = (pool(3, 1, 3), Instant::now());
    for _ in 0..3 {
        assert_eq!(pool.take("a", now), Taken::Open);
    }
    for link in 1..=3 {
        assert_eq!(pool.give_back("a", link, now), GivenBack::Kept);
    }
    assert_eq!(pool.take("a", now), Taken::Link(3));
    assert_eq!(pool.take("a", now), Taken::Link(2));
    assert_eq!(pool.take("b", now), Taken::Open);
}

#[test]
fn who_waits_longest_is_first() {
    let (mut pool, now) = (pool(1, 3, 1), Instant::now());
    assert_eq!(pool.take("a", now), Taken::Open);
    let tickets = [(); 3].map(|()| queued(pool.take("a", now)));
    assert_eq!(pool.take("a", now), Taken::Busy);
    assert!(pool.leave("a", tickets[0]));
    assert!(!pool.leave("a", tickets[0]));
    assert_eq!(
        pool.give_back("a", 1, now),
        GivenBack::Handed(tickets[1], 1)
    );
    assert!(!pool.leave("a", tickets[1]));
    assert_eq!(pool.lost("a"), Some(tickets[2]));
    assert_eq!(pool.lost("a"), None);
    assert_eq!(pool.take("a", now), Taken::Open);
}

#[test]
fn no_more_are_kept_than_is_said() {
    let (mut pool, now) = (pool(2, 0, 1), Instant::now());
    pool.take("a", now);
    pool.take("a", now);
    assert_eq!(pool.take("a", now), Taken::Busy);
    assert_eq!(pool.give_back("a", 1, now), GivenBack::Kept);
    assert_eq!(pool.give_back("a", 2, now), GivenBack::Dropped(2));
    assert_eq!(pool.take("a", now), Taken::Link(1));
    assert_eq!(pool.take("a", now), Taken::Open);
    assert_eq!(pool.give_back("b", 9, now), GivenBack::Dropped(9));
}

#[test]
fn a_kept_link_has_its_time() {
    let (mut pool, start) = (pool(1, 1, 1), Instant::now());
    pool.take("a", start);
    assert_eq!(pool.next_expiry(), None);
    pool.give_back("a", 1, start);
    let end = start + Duration::from_secs(10);
    assert_eq!(pool.next_expiry(), Some(end));
    assert_eq!(pool.expire(end - Duration::from_nanos(1)), []);
    // What is over is not taken, and does not stand in the way.
    assert_eq!(pool.take("a", end), Taken::Open);
    assert_eq!(pool.next_expiry(), Some(end));
    assert_eq!(pool.expire(end), [("a".to_owned(), 1)]);
    assert_eq!(pool.next_expiry(), None);
    assert_eq!(pool.lost("a"), None);
    assert!(pool.destinations.is_empty());
}

#[test]
fn a_link_without_a_time_stays() {
    let start = Instant::now();
    let mut pool = Pool::new(PoolLimits {
        connections_max: 0,
        waiting_max: 0,
        kept_max: 1,
        idle_timeout: Duration::ZERO,
    });
    assert_eq!(pool.take("a", start), Taken::Open);
    pool.give_back("a", 1, start);
    let later = start + Duration::from_secs(1 << 30);
    assert_eq!((pool.next_expiry(), pool.expire(later)), (None, Vec::new()));
    assert_eq!(pool.take("a", later), Taken::Link(1));
}

#[test]
fn kept_links_are_taken_out() {
    let (mut pool, now) = (pool(2, 0, 2), Instant::now());
    pool.take("a", now);
    pool.take("a", now);
    pool.give_back("a", 1, now);
    assert!(pool.has_kept());
    assert!(pool.remove_stale(|link| *link == 2).is_empty());
    assert_eq!(pool.remove_stale(|link| *link == 1), [1]);
    assert!(!pool.has_kept());
    assert_eq!(pool.take("a", now), Taken::Open);
    pool.give_back("a", 2, now);
    assert_eq!(pool.remove_stale(|_| true), [2]);
    assert_eq!(pool.lost("a"), None);
    assert!(pool.destinations.is_empty());
}

/// One destination as plain sets: links that are open, who uses what, who waits in which order.
#[derive(Default)]
struct Model {
    kept: Vec<(u64, u32)>,
    used: BTreeSet<u32>,
    opening: usize,
    waiting: Vec<Ticket>,
    links: u32,
}

const CONNECTIONS_MAX: usize = 3;
const WAITING_MAX: usize = 2;
const KEPT_MAX: usize = 2;

impl Model {
    fn open(&self) -> usize {
        self.kept.len() + self.used.len() + self.opening
    }

    fn take(&mut self, taken: Taken<u32>, time: u64) {
        self.kept.retain(|(kept, _)| time - kept < 10);
        match taken {
            Taken::Link(link) => {
                assert_eq!(self.kept.pop().map(|(_, link)| link), Some(link));
                self.used.insert(link);
            }
            Taken::Open => {
                assert!(self.kept.is_empty() && self.open() < CONNECTIONS_MAX);
                self.opening += 1;
            }
            Taken::Queued(ticket) => {
                assert!(self.kept.is_empty() && self.open() == CONNECTIONS_MAX);
                self.waiting.push(ticket);
            }
            Taken::Busy => {
                assert_eq!(
                    (self.open(), self.waiting.len()),
                    (CONNECTIONS_MAX, WAITING_MAX)
                );
            }
        }
    }

    fn give_back(&mut self, given: GivenBack<u32>, link: u32, time: u64) {
        match given {
            GivenBack::Kept => {
                assert!(self.waiting.is_empty() && self.kept.len() < KEPT_MAX);
                self.used.remove(&link);
                self.kept.push((time, link));
            }
            GivenBack::Handed(ticket, same) => {
                assert_eq!((self.waiting.remove(0), link), (ticket, same));
            }
            GivenBack::Dropped(same) => {
                assert!(self.waiting.is_empty() && self.kept.len() == KEPT_MAX);
                assert_eq!(same, link);
                self.used.remove(&link);
            }
        }
    }

    fn lost(&mut self, next: Option<Ticket>) {
        let expected = (!self.waiting.is_empty()).then(|| self.waiting.remove(0));
        assert_eq!(next, expected);
        self.opening += usize::from(next.is_some());
    }
}

proptest! {
    #[test]
    fn the_pool_is_as_good_as_the_model(steps in prop::collection::vec((0..7_u8, 0..4_usize), 0..80)) {
        let mut pool = pool(CONNECTIONS_MAX, WAITING_MAX, KEPT_MAX);
        let (mut model, start, mut time) = (Model::default(), Instant::now(), 0);
        for (step, at) in steps {
            let now = start + Duration::from_secs(time);
            let used = model.used.iter().nth(at).copied();
            match (step, used) {
                (0 | 1, _) => model.take(pool.take("a", now), time),
                (2, _) if model.opening > 0 => {
                    model.opening -= 1;
                    model.links += 1;
                    model.used.insert(model.links);
                }
                (3, Some(link)) => model.give_back(pool.give_back("a", link, now), link, time),
                (4, Some(link)) => {
                    model.used.remove(&link);
                    model.lost(pool.lost("a"));
                }
                (4, None) if model.opening > 0 => {
                    model.opening -= 1;
                    model.lost(pool.lost("a"));
                }
                (5, _) if at < model.waiting.len() => {
                    let ticket = model.waiting.remove(at);
                    prop_assert!(pool.leave("a", ticket));
                }
                (6, _) => {
                    time += 1 + 3 * at as u64;
                    pool.expire(start + Duration::from_secs(time));
                    model.kept.retain(|(kept, _)| time - kept < 10);
                }
                _ => {}
            }
            // Nobody waits while there is a connection, or room for one.
            prop_assert!(model.waiting.is_empty() || model.open() == CONNECTIONS_MAX);
            prop_assert!(model.waiting.is_empty() || model.kept.is_empty());
            prop_assert!(model.open() <= CONNECTIONS_MAX);
            let open = pool.destinations.get("a").map_or(0, |known| known.open);
            prop_assert_eq!(open, model.open());
        }
    }
}
