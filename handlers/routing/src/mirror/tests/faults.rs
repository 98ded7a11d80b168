//! Redis that is not there, hangs, or says no.

use std::time::{Duration, Instant};

use super::daemon::{DEADLINE, wait_for};
use super::redis::{Redis, Reply};
use super::world::{World, found, is_there, mirror, open, swept, wait};
use crate::mirror::report::{Report, State};
use crate::mirror::{Mirror, MirrorSettings};

#[track_caller]
fn wait_for_state(mirror: &Mirror, state: State) -> Report {
    let mut report = mirror.report();
    let begin = Instant::now();
    while report.state != state {
        assert!(
            begin.elapsed() < DEADLINE,
            "{state:?} was expected: {report:?}"
        );
        std::thread::yield_now();
        report = mirror.report();
    }
    report
}

#[track_caller]
fn error(report: &Report) -> &str {
    report.redis.last_error.as_deref().expect("there was one")
}

#[test]
fn a_redis_that_was_killed_gets_what_it_missed() {
    let Some(mut world) = World::start() else {
        return;
    };
    let mirror = world.settled();
    world.redis.save();
    world.redis.kill();
    let mut live = Box::pin(mirror.live(world.put("a.example", &["http://a:1"]), "a.example"));
    let report = wait_for_state(&mirror, State::Unreachable);
    assert!(
        error(&report).starts_with("Redis is not available: "),
        "{}",
        error(&report)
    );
    wait_for("the row to be counted", || mirror.report().pending == 1);
    assert!(mirror.report().oldest_seconds.is_some());
    assert!(!mirror.report().redis.is_available);
    assert!(!is_there(&mut live));
    let failed = wait(mirror.sweep()).expect_err("there is no Redis");
    assert_eq!(failed.status(), 503);
    world.redis.start_again();
    wait(live);
    swept(&mirror, "Redis has started");
    world.wait_until_same();
    let report = wait_for_state(&mirror, State::Live);
    assert!(report.redis.is_available && report.pending == 0);
}

#[test]
fn a_redis_that_was_never_there() {
    let Some(mut world) = World::start() else {
        return;
    };
    world.redis.kill();
    let mirror = world.mirror();
    wait_for_state(&mirror, State::Unreachable);
    world.put("a.example", &["http://a:1"]);
    world.redis.start_again();
    world.wait_until_same();
}

#[test]
fn a_redis_that_hangs_is_given_up_and_comes_back() {
    let Some(world) = World::start() else { return };
    let mirror = world.settled();
    world.redis.pause();
    let begin = Instant::now();
    let live = mirror.live(world.put("a.example", &["http://a:1"]), "a.example");
    let report = wait_for_state(&mirror, State::Unreachable);
    assert!(begin.elapsed() < Duration::from_secs(10));
    assert_eq!(
        error(&report),
        "Redis is not available: no answer within 300ms"
    );
    world.put("a.example", &["http://b:1"]);
    world.redis.resume();
    wait(live);
    world.wait_until_same();
    wait_for_state(&mirror, State::Live);
}

#[test]
fn a_redis_that_hangs_in_the_middle_of_a_sweep() {
    let Some(world) = World::start() else { return };
    world.fill(20_000);
    let mirror = world.mirror();
    wait_for_state(&mirror, State::Sweeping);
    world.redis.pause();
    wait_for_state(&mirror, State::Unreachable);
    world.redis.resume();
    swept(&mirror, "the service has started");
    assert_eq!(world.mirrored(), world.wanted());
}

#[test]
fn without_memory_deletions_are_done_and_the_rest_waits() {
    let Some(world) = World::start() else { return };
    world.put("old.example", &["http://a:1"]);
    let mirror = world.settled();
    world.answers(&["CONFIG", "SET", "maxmemory", "1"], "OK");
    world.put("new.example", &["http://a:1"]);
    world.delete("old.example");
    let report = wait_for_state(&mirror, State::Refused);
    assert!(
        error(&report).starts_with("Redis refuses: OOM "),
        "{}",
        error(&report)
    );
    wait_for("the deletion", || world.redis.keys("frontend:*").is_empty());
    assert_eq!(world.outbox(), 2);
    world.answers(&["CONFIG", "SET", "maxmemory", "0"], "OK");
    world.wait_until_same();
    wait_for_state(&mirror, State::Live);
}

#[test]
fn without_memory_a_redis_is_filled_later() {
    let Some(world) = World::start() else { return };
    world.fill(10);
    world.answers(&["CONFIG", "SET", "maxmemory", "1"], "OK");
    let mirror = world.mirror();
    wait_for_state(&mirror, State::Refused);
    assert_eq!(world.open_losses(), 1);
    world.answers(&["CONFIG", "SET", "maxmemory", "0"], "OK");
    swept(&mirror, "the service has started");
    assert_eq!(world.mirrored(), world.wanted());
}

#[test]
fn a_replica_takes_nothing_until_it_is_the_first() {
    let (Some(world), Some(other)) = (World::start(), Redis::start()) else {
        return;
    };
    let mirror = world.settled();
    world.put("a.example", &["http://a:1"]);
    world.wait_until_same();
    let at_once = ["CONFIG", "SET", "repl-diskless-sync-delay", "0"];
    assert_eq!(other.command(&at_once), Reply::Text("OK".to_owned()));
    let port = other.port().to_string();
    world.answers(&["REPLICAOF", "127.0.0.1", &port], "OK");
    wait_for("it to be as empty as the first", || {
        world.redis.command(&["DBSIZE"]) == Reply::Number(0)
    });
    wait_for("it to be refused", || {
        let report = mirror.report();
        let error = report.redis.last_error.unwrap_or_default();
        report.state == State::Refused && error.contains("READONLY")
    });
    wait_for("it to be noticed", || world.open_losses() > 0);
    world.answers(&["REPLICAOF", "NO", "ONE"], "OK");
    assert_eq!(
        found(&swept(&mirror, "Redis has lost something")),
        (1, 0, 0)
    );
    assert_eq!((world.mirrored(), world.open_losses()), (world.wanted(), 0));
}

#[test]
fn a_wrong_password_is_told_of_without_telling_it() {
    let Some(redis) = Redis::with_password("s3cret") else {
        return;
    };
    let Some(world) = World::with(redis, None) else {
        return;
    };
    world.put("a.example", &["http://a:1"]);
    for password in ["", ":wr0ng@"] {
        let settings = MirrorSettings {
            url: format!("redis://{password}127.0.0.1:{}", world.redis.port()),
            ..world.settings()
        };
        let mirror = mirror(world.store.clone(), settings);
        let report = wait_for_state(&mirror, State::Refused);
        let told = micro_api::serde_json::to_string(&report).expect("it is JSON");
        assert!(!told.contains("wr0ng"), "{told}");
        let code = if password.is_empty() {
            "NOAUTH"
        } else {
            "WRONGPASS"
        };
        assert!(error(&report).contains(code), "{told}");
    }
    assert_eq!(world.outbox(), 1);
    drop(world.settled());
    world.wait_until_same();
}

#[test]
fn a_user_who_may_not_ask_for_its_run() {
    let Some(world) = World::start() else { return };
    let rules = [
        "ACL",
        "SETUSER",
        "ann",
        "on",
        ">x",
        "~frontend:*",
        "~micro:*",
        "+@all",
        "-info",
    ];
    world.answers(&rules, "OK");
    world.put("a.example", &["http://a:1"]);
    let settings = MirrorSettings {
        url: format!("redis://ann:x@127.0.0.1:{}", world.redis.port()),
        ..world.settings()
    };
    let _mirror = mirror(world.store.clone(), settings);
    world.wait_until_same();
}

#[test]
fn keys_that_may_not_be_written() {
    let Some(world) = World::start() else { return };
    let rules = ["ACL", "SETUSER", "ann", "on", ">x", "~micro:*", "+@all"];
    world.answers(&rules, "OK");
    world.put("a.example", &["http://a:1"]);
    let settings = MirrorSettings {
        url: format!("redis://ann:x@127.0.0.1:{}", world.redis.port()),
        ..world.settings()
    };
    let mirror = mirror(world.store.clone(), settings);
    let report = wait_for_state(&mirror, State::Refused);
    assert!(
        error(&report).starts_with("Redis refuses: NOPERM "),
        "{}",
        error(&report)
    );
    assert_eq!(
        world
            .redis
            .command(&["EXISTS", "micro:routing:mark:frontend:"]),
        Reply::Number(0)
    );
    world.answers(&["ACL", "SETUSER", "ann", "~frontend:*"], "OK");
    world.wait_until_same();
}

#[test]
fn a_database_that_is_not_there() {
    let Some(world) = World::start() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("missing").join("routing.db");
    let mirror = mirror(
        open(&format!("sqlite:{}", path.display())),
        world.settings(),
    );
    let report = wait_for_state(&mirror, State::Blind);
    assert!(!report.redis.is_available && report.redis.last_error.is_none());
    assert_eq!(
        wait(mirror.sweep()).expect_err("there is none").status(),
        503
    );
    std::fs::create_dir(folder.path().join("missing")).expect("it can be made");
    swept(&mirror, "the service has started");
}

#[test]
fn a_unix_socket() {
    let Some(world) = World::start() else { return };
    // Redis opens none while it runs: it is reached through a name that leads to its port.
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("redis.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("it can be bound");
    let port = world.redis.port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tcp = std::net::TcpStream::connect(("127.0.0.1", port)).expect("it runs");
            let (mut from, mut to) = (stream.try_clone().unwrap(), tcp.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            let (mut from, mut to) = (tcp, stream);
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        }
    });
    let settings = MirrorSettings {
        url: format!("redis+unix://{}", path.display()),
        ..world.settings()
    };
    let _mirror = mirror(world.store.clone(), settings);
    world.put("a.example", &["http://a:1"]);
    world.wait_until_same();
}
