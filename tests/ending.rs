//! How a service begins and ends: SETUP, TASK, USER, TEARDOWN, graceful and not.

mod support;

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use micro::Micro;
use micro_api::{Config, Error, LocalModule, Module, Request, sleep};
use support::serve;

/// What happened, in the order in which it did.
#[derive(Clone, Default)]
struct Diary(Arc<std::sync::Mutex<Vec<&'static str>>>);

impl Diary {
    fn note(&self, what: &'static str) {
        self.0
            .lock()
            .expect("no test panics while it writes")
            .push(what);
    }

    fn read(&self) -> Vec<&'static str> {
        self.0
            .lock()
            .expect("no test panics while it writes")
            .clone()
    }
}

fn module(diary: &Diary) -> LocalModule<Diary> {
    let diary = diary.clone();
    LocalModule::with_state("life", move |_: &Config| {
        diary.note("open");
        Ok::<_, Error>(diary.clone())
    })
    .job("setup", async |diary: &Diary, _: Config| {
        sleep(Duration::from_millis(1)).await;
        diary.note("setup");
    })
    .job("task", |diary: &Diary, _: Config| diary.note("task"))
    .job("teardown", |diary: &Diary, _: Config| {
        diary.note("teardown");
    })
    .handler("slow", async |diary: &Diary, _: Request| {
        diary.note("request");
        sleep(Duration::from_millis(100)).await;
        diary.note("answer");
        "done"
    })
    .handler("never", async |_: Request| -> &'static str {
        std::future::pending().await
    })
}

const LINES: &[&str] = &[
    "SETUP life.setup",
    "TEARDOWN life.teardown",
    "TASK clock life.task",
    "SERVER test 0 host=127.0.0.1",
    "ROUTE /slow$",
    "GET life.slow",
    "ROUTE /never$",
    "GET life.never",
];

#[test]
fn what_is_at_work_is_finished_and_nothing_new_begins() {
    let diary = Diary::default();
    let kept = diary.clone();
    let mut service = serve(move || {
        Micro::new()
            .module(module(&kept))
            .lines(LINES.iter().copied())
    });
    let mut idle = service.connect();
    idle.send("GET /nothing HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!(idle.answer(false).status, 404);
    let mut busy = service.connect();
    busy.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
    while !diary.read().contains(&"request") {
        std::thread::yield_now();
    }
    let address = service.address;
    service.stopper.stop();
    let answer = busy.answer(false);
    answer.is(200, "done");
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(busy.is_ended() && idle.is_ended());
    service.join().expect("it ends well");
    assert!(std::net::TcpStream::connect(address).is_err());
    assert_eq!(
        diary.read(),
        ["open", "setup", "task", "request", "answer", "teardown"]
    );
}

#[test]
fn what_does_not_end_in_time_is_cut() {
    let diary = Diary::default();
    let service = serve(move || {
        Micro::new()
            .module(module(&diary))
            .grace(Duration::from_millis(50))
            .lines(LINES.iter().copied())
    });
    let mut client = service.connect();
    client
        .send("GET /never HTTP/1.1\r\nHost: test\r\n\r\nGET /never HTTP/1.1\r\nHost: test\r\n\r\n");
    service.end().expect("it ends");
    assert_eq!(client.stream.read(&mut [0; 1]).unwrap_or(0), 0);
}

#[test]
fn a_second_stop_cuts_at_once() {
    let diary = Diary::default();
    let kept = diary.clone();
    let service = serve(move || {
        Micro::new()
            .module(module(&kept))
            .lines(LINES.iter().copied())
    });
    let mut client = service.connect();
    client.send("GET /never HTTP/1.1\r\nHost: test\r\n\r\n");
    service.stopper.stop();
    service
        .end()
        .expect("it ends long before the grace time of 30 seconds does");
    assert_eq!(diary.read().last(), Some(&"teardown"));
}

#[test]
fn a_user_function_is_called_while_nothing_happens() {
    let turns = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&turns);
    let _service = serve(move || {
        let turn = move || {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        Micro::new()
            .module(LocalModule::new("my").turn("turn", turn))
            .lines([
                "USER my.turn",
                "SERVER test 0 host=127.0.0.1",
                "ROUTE /$",
                "GET ping.ping",
            ])
    });
    while turns.load(Ordering::Relaxed) < 3 {
        std::thread::yield_now();
    }
}

#[test]
fn a_setup_that_fails_is_named() {
    let refuse = |_: Config| Err::<(), _>(Error::internal("no disk"));
    let error = Micro::new()
        .module(Module::new("my").job("setup", refuse))
        .lines([
            "SETUP my.setup",
            "SERVER test 0 host=127.0.0.1",
            "ROUTE /$",
            "GET ping.ping",
        ])
        .start()
        .err()
        .expect("it does not start");
    assert_eq!(error.to_string(), "error: `my.setup` failed: no disk");
}

#[test]
fn a_port_in_use_is_named() {
    let service =
        support::serve_lines(&["SERVER test 0 host=127.0.0.1", "ROUTE /$", "GET ping.ping"]);
    let port = service.address.port();
    let lines = [
        format!("SERVER other {port} host=127.0.0.1"),
        "ROUTE /$".into(),
        "GET ping.ping".into(),
    ];
    let error = Micro::new()
        .lines(lines)
        .start()
        .err()
        .expect("it does not start")
        .to_string();
    assert!(
        error.starts_with(&format!(
            "error: server `other` cannot listen on 127.0.0.1:{port}: "
        )),
        "{error}"
    );
}

#[test]
fn waiting_for_a_future_serves_meanwhile() {
    let mut running = Micro::new()
        .lines([
            "SERVER test 0 host=127.0.0.1",
            "ROUTE /test/ping$",
            "GET ping.ping",
        ])
        .start()
        .expect("it starts");
    let address = running.address("test").expect("it listens");
    let answer = running
        .wait(async move {
            micro_api::blocking(move || {
                use std::io::Write;
                let mut stream = std::net::TcpStream::connect(address)?;
                stream.write_all(b"GET /test/ping HTTP/1.0\r\n\r\n")?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer)?;
                Ok::<_, std::io::Error>(answer)
            })
            .await
        })
        .expect("the loop runs")
        .expect("the work does not panic")
        .expect("it is answered");
    assert!(answer.ends_with("{\"ping\":\"pong\"}"), "{answer}");
}

#[test]
fn two_services_on_one_thread_take_turns() {
    let start = || {
        let nap = async |_: Request| {
            sleep(Duration::from_millis(5)).await;
            "rested"
        };
        Micro::new()
            .module(Module::new("my").handler("nap", nap))
            .lines(["SERVER test 0 host=127.0.0.1", "ROUTE /nap$", "GET my.nap"])
            .start()
            .expect("it starts")
    };
    let mut services = [start(), start()];
    for turn in [0, 1, 0] {
        let running = &mut services[turn];
        let address = running.address("test").expect("it listens");
        let ask = async move {
            sleep(Duration::from_millis(1)).await;
            micro_api::blocking(move || {
                use std::io::Write;
                let mut stream = std::net::TcpStream::connect(address).expect("it listens");
                stream
                    .write_all(b"GET /nap HTTP/1.0\r\n\r\n")
                    .expect("it reads");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).expect("it answers");
                answer
            })
            .await
        };
        let answer = running
            .wait(ask)
            .expect("the loop runs")
            .expect("the client is content");
        assert!(answer.ends_with("rested"), "{answer}");
    }
}

#[test]
fn what_had_arrived_before_the_end_is_answered() {
    let is_free = Arc::new(AtomicU32::new(0));
    let awaited = Arc::clone(&is_free);
    let service = serve(move || {
        // Holds the loop, so that all else arrives meanwhile.
        let hold = move |_: Request| {
            awaited.store(1, Ordering::SeqCst);
            while awaited.load(Ordering::SeqCst) < 2 {
                std::thread::yield_now();
            }
            "held"
        };
        Micro::new()
            .module(LocalModule::new("my").handler("hold", hold))
            .lines([
                "SERVER test 0 host=127.0.0.1",
                "ROUTE /hold$",
                "GET my.hold",
                "ROUTE /test/ping$",
                "GET ping.ping",
            ])
    });
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
    let mut idle = service.connect();
    idle.send(request("/test/ping"));
    assert_eq!(idle.answer(false).status, 200);
    let mut busy = service.connect();
    busy.send(request("/hold"));
    while is_free.load(Ordering::SeqCst) < 1 {
        std::thread::yield_now();
    }
    idle.send(request("/test/ping"));
    let mut new = service.connect();
    new.send(request("/test/ping"));
    service.stopper.stop();
    is_free.store(2, Ordering::SeqCst);
    assert_eq!(busy.answer(false).text(), "held");
    assert_eq!(idle.answer(false).status, 200);
    assert_eq!(new.answer(false).status, 200);
}

#[test]
fn a_teardown_that_never_ends_is_given_up_and_the_others_are_called() {
    let diary = Diary::default();
    let kept = diary.clone();
    let service = serve(move || {
        let never = async |_: Config| -> () { std::future::pending().await };
        let panics = |_: Config| -> () { panic!("no luck") };
        Micro::new()
            .module(Module::new("my").job("never", never).job("panics", panics))
            .module(module(&kept))
            .grace(Duration::from_millis(50))
            .lines([
                "TEARDOWN my.panics",
                "TEARDOWN my.never",
                "TEARDOWN life.teardown",
                "SERVER test 0 host=127.0.0.1",
                "ROUTE /slow$",
                "GET life.slow",
            ])
    });
    let error = service.end().expect_err("it says what went wrong");
    assert_eq!(error, "error: `my.panics` failed: panic: no luck");
    assert_eq!(diary.read(), ["open", "teardown"]);
}

#[test]
fn a_loop_that_has_stood_still_knows_what_time_it_is() {
    let mut running = Micro::new()
        .lines(["SERVER test 0 host=127.0.0.1", "ROUTE /$", "GET ping.ping"])
        .start()
        .expect("it starts");
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_millis(60) {
        std::thread::yield_now();
    }
    let begin = std::time::Instant::now();
    running
        .wait(sleep(Duration::from_millis(50)))
        .expect("the loop runs");
    assert!(begin.elapsed() >= Duration::from_millis(50));
}
