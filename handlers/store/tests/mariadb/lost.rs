//! Servers that end, come back, or hang.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use micro_store::{Error, ErrorKind};

use crate::mariadb::Mariadb;
use crate::support::{DEADLINE, Names, Place, wait_for};

/// What was told of each name.
type Told = HashMap<String, Result<(), ErrorKind>>;

fn place(server: &Mariadb) -> Place {
    let url = server.create_database("lost");
    Place { url, folder: None }
}

fn told(result: Result<u64, Error>) -> Result<(), ErrorKind> {
    result.map(drop).map_err(|error| error.kind())
}

/// Inserts names, one after another, until it is told to end.
fn insert_until(names: &Names, client: usize, end: &AtomicBool) -> Told {
    let mut all = HashMap::new();
    while !end.load(Ordering::Relaxed) {
        let name = format!("{client}-{}", all.len());
        let result = told(names.insert(&name).wait());
        all.insert(name, result);
    }
    all
}

/// All names, as soon as they can be read.
#[track_caller]
fn all_in_the_end(names: &Names) -> Vec<String> {
    let mut all = Vec::new();
    wait_for("the next attempt", || {
        let found = names.try_all();
        found.map(|found| all = found).is_ok()
    });
    all
}

#[track_caller]
fn agrees(told: &Told, names: &Names) {
    let there = all_in_the_end(names);
    for (name, result) in told {
        let is_there = there.contains(name);
        match result {
            Ok(()) => assert!(is_there, "{name} was acknowledged"),
            Err(ErrorKind::Uncertain) => {}
            Err(ErrorKind::Unavailable) => assert!(!is_there, "{name} was not done"),
            Err(kind) => panic!("{name} is {kind:?}"),
        }
    }
}

#[test]
fn a_server_that_was_started_anew_is_not_noticed() {
    let Some(mut server) = Mariadb::start() else {
        return;
    };
    let names = place(&server).names();
    names.insert("a").wait().expect("it is new");
    assert_eq!(names.all(), ["a"]);
    server.stop();
    server.start_again();
    names
        .insert("b")
        .wait()
        .expect("the connection is made anew");
    server.kill();
    server.start_again();
    // By each of the threads that read.
    let reading: Vec<_> = (0..8).map(|_| names.0.read(|_| Ok(()))).collect();
    for answer in reading {
        answer.wait().expect("the connection is made anew");
    }
    assert_eq!(names.all(), ["a", "b"]);
    server.kill();
    let error = names.insert("c").wait().expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let error = names.try_all().expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    server.start_again();
    wait_for("the next attempt", || names.insert("d").wait().is_ok());
    assert_eq!(all_in_the_end(&names), ["a", "b", "d"]);
}

#[test]
fn what_was_told_is_true_whenever_the_server_is_killed() {
    let Some(mut server) = Mariadb::start() else {
        return;
    };
    let names = place(&server).names();
    let end = AtomicBool::new(false);
    let told = thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|client| {
                scope.spawn({
                    let (names, end) = (&names, &end);
                    move || insert_until(names, client, end)
                })
            })
            .collect();
        for round in 0..4 {
            let name = format!("round {round}");
            wait_for("the next attempt", || names.insert(&name).wait().is_ok());
            server.kill();
            server.start_again();
        }
        end.store(true, Ordering::Relaxed);
        let told = clients
            .into_iter()
            .map(|client| client.join().expect("it does not panic"));
        told.flatten().collect::<Told>()
    });
    wait_for("the next attempt", || names.insert("last").wait().is_ok());
    agrees(&told, &names);
    assert!(told.values().any(Result::is_ok), "something was done");
    assert!(told.values().any(Result::is_err), "something was not");
}

#[test]
fn a_server_that_hangs_is_not_waited_for_for_ever() {
    let Some(server) = Mariadb::start() else {
        return;
    };
    let names = place(&server).names();
    names.insert("a").wait().expect("it is new");
    names.all();
    server.pause();
    let begin = Instant::now();
    let writing: Vec<_> = (0..600)
        .map(|index| names.insert(&index.to_string()))
        .collect();
    let reading: Vec<_> = (0..100).map(|_| names.0.read(|_| Ok(()))).collect();
    let mut told = Told::new();
    for (index, answer) in writing.into_iter().enumerate() {
        told.insert(index.to_string(), self::told(answer.wait()));
    }
    for answer in reading {
        let error = answer.wait().expect_err("nobody answers");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
    let waited = begin.elapsed();
    server.resume();
    assert!(
        waited > Duration::from_secs(5),
        "it might have been slow only"
    );
    assert!(waited < DEADLINE / 2, "{waited:?}");
    wait_for("the next attempt", || names.insert("last").wait().is_ok());
    agrees(&told, &names);
}

#[test]
fn a_connection_that_somebody_ends_is_made_anew() {
    let Some(server) = Mariadb::shared() else {
        return;
    };
    let names = crate::place("ended").expect("there is a server").names();
    names.insert("a").wait().expect("it is new");
    let ids = server.execute("SELECT id FROM information_schema.processlist WHERE db = 'ended'");
    assert!(!ids.is_empty());
    for id in ids.lines() {
        server.execute(&format!("KILL {id}"));
    }
    names
        .insert("b")
        .wait()
        .expect("the connection is made anew");
    assert_eq!(names.all(), ["a", "b"]);
}

#[test]
fn a_server_that_only_reads_is_tried_again() {
    let Some(server) = Mariadb::start() else {
        return;
    };
    let names = place(&server).names();
    server.execute("CREATE USER 'app'@'%'; GRANT ALL ON lost.* TO 'app'@'%'");
    let url = format!("mysql://app@127.0.0.1:{}/lost", server.port());
    let app = Place { url, folder: None }.names();
    server.execute("SET GLOBAL read_only = 1");
    let error = app.insert("a").wait().expect_err("it only reads");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    server.execute("SET GLOBAL read_only = 0");
    wait_for("the next attempt", || app.insert("b").wait().is_ok());
    assert_eq!(names.all(), ["b"]);
}
