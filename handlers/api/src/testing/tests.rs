//! The tests' own loop: its clock, its threads, and how it gives up.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::testing::{self, Opened};
use crate::{Config, Error, LocalModule, Module, Reply, Request, blocking, sleep, spawn};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn an_hour_goes_by_at_once() {
    let start = Instant::now();
    let answer = testing::get("/").call(async |_: Request| {
        sleep(HOUR).await;
        sleep(HOUR).await;
        "rested"
    });
    assert_eq!(answer.text(), "rested");
    assert_eq!(answer.elapsed(), 2 * HOUR);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn timers_fire_in_the_order_of_their_deadlines() {
    let order = Rc::new(RefCell::new(Vec::new()));
    testing::block_on(async {
        for seconds in [3, 1, 2] {
            let order = Rc::clone(&order);
            spawn(async move {
                sleep(Duration::from_secs(seconds)).await;
                order.borrow_mut().push(seconds);
            });
        }
        sleep(HOUR).await;
    });
    assert_eq!(*order.borrow(), [1, 2, 3]);
}

#[test]
fn blocking_work_runs_on_another_thread() {
    let here = std::thread::current().id();
    let there = testing::block_on(async { blocking(|| std::thread::current().id()).await });
    assert_ne!(here, there.expect("no panic"));
}

#[test]
fn futures_made_outside_begin_when_they_are_awaited_inside() {
    let begun = Arc::new(AtomicUsize::new(0));
    let count = || {
        let begun = Arc::clone(&begun);
        blocking(move || begun.fetch_add(1, Ordering::SeqCst))
    };
    let (awaited, left, slept) = (count(), count(), sleep(HOUR));
    let order = testing::block_on(async move {
        drop(left);
        slept.await;
        awaited.await
    });
    assert_eq!(order.expect("no panic"), 0, "nothing was begun before");
    assert_eq!(begun.load(Ordering::SeqCst), 1, "one was never awaited");
}

#[test]
fn time_stands_still_while_a_thread_works() {
    let (go, wait) = mpsc::channel::<()>();
    let order = Rc::new(RefCell::new(Vec::new()));
    testing::block_on(async {
        let slept = Rc::clone(&order);
        spawn(async move {
            sleep(HOUR).await;
            slept.borrow_mut().push("slept");
        });
        go.send(()).expect("the other end is here");
        blocking(move || wait.recv())
            .await
            .expect("no panic")
            .expect("it was sent");
        order.borrow_mut().push("worked");
        sleep(2 * HOUR).await;
    });
    assert_eq!(*order.borrow(), ["worked", "slept"]);
}

#[test]
fn an_answer_from_a_foreign_thread_is_waited_for() {
    let answer = testing::get("/").call(|request: Request| {
        let responder = request.delay();
        std::thread::spawn(move || responder.answer("from afar"));
    });
    assert_eq!(answer.text(), "from afar");
}

#[test]
#[should_panic(expected = "would wait for ever")]
fn a_future_that_nothing_wakes_is_given_up() {
    testing::block_on(pending::<()>());
}

#[test]
#[should_panic(expected = "would wait for ever")]
fn a_waker_that_was_dropped_is_no_hope() {
    testing::block_on(poll_fn(|context| {
        drop(context.waker().clone());
        Poll::<()>::Pending
    }));
}

#[test]
#[should_panic(expected = "out of order")]
fn a_panic_of_the_handler_is_one_of_the_test() {
    testing::get("/").call(|_: Request| -> Reply { panic!("out of order") });
}

#[test]
fn what_was_spawned_runs_on_after_the_answer() {
    let done = Rc::new(Cell::new(0));
    let count = Rc::clone(&done);
    let handler = move |_: Request| {
        let count = Rc::clone(&count);
        spawn(async move {
            blocking(|| ()).await.expect("no panic");
            count.set(1);
            sleep(HOUR).await;
            count.set(2);
        });
        "done"
    };
    let module = Opened::new(&LocalModule::new("m").handler("f", handler));
    assert_eq!(testing::get("/").call_with(&module, "f").text(), "done");
    assert_eq!(done.get(), 1);
    module.wait(HOUR);
    assert_eq!(done.get(), 2);
}

#[test]
fn a_spawned_future_without_end_does_not_hold_up_the_test() {
    let dropped = Rc::new(());
    let held = Rc::clone(&dropped);
    testing::block_on(async move {
        spawn(async move {
            let _held = held;
            loop {
                sleep(HOUR).await;
            }
        });
        sleep(10 * HOUR).await;
    });
    assert_eq!(Rc::strong_count(&dropped), 1, "it is dropped with the loop");
}

#[test]
fn a_request_is_what_was_asked_for() {
    let request = testing::post("/a%20b?x=1&y=%C3%A9")
        .header("X-Twice", "one")
        .header("x-twice", b" \xff ")
        .json(&[1, 2])
        .id(0xabc)
        .peer("[::1]:9".parse().expect("an address"))
        .setting("a.b", "c")
        .build();
    assert_eq!(
        (request.path(), request.query()),
        ("/a%20b", "x=1&y=%C3%A9")
    );
    let pairs: Vec<_> = request.query_pairs().collect();
    assert_eq!(pairs, [("x".into(), "1".into()), ("y".into(), "é".into())]);
    assert_eq!(request.header("x-TWICE"), Some("one"));
    assert_eq!(request.headers().nth(1), Some(("x-twice", &b"\xff"[..])));
    assert_eq!(request.json::<Vec<u8>>().expect("JSON"), [1, 2]);
    assert_eq!(request.id(), "0000000000000abc");
    assert_eq!(request.peer().port(), 9);
    assert_eq!(request.config().find("a.b"), Some("c"));
    assert_eq!(testing::get("/a?").build().query(), "");
    assert_eq!(testing::get("/a").build().query(), "");
}

#[test]
fn a_failure_is_told_as_a_service_tells_it() {
    let fail = |_: Request| Err::<(), _>(Error::new(409, "taken \"twice\"").with_detail("by us"));
    let answer = testing::get("/").id(255).call(fail);
    assert_eq!(answer.status, 409);
    assert_eq!(
        answer.text(),
        r#"{"error":"taken \"twice\"","id":"00000000000000ff"}"#
    );
    assert_eq!(answer.failure(), Some("by us"));
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(answer.header("content-length"), Some("51"));
}

#[test]
fn head_gives_the_length_alone() {
    let answer = testing::request(crate::Method::Head, "/").call(|_: Request| "four");
    assert_eq!(
        (answer.header("content-length"), answer.body()),
        (Some("4"), &b""[..])
    );
}

#[test]
fn streams_are_read_to_their_end_or_cut() {
    let answer = testing::get("/").call(|_: Request| {
        let (mut sender, reply) = Reply::channel("text/plain");
        spawn(async move {
            for piece in ["a", "b", "c", "d", "e", "f"] {
                sleep(HOUR).await;
                sender.send(piece).await.expect("somebody reads");
                sender.send("").await.expect("somebody reads");
            }
            sender.finish();
        });
        reply
    });
    assert_eq!((answer.text(), answer.cut()), ("abcdef", None));
    assert_eq!(answer.elapsed(), 6 * HOUR);
    assert_eq!(answer.header("content-length"), None);

    let answer = testing::get("/").call(async |_: Request| {
        let (mut sender, reply) = Reply::channel("text/plain");
        sender.send("part").await.expect("somebody reads");
        reply
    });
    assert_eq!(answer.text(), "part");
    assert_eq!(
        answer.cut(),
        Some("500 Internal Server Error (the body's sender was dropped unfinished)")
    );
}

#[test]
fn every_kind_of_function_can_be_called() {
    let open = |_: &Config| Ok::<_, Error>(Cell::new(0));
    let module = Module::with_state("kinds", open)
        .handler("count", |state: &Cell<u64>, _: Request| {
            state.get().to_string()
        })
        .job("add", async |state: &Cell<u64>, config: Config| {
            sleep(HOUR).await;
            state.set(state.get() + config.get::<u64>("step")?);
            Ok::<_, Error>(())
        })
        .turn("double", |state: &Cell<u64>| state.set(state.get() * 2))
        .convert("even", |text: &str| match text.parse::<u64>() {
            Ok(number) if number % 2 == 0 => Ok(number),
            _ => Err("must be even"),
        });
    let opened = Opened::with_settings(&module, &[("step", "21")]).expect("it opens");
    opened.run("add").expect("the setting is there");
    opened.turn("double");
    assert_eq!(testing::get("/").call_with(&opened, "count").text(), "42");
    assert_eq!(opened.convert("even", "4"), Ok(4.into()));
    assert_eq!(opened.convert("even", "5"), Err("must be even".to_owned()));
}

#[test]
fn a_value_that_holds_its_own_request_is_dropped_with_its_module() {
    struct Holder(Request, Rc<Cell<u32>>);
    impl Drop for Holder {
        fn drop(&mut self) {
            self.1.set(self.1.get() + self.0.path().len() as u32);
        }
    }
    let dropped = Rc::new(Cell::new(0));
    let told = Rc::clone(&dropped);
    let keep = move |request: Request| {
        request.attach(Holder(request.clone(), Rc::clone(&told)));
    };
    let module = LocalModule::new("keeps").handler("keep", keep);
    let opened = Opened::new(&module);
    testing::get("/kept").call_with(&opened, "keep");
    assert_eq!(dropped.get(), 0, "it holds itself");
    drop((opened, module));
    assert_eq!(
        dropped.get(),
        5,
        "it is dropped once, with a request to look at"
    );
}

#[test]
fn a_sleep_that_outlives_its_loop_leaves_the_timers_of_the_next_alone() {
    // Both loops count their timers alike, so one of them has the same number in both.
    let mut outlived = Vec::new();
    testing::block_on(poll_fn(|context| {
        for _ in 0..8 {
            let mut slept = Box::pin(sleep(HOUR));
            assert!(slept.as_mut().poll(context).is_pending());
            outlived.push(slept);
        }
        Poll::Ready(())
    }));
    let answer = testing::get("/").call({
        let outlived = RefCell::new(outlived);
        async move |_: Request| {
            let mut slept: Vec<_> = (0..8).map(|_| Box::pin(sleep(HOUR))).collect();
            poll_fn(|context| {
                for slept in &mut slept {
                    assert!(slept.as_mut().poll(context).is_pending());
                }
                Poll::Ready(())
            })
            .await;
            drop(outlived.take());
            for slept in slept {
                slept.await;
            }
            "rested"
        }
    });
    assert_eq!((answer.text(), answer.elapsed()), ("rested", HOUR));
}

const YEAR: Duration = Duration::from_secs(365 * 86_400);

#[test]
fn a_sleep_of_many_years_is_over_at_its_time() {
    for years in [1, 2, 29, 30, 31, 40, 200, 400] {
        for more in [Duration::ZERO, Duration::from_nanos(1)] {
            let long = years * YEAR + more;
            let answer = testing::get("/").call(async move |_: Request| sleep(long).await);
            assert_eq!(answer.elapsed(), long);
        }
    }
}

#[test]
fn a_sleep_that_never_ends_keeps_no_other_from_its_end() {
    let answer = testing::get("/").call(async |_: Request| {
        spawn(sleep(Duration::MAX));
        spawn(sleep(Duration::MAX - HOUR));
        for _ in 0..3 {
            sleep(50 * YEAR).await;
        }
    });
    assert_eq!(answer.elapsed(), 150 * YEAR);
    // What lies beyond 64 bits of nanoseconds is as good as never.
    let answer = testing::get("/").call(async |_: Request| sleep(Duration::MAX).await);
    assert!(answer.elapsed() > 400 * YEAR);
}
