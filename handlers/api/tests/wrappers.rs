//! The promises of wrappers: neither the wrapper nor its handler takes the other's for its own.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use micro_api::testing::{self, Answer};
use micro_api::{Next, Reply, Request, Responder, sleep, spawn};

const SECOND: Duration = Duration::from_secs(1);

fn told(answer: &Answer) -> (u16, &str, Option<&str>) {
    (answer.status, answer.text(), answer.header("x-by"))
}

/// Each way in which a handler answers `handler`.
fn each_handler(ask: impl Fn(fn(Request) -> Reply) -> Answer) {
    let at_once = |_: Request| Reply::text("handler");
    let promised = |request: Request| {
        request.delay().answer("handler");
        Reply::text("returned by the handler")
    };
    let promised_later = |request: Request| {
        let responder = request.delay();
        spawn(async move {
            sleep(SECOND).await;
            responder.answer("handler");
        });
        Reply::text("returned by the handler")
    };
    let promised_to_a_thread = |request: Request| {
        let responder = request.delay();
        thread::spawn(move || responder.answer("handler"));
        Reply::text("returned by the handler")
    };
    for handler in [at_once, promised, promised_later, promised_to_a_thread] {
        let answer = ask(handler);
        assert_eq!(told(&answer), (200, "handler", Some("wrapper")));
    }
}

fn answer(responder: Responder, reply: Reply) {
    responder.answer(reply.with_header("x-by", "wrapper"));
}

#[test]
fn a_wrapper_that_keeps_the_finished_handler_may_still_promise() {
    each_handler(|handler| {
        testing::get("/")
            .wrap(async |request: Request, next: Next| {
                let mut running = pin!(next.run(request.clone()));
                let reply = running.as_mut().await;
                let responder = request.delay();
                thread::spawn(move || answer(responder, reply));
                "returned by the wrapper"
            })
            .call(handler)
    });
}

#[test]
fn a_wrapper_that_promises_before_it_waits_does_not_wait_for_itself() {
    each_handler(|handler| {
        testing::get("/")
            .wrap(async |request: Request, next: Next| {
                let running = next.run(request.clone());
                let responder = request.delay();
                let reply = running.await;
                answer(responder, reply);
                "returned by the wrapper"
            })
            .call(handler)
    });
}

#[test]
fn a_wrapper_and_its_handler_keep_their_own_promises() {
    each_handler(|handler| {
        testing::get("/")
            .wrap(async |request: Request, next: Next| {
                let responder = request.delay();
                let reply = next.run(request).await;
                thread::spawn(move || answer(responder, reply));
            })
            .call(handler)
    });
    // Around each other.
    let answer = testing::get("/")
        .wrap(async |request: Request, next: Next| {
            let running = next.run(request.clone());
            let responder = request.delay();
            answer(responder, running.await);
        })
        .wrap(async |request: Request, next: Next| {
            let running = next.run(request.clone());
            let responder = request.delay();
            let reply = running.await;
            responder.answer(reply.with_header("x-outer", "1"));
        })
        .call(|request: Request| request.delay().answer("handler"));
    assert_eq!(told(&answer), (200, "handler", Some("wrapper")));
    assert_eq!(answer.header("x-outer"), Some("1"));
}

#[test]
fn a_wrapper_that_lets_its_handler_go_may_promise() {
    let kept: Rc<RefCell<Vec<Responder>>> = Rc::default();
    let begun = Rc::new(Cell::new(0));
    for promises in [false, true] {
        let (keep, begin) = (Rc::clone(&kept), Rc::clone(&begun));
        let answer = testing::get("/")
            .wrap(async |request: Request, next: Next| {
                {
                    let mut running = pin!(next.run(request.clone()));
                    poll_fn(|context| {
                        assert!(running.as_mut().poll(context).is_pending());
                        Poll::Ready(())
                    })
                    .await;
                }
                let responder = request.delay();
                thread::spawn(move || answer(responder, Reply::text("promised")));
                "returned by the wrapper"
            })
            .call(async move |request: Request| {
                begin.set(begin.get() + 1);
                if promises {
                    keep.borrow_mut().push(request.delay());
                }
                sleep(SECOND).await;
            });
        assert_eq!(told(&answer), (200, "promised", Some("wrapper")));
    }
    assert_eq!(begun.get(), 2);
    let responder = kept.borrow_mut().pop().expect("the handler kept it");
    responder.answer("too late");
}

#[test]
fn a_promise_made_before_a_handler_is_let_go_is_the_wrappers() {
    let answer = testing::get("/")
        .wrap(async |request: Request, next: Next| {
            let responder = request.delay();
            {
                let mut running = pin!(next.run(request));
                poll_fn(|context| Poll::Ready(running.as_mut().poll(context).is_ready())).await;
            }
            answer(responder, Reply::text("promised"));
        })
        .call(async |request: Request| {
            std::mem::forget(request.delay());
            sleep(SECOND).await;
        });
    assert_eq!(told(&answer), (200, "promised", Some("wrapper")));
}
