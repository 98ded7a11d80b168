//! What calls leave behind: nothing. And what they cost while nothing happens: nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use micro::Micro;
use micro_api::{LocalModule, join_all, sleep};

use crate::caller::{before, caller, caller_of, caller_to, connection};
use crate::scripted::{Scripted, answer, until};

/// How many descriptors this process has open.
fn descriptors() -> usize {
    let folder = std::fs::read_dir("/proc/self/fd");
    folder.map_or(0, Iterator::count)
}

#[test]
fn calls_that_fail_leave_no_descriptors() {
    let garbage = Scripted::ending("garbage");
    let cut = Scripted::new(|peer| {
        peer.request();
        peer.reset();
    });
    let plain = Scripted::new(|peer| {
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.end();
    });
    let silent = Scripted::new(crate::scripted::Peer::wait_for_end);
    let (garbage_port, cut_port, silent_port) = (garbage.port, cut.port, silent.port);
    let plain_port = plain.port;
    let mut callers = [
        caller("CONNECTION x http://127.0.0.1:1 timeout=5\nRESOURCE get /"),
        caller("CONNECTION x unix:///nonexistent/socket timeout=5\nRESOURCE get /"),
        caller_to(garbage_port, "timeout=5"),
        caller_to(cut_port, "timeout=5"),
        caller_to(silent_port, "timeout=20ms"),
        caller_to(silent_port, "timeout=5 deadline=20ms"),
        caller(&format!(
            "CONNECTION x https://127.0.0.1:{plain_port} timeout=5\nRESOURCE get /"
        )),
    ];
    for caller in &mut callers {
        let get = caller.resource("get");
        for _ in 0..10 {
            let results = caller.wait(join_all((0..100).map(|_| get.call(()))));
            assert!(results.iter().all(Result::is_err));
        }
    }
    for server in [garbage, cut, plain, silent] {
        server.wait_for_open(0);
    }
    // Other tests have some, but not for long.
    until("descriptors", || descriptors() < 1000);
}

/// Counts the turns of a loop: the function of USER is called in each, and at least every 100 ms.
fn turns_of(lines: &str) -> (crate::caller::Caller, Arc<AtomicUsize>) {
    let turns = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&turns);
    let module = LocalModule::new("turns").turn("count", move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let micro = Micro::new().module(module);
    (
        caller_of(micro, &format!("USER turns.count\n{lines}")),
        turns,
    )
}

/// How many turns there may be in a while in which nothing happens.
const FEW: usize = 20;
const WHILE: Duration = Duration::from_millis(500);

#[test]
fn kept_connections_cost_no_turns() {
    let server = Scripted::answering(answer("200 OK", "1"));
    let (mut caller, turns) = turns_of(&connection(server.port, "timeout=5"));
    let get = caller.resource("get");
    let results = caller.wait(join_all((0..10).map(|_| get.call(()))));
    assert!(results.iter().all(Result::is_ok));
    caller.wait(async {
        let begin = turns.load(Ordering::SeqCst);
        sleep(WHILE).await;
        let count = turns.load(Ordering::SeqCst) - begin;
        assert!(count < FEW, "{count} turns");
    });
}

#[test]
fn calls_that_wait_cost_no_turns() {
    for begin in ["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1"] {
        let server = Scripted::new(move |peer| {
            peer.request();
            peer.send(begin);
            peer.wait_for_end();
        });
        let (mut caller, turns) = turns_of(&connection(server.port, "timeout=5"));
        let (get, post) = (caller.resource("get"), caller.resource("post"));
        caller.wait(async {
            let calls = join_all((0..5).map(|_| get.call(())));
            // One that cannot be sent to its end.
            let big = post.call(("x".repeat(8 << 20),));
            let mut calls = Box::pin(micro_api::join((calls, big)));
            assert!(
                before(Duration::from_millis(200), calls.as_mut())
                    .await
                    .is_none()
            );
            let begin = turns.load(Ordering::SeqCst);
            assert!(before(WHILE, calls.as_mut()).await.is_none());
            let count = turns.load(Ordering::SeqCst) - begin;
            assert!(count < FEW, "{count} turns");
        });
    }
}

/// A service that has said all and closed its side leaves nothing to do, either.
#[test]
fn a_stream_that_nobody_reads_costs_no_turns() {
    let server = Scripted::new(|peer| {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
        while peer.send([b'x'; 4096]) {}
    });
    let (mut caller, turns) = turns_of(&connection(server.port, "timeout=5"));
    let get = caller.resource("get");
    caller.wait(async {
        let mut stream = get.call(()).stream().await.expect("it begins");
        stream.chunk().await.expect("it comes");
        sleep(Duration::from_millis(200)).await;
        let begin = turns.load(Ordering::SeqCst);
        sleep(WHILE).await;
        let count = turns.load(Ordering::SeqCst) - begin;
        assert!(count < FEW, "{count} turns");
    });
}
