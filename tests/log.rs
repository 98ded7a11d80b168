//! What the log says: one access line for each answer, failures under their id, nothing of what is
//! silent. One test alone, because a process has one log.

#[path = "support/log.rs"]
mod log;
mod support;

use log::lines_with;
use micro::Micro;
use micro_api::{Error, Module, Reply, Request};
use support::{Answer, Service, serve};

/// The only access line of an answer, without what differs from run to run: peer and time.
fn access_line(answer: &Answer) -> String {
    let id = answer.header("x-request-id").expect("every answer has one");
    let found = lines_with(&format!("INFO {id} 127.0.0.1:"));
    assert_eq!(found.len(), 1, "{found:?}");
    let words: Vec<&str> = found[0].split(' ').collect();
    let time = words[7];
    assert!(
        time == "-" || time.parse::<f64>().is_ok_and(|time| time >= 0.0),
        "{found:?}"
    );
    [&words[3..7], &words[8..]].concat().join(" ")
}

fn service() -> Service {
    let fail = |_: Request| Err::<(), Error>(Error::internal("the disk is full"));
    let pieces = |_: Request| Reply::pieces("text/plain", [b"12345".to_vec(), b"67890".to_vec()]);
    serve(move || {
        Micro::new()
            .module(
                Module::new("my")
                    .handler("fail", fail)
                    .handler("pieces", pieces),
            )
            .lines([
                "SERVER test 0 host=127.0.0.1",
                "ROUTE /loud$",
                "GET ping.ping",
                "POST ping.ping silent=true",
                "ROUTE /quiet$",
                "SILENT true",
                "GET ping.ping",
                "POST ping.ping silent=false",
                "ROUTE /fail$",
                "GET my.fail",
                "ROUTE /pieces$",
                "GET my.pieces",
            ])
    })
}

#[test]
fn each_answer_is_told_once() {
    log::begin();
    let service = service();
    let send = |method: &str, path: &str| service.send(method, path, "text/plain", "");

    // What is silent comes first: lines are written in order, so once a later one is there, a
    // missing one is not only late.
    let silent = [
        send("GET", "/quiet"),
        send("POST", "/loud"),
        send("PUT", "/quiet"),
    ];
    assert_eq!(
        silent.each_ref().map(|answer| answer.status),
        [200, 200, 405]
    );

    assert_eq!(
        access_line(&send("GET", "/loud?a=b")),
        "GET /loud?a=b 200 15"
    );
    assert_eq!(access_line(&send("POST", "/quiet")), "POST /quiet 200 15");
    assert_eq!(access_line(&send("PUT", "/loud")), "PUT /loud 405 54");
    assert_eq!(access_line(&send("GET", "/none")), "GET /none 404 45");
    assert_eq!(access_line(&service.get("/pieces")), "GET /pieces 200 10");
    let unknown = send("BREW", "/loud");
    assert_eq!(
        access_line(&unknown),
        "BREW /loud 501 64 (the method is not known here)"
    );
    let refused = service.request("GET /loud HTTP/1.1\r\n\r\n");
    assert_eq!(
        access_line(&refused),
        "GET /loud 400 61 (the Host field is missing)"
    );

    let failed = send("GET", "/fail");
    assert_eq!(access_line(&failed), "GET /fail 500 57");
    let id = failed.header("x-request-id").expect("every answer has one");
    assert_eq!(
        lines_with(&format!("ERROR {id}")),
        [format!("ERROR {id} the disk is full")]
    );
    assert!(!failed.text().contains("disk"));

    let all = log::all().join("\n");
    for answer in silent {
        let id = answer.header("x-request-id").expect("every answer has one");
        assert!(!all.contains(id), "{all}");
    }
}
