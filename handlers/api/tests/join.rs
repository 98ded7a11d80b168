//! Waiting for several futures at once.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use micro_api::host::contain;
use micro_api::{blocking, join, join_all, sleep, testing};

/// A gate that is opened once, and counts how often it was looked at.
#[derive(Default)]
struct Gate {
    polls: Cell<usize>,
    is_open: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Gate {
    fn open(&self) {
        self.is_open.set(true);
        let waker = self.waker.take();
        waker.into_iter().for_each(Waker::wake);
    }

    async fn pass(self: Rc<Self>) -> usize {
        poll_fn(|context| {
            self.polls.set(self.polls.get() + 1);
            if self.is_open.get() {
                return Poll::Ready(self.polls.get());
            }
            self.waker.replace(Some(context.waker().clone()));
            Poll::Pending
        })
        .await
    }
}

#[derive(Default)]
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

#[test]
fn a_thousand_are_polled_only_when_they_are_woken() {
    let gates: Vec<Rc<Gate>> = (0..1000).map(|_| Rc::default()).collect();
    let mut joined = pin!(join_all(gates.iter().cloned().map(Gate::pass)));
    let counting = Arc::<Counting>::default();
    let waker = Waker::from(Arc::clone(&counting));
    assert!(poll(joined.as_mut(), &waker).is_pending());
    for gate in gates.iter().rev().take(999) {
        gate.open();
        assert!(poll(joined.as_mut(), &waker).is_pending());
    }
    assert_eq!(counting.0.load(Ordering::SeqCst), 999);
    gates[0].open();
    let Poll::Ready(counts) = poll(joined, &waker) else {
        panic!("all are open");
    };
    assert_eq!(
        counts,
        vec![2; 1000],
        "at the beginning, and when it was woken"
    );
}

#[test]
fn those_that_are_woken_together_wake_once() {
    let gates: Vec<Rc<Gate>> = (0..1000).map(|_| Rc::default()).collect();
    let mut joined = pin!(join_all(gates.iter().cloned().map(Gate::pass)));
    let counting = Arc::<Counting>::default();
    let waker = Waker::from(Arc::clone(&counting));
    assert!(poll(joined.as_mut(), &waker).is_pending());
    gates.iter().for_each(|gate| gate.open());
    assert_eq!(counting.0.load(Ordering::SeqCst), 1);
    assert!(poll(joined, &waker).is_ready());
}

#[test]
fn the_waker_may_change_between_two_polls() {
    let gate = Rc::<Gate>::default();
    let mut joined = pin!(join((Rc::clone(&gate).pass(), ready(1))));
    let (first, second) = (Arc::<Counting>::default(), Arc::<Counting>::default());
    assert!(poll(joined.as_mut(), &Waker::from(Arc::clone(&first))).is_pending());
    assert!(poll(joined.as_mut(), &Waker::from(Arc::clone(&second))).is_pending());
    gate.open();
    let woken = [&first, &second].map(|counting| counting.0.load(Ordering::SeqCst));
    assert_eq!(woken, [0, 1]);
    assert_eq!(poll(joined, Waker::noop()), Poll::Ready((2, 1)));
}

#[test]
fn a_member_keeps_its_waker() {
    let same = Rc::new(Cell::new(true));
    let (seen, kept) = (Rc::clone(&same), Rc::new(RefCell::new(None::<Waker>)));
    let keeping = Rc::clone(&kept);
    let member = poll_fn(move |context: &mut Context<'_>| -> Poll<()> {
        let last = keeping.replace(Some(context.waker().clone()));
        seen.set(seen.get() && last.is_none_or(|last| last.will_wake(context.waker())));
        Poll::Pending
    });
    let mut joined = pin!(join((member, pending::<()>())));
    for _ in 0..3 {
        assert!(poll(joined.as_mut(), Waker::noop()).is_pending());
        kept.borrow().as_ref().expect("it was polled").wake_by_ref();
    }
    assert!(same.get());
}

#[test]
fn tuples_of_two_to_eight_are_joined() {
    let joined = testing::block_on(async {
        let (one, other) = join((ready(1), async { "2" })).await;
        let eight = (
            ready(1),
            ready(2),
            ready(3),
            ready(4),
            ready(5),
            ready(6),
            ready(7),
            ready('8'),
        );
        (one, other, join(eight).await)
    });
    assert_eq!(joined, (1, "2", (1, 2, 3, 4, 5, 6, 7, '8')));
    assert_eq!(testing::block_on(join_all([ready(1), ready(2)])), [1, 2]);
    let none = Vec::<std::future::Ready<u8>>::new();
    assert!(testing::block_on(join_all(none)).is_empty());
}

#[test]
fn what_is_joined_goes_on_side_by_side() {
    let text = String::from("borrowed");
    testing::block_on(async {
        let slept = async |seconds| {
            sleep(Duration::from_secs(seconds)).await;
            (seconds, text.len())
        };
        let (one, (three, worked)) =
            join((slept(1), join((slept(3), blocking(std::thread::yield_now))))).await;
        assert_eq!((one, three), ((1, 8), (3, 8)));
        worked.expect("it is done");
    });
}

#[test]
#[should_panic(expected = "nothing is left that could wake")]
fn what_nobody_can_wake_is_found_out() {
    testing::block_on(join((pending::<()>(), ready(()))));
}

/// Counts what is dropped.
struct Dropping(Rc<Cell<usize>>);

impl Drop for Dropping {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn a_member_is_dropped_when_it_is_done_and_all_with_the_whole() {
    let dropped = Rc::new(Cell::new(0));
    let gates: [Rc<Gate>; 3] = Default::default();
    let members = gates.clone().map(|gate| {
        let held = Dropping(Rc::clone(&dropped));
        async move {
            let _held = held;
            gate.pass().await
        }
    });
    let mut joined = Box::pin(join_all(members));
    assert!(poll(joined.as_mut(), Waker::noop()).is_pending());
    gates[1].open();
    assert!(poll(joined.as_mut(), Waker::noop()).is_pending());
    assert_eq!(dropped.get(), 1);
    drop(joined);
    assert_eq!(dropped.get(), 3);
    gates[0].open();
}

#[test]
fn a_panic_of_a_member_is_one_of_the_whole() {
    let dropped = Rc::new(Cell::new(0));
    let held = Dropping(Rc::clone(&dropped));
    let said = contain(|| {
        testing::block_on(join((
            async move {
                let _held = held;
                pending::<()>().await;
            },
            async {
                sleep(Duration::from_secs(1)).await;
                panic!("one of them");
            },
        )))
    });
    assert_eq!(said, Err::<((), ()), _>("one of them".to_owned()));
    assert_eq!(dropped.get(), 1);
}

#[test]
fn threads_wake_members() {
    let sums = testing::block_on(async {
        join_all((0..50_u64).map(|number| blocking(move || number * number))).await
    });
    let sums: Vec<u64> = sums.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        sums,
        (0..50).map(|number| number * number).collect::<Vec<_>>()
    );
}

/// The wake comes while the member is polled for the last time: from itself, or from one before it.
#[test]
fn a_member_that_is_woken_when_it_is_done_is_not_polled_again() {
    let gates: Vec<Rc<Gate>> = (0..3).map(|_| Rc::default()).collect();
    let members = (0..3).map(|number| {
        let (own, all) = (Rc::clone(&gates[number]), gates.clone());
        async move {
            let mut passed = pin!(own.pass());
            poll_fn(|context| {
                let result = passed.as_mut().poll(context);
                if number == 0 && result.is_ready() {
                    context.waker().wake_by_ref();
                    // The next one is woken, and polled in this turn all the same.
                    all[1].open();
                }
                result
            })
            .await
        }
    });
    let mut joined = pin!(join_all(members));
    assert!(poll(joined.as_mut(), Waker::noop()).is_pending());
    // Both are woken now, and the second once more while the first is polled.
    gates[1].is_open.set(true);
    let second = gates[1].waker.borrow().clone();
    second.into_iter().for_each(Waker::wake);
    gates[0].open();
    for _ in 0..3 {
        assert!(poll(joined.as_mut(), Waker::noop()).is_pending());
    }
    assert_eq!(gates[2].polls.get(), 1);
    gates[2].open();
    let Poll::Ready(polls) = poll(joined.as_mut(), Waker::noop()) else {
        panic!("all are done");
    };
    assert_eq!(polls, [2, 2, 2]);
}
