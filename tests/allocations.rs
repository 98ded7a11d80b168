//! A usual request allocates nothing on the loop's thread, once the first ones have been served.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use allocation_counter::measure;
use micro::{Micro, Running};
use micro_api::{Module, Request, sleep};

const REQUESTS: usize = 500;

fn ask(address: SocketAddr, path: &'static str, requests: usize) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nAccept: */*\r\n\r\n");
    let mut answer = [0; 1024];
    for _ in 0..requests {
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut length = 0;
        while !answer[..length].ends_with(b"}") {
            length += stream.read(&mut answer[length..]).expect("it answers");
        }
    }
}

/// How often the loop's thread allocates while it answers so many requests.
fn allocations(running: &mut Running, path: &'static str, requests: usize) -> u64 {
    let address = running.address("test").expect("it listens");
    let info = measure(|| {
        let work = async move { micro_api::blocking(move || ask(address, path, requests)).await };
        running
            .wait(work)
            .expect("the loop runs")
            .expect("the client is content");
    });
    info.count_total
}

#[test]
fn a_usual_request_allocates_nothing() {
    let show = |request: Request| match request.arg::<i64>("id") {
        Ok(id) if id > 0 => "{}",
        _ => "{-}",
    };
    let mut running = Micro::new()
        .module(Module::new("my").handler("show", show))
        .lines([
            "SERVER test 0 host=127.0.0.1",
            "ROUTE /test/ping$",
            "GET ping.ping",
            "ROUTE /item/{id:int}$",
            "GET my.show",
        ])
        .start()
        .expect("it starts");
    for path in ["/test/ping", "/item/42"] {
        let _warm = allocations(&mut running, path, REQUESTS);
        let few = allocations(&mut running, path, REQUESTS);
        let many = allocations(&mut running, path, 3 * REQUESTS);
        // A connection allocates a little, and so may a timer; requests must not.
        assert!(
            many < few + REQUESTS as u64 / 10,
            "{path}: {few} for {REQUESTS}, then {many}"
        );
    }
}

/// How many allocations a request costs, once the first ones have been served.
fn per_request(running: &mut Running, path: &'static str) -> u64 {
    let _warm = allocations(running, path, REQUESTS);
    let few = allocations(running, path, REQUESTS);
    let many = allocations(running, path, 3 * REQUESTS);
    println!("{path} {few} {many}");
    // A connection allocates a little, and so may a timer.
    (many - few + REQUESTS as u64 / 2) / (2 * REQUESTS as u64)
}

#[test]
fn a_request_that_is_answered_later_allocates_little() {
    let at_once = async |_: Request| "{}";
    let later = async |_: Request| {
        sleep(Duration::from_micros(1)).await;
        "{}"
    };
    let mut running = Micro::new()
        .module(
            Module::new("my")
                .handler("at_once", at_once)
                .handler("later", later),
        )
        .lines([
            "SERVER test 0 host=127.0.0.1",
            "ROUTE /at_once$",
            "GET my.at_once",
            "ROUTE /later$",
            "GET my.later",
        ])
        .start()
        .expect("it starts");
    // The future of the handler, and what wakes it.
    assert_eq!(per_request(&mut running, "/at_once"), 2);
    // The same, and the exchange that waits for it.
    assert_eq!(per_request(&mut running, "/later"), 3);
}
