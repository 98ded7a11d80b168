//! The loop of a test: runs futures, and moves its clock when there is nothing else to do.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::queue::{Alarm, Queue};
use crate::handler::BoxFuture;
use crate::host::{Runtime, TimerKey, enter, next_number};

/// How long a test may take by the clock on the wall.
const PATIENCE: Duration = Duration::from_secs(10);

/// A loop with a clock of its own. What was spawned and has not ended goes on with the next run.
pub(super) struct TestLoop {
    clock: Rc<Clock>,
}

impl TestLoop {
    pub(super) fn new() -> TestLoop {
        TestLoop {
            clock: Rc::new(Clock::new()),
        }
    }

    /// The time of the loop's own clock.
    pub(super) fn now(&self) -> Instant {
        self.clock.now.get()
    }

    /// Runs a future to its end, and then what else can run without time going by.
    pub(super) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let clock = &self.clock;
        let _entered = enter(Rc::clone(clock) as Rc<dyn Runtime>);
        let end = Instant::now() + PATIENCE;
        let mut future = pin!(future);
        let alarm = Alarm::new(clock.next_number(), &clock.queue);
        clock.queue.push(alarm.task());
        let output = loop {
            if let Some(output) = clock.turn(&alarm, future.as_mut()) {
                break output;
            }
            clock.wait(&alarm, end);
        };
        while clock.settle() {
            clock.wait_for_work(end);
        }
        output
    }
}

impl Drop for TestLoop {
    // Spawned futures may hold the clock that holds them.
    fn drop(&mut self) {
        let tasks = self.clock.tasks.take();
        drop(tasks);
        self.clock.timers.take();
    }
}

struct Clock {
    runtime: u64,
    now: Cell<Instant>,
    numbers: Cell<u64>,
    queue: Arc<Queue>,
    timers: RefCell<BTreeMap<(Instant, u64), Waker>>,
    tasks: RefCell<HashMap<u64, Task>>,
}

struct Task {
    future: BoxFuture<()>,
    alarm: Alarm,
}

impl Clock {
    fn new() -> Clock {
        Clock {
            runtime: next_number(),
            now: Cell::new(Instant::now()),
            numbers: Cell::new(0),
            queue: Arc::default(),
            timers: RefCell::default(),
            tasks: RefCell::default(),
        }
    }

    fn next_number(&self) -> u64 {
        self.numbers.replace(self.numbers.get() + 1)
    }

    /// Polls everything that woke up, until the main future is done or all are asleep.
    fn turn<T>(&self, alarm: &Alarm, mut main: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        while let Some(task) = self.queue.pop() {
            if task != alarm.task() {
                self.poll_spawned(task);
            } else if let Poll::Ready(output) =
                main.as_mut().poll(&mut Context::from_waker(&alarm.waker()))
            {
                return Some(output);
            }
        }
        None
    }

    /// Polls everything that woke up; says whether threads may wake up more.
    fn settle(&self) -> bool {
        let is_working = self.queue.is_working();
        while let Some(task) = self.queue.pop() {
            self.poll_spawned(task);
        }
        is_working || self.queue.is_working()
    }

    fn poll_spawned(&self, number: u64) {
        let task = self.tasks.borrow_mut().remove(&number);
        let Some(mut task) = task else { return };
        let waker = task.alarm.waker();
        if task
            .future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
        {
            self.tasks.borrow_mut().insert(number, task);
        }
    }

    /// Waits for threads; else lets time go by; else somebody else must hold a waker.
    fn wait(&self, main: &Alarm, end: Instant) {
        if self.queue.is_working() || !self.fire_next() {
            let is_hopeless = !self.queue.is_working() && !self.is_anybody_held(main);
            if is_hopeless && !self.queue.is_woken() {
                panic!("nothing is left that could wake the future up: it would wait for ever");
            }
            self.queue.wait(Duration::from_millis(20));
        }
        assert!(
            Instant::now() < end,
            "the future was not ready within {PATIENCE:?}"
        );
    }

    fn wait_for_work(&self, end: Instant) {
        self.queue.wait(Duration::from_millis(20));
        assert!(
            Instant::now() < end,
            "blocking work was not done within {PATIENCE:?}"
        );
    }

    /// Moves the clock to the earliest timer, if there is one.
    fn fire_next(&self) -> bool {
        let Some(((deadline, _), waker)) = self.timers.borrow_mut().pop_first() else {
            return false;
        };
        self.now.set(deadline.max(self.now.get()));
        waker.wake();
        true
    }

    fn is_anybody_held(&self, main: &Alarm) -> bool {
        main.is_held()
            || self
                .tasks
                .borrow()
                .values()
                .any(|task| task.alarm.is_held())
    }
}

impl Runtime for Clock {
    fn number(&self) -> u64 {
        self.runtime
    }

    fn now(&self) -> Instant {
        self.now.get()
    }

    fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey {
        let number = self.next_number();
        self.timers.borrow_mut().insert((deadline, number), waker);
        TimerKey(number)
    }

    fn cancel(&self, timer: TimerKey) {
        let mut timers = self.timers.borrow_mut();
        let found = timers
            .keys()
            .find(|(_, number)| *number == timer.0)
            .copied();
        let forgotten = found.and_then(|key| timers.remove(&key));
        drop(timers);
        // The `drop` of a waker may set or forget timers itself.
        drop(forgotten);
    }

    fn spawn(&self, future: BoxFuture<()>) {
        let alarm = Alarm::new(self.next_number(), &self.queue);
        self.queue.push(alarm.task());
        self.tasks
            .borrow_mut()
            .insert(alarm.task(), Task { future, alarm });
    }

    fn block(&self, work: Box<dyn FnOnce() + Send>) {
        self.queue.work(work);
    }
}
