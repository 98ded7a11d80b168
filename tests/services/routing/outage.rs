//! MariaDB goes away, hangs, and comes back in the middle of changes: requests are turned away in
//! bounded time, and everything works again without a restart.

use std::io::Read;
use std::time::{Duration, Instant};

use super::clients::{Clients, Progress};
use super::dumps::{ROOMY, many_lines};
use super::mirrored::{becomes_equal, is_equal};
use super::service::{Service, TOKEN, mapping, request};
use crate::daemon::wait_for;
use crate::database::Database;
use crate::mariadb::Mariadb;
use crate::random::Random;
use crate::redis::Redis;
use crate::support::Client;

/// How long an answer may take when nobody is at the other end, and when somebody hangs there.
const SLOWEST_WITHOUT: Duration = Duration::from_secs(12);
const SLOWEST_HUNG: Duration = Duration::from_secs(30);

fn made(progress: &Progress, count: usize) {
    let before = progress.done();
    wait_for("changes to be made", || progress.done() >= before + count);
}

fn turned_away(progress: &Progress, count: usize) {
    let before = progress.turned_away();
    wait_for("requests to be turned away", || {
        progress.turned_away() >= before + count
    });
}

/// Checks that a read is turned away, in time.
#[track_caller]
fn no_read(service: &Service, slowest: Duration) {
    let begin = Instant::now();
    for path in [
        "/v1/acme/mapping",
        "/v1/acme/mapping/a.example.org",
        "/v1/export",
    ] {
        let answer = service.get(path);
        answer.is_failure(503, "the database is not available, try again");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    let took = begin.elapsed();
    assert!(took < slowest, "{took:?}");
}

#[test]
fn mariadb_is_stopped_and_killed_in_the_middle_of_changes() {
    let Some(mut mariadb) = Mariadb::start() else {
        return;
    };
    let Some(redis) = Redis::start() else {
        return;
    };
    let database = Database::of(&mariadb);
    let url = redis.url();
    let mirrored = [
        ("ROUTING_REDIS_URL", &*url),
        ("ROUTING_CHECK_EVERY", "100ms"),
    ];
    let service = Service::with(&database, &mirrored);
    let mut random = Random::new();
    let mut clients = Clients::new(4, &mut random);
    for round in 0..4 {
        clients.work(&[service.address], SLOWEST_WITHOUT, |progress| {
            made(progress, 20 + random.below(20));
            match round % 2 {
                0 => mariadb.kill(),
                _ => mariadb.stop(),
            }
            turned_away(progress, 20);
            no_read(&service, SLOWEST_WITHOUT);
            mariadb.start_again();
            made(progress, 20);
        });
        clients.check(&service);
        becomes_equal(&service, &redis);
    }
    is_equal(&service, &redis);
}

#[test]
fn mariadb_hangs_in_the_middle_of_changes() {
    let Some(mariadb) = Mariadb::start() else {
        return;
    };
    let database = Database::of(&mariadb);
    let service = Service::start(&database);
    let mut clients = Clients::new(4, &mut Random::new());
    clients.work(&[service.address], SLOWEST_HUNG, |progress| {
        made(progress, 20);
        mariadb.pause();
        turned_away(progress, 4);
        no_read(&service, 2 * SLOWEST_HUNG);
        // What needs no database is answered meanwhile.
        let begin = Instant::now();
        assert_eq!(service.get("/v1/openapi.json").status, 200);
        let wrong = mapping("a.example.org", &[]);
        assert_eq!(service.put("/v1/acme/mapping", &wrong).status, 400);
        assert!(begin.elapsed() < Duration::from_secs(5));
        mariadb.resume();
        made(progress, 20);
    });
    clients.check(&service);
}

#[test]
fn an_export_that_loses_mariadb_is_not_taken_for_whole() {
    let Some(mut mariadb) = Mariadb::start() else {
        return;
    };
    let database = Database::of(&mariadb);
    let service = Service::with(&database, &ROOMY);
    let lines = many_lines();
    assert_eq!(service.post("/v1/import", &lines).status, 200);
    let mut client = Client::to(service.address);
    client.send(request(
        "GET",
        "/v1/export",
        &[("X-Auth-Token", TOKEN)],
        b"",
    ));
    let mut told = vec![0; 100_000];
    client.stream.read_exact(&mut told).expect("it begins");
    mariadb.kill();
    // An end without the last chunk, or a reset.
    let _ = client.stream.read_to_end(&mut told);
    assert!(told.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert!(!told.ends_with(b"\r\n0\r\n\r\n"));
    assert!(told.len() < lines.len());
    mariadb.start_again();
    wait_for("the database to be there", || {
        service.get("/v1/acme/mapping").status == 200
    });
    assert!(service.export() == lines);
}
