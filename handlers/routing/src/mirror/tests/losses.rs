//! What Redis loses, or others do to it, is repaired.

use super::daemon::wait_for;
use super::redis::{Redis, Reply};
use super::world::{World, found, mirror, sweep, swept};
use crate::mirror::MirrorSettings;
use crate::mirror::report::SweepReport;

const START: &str = "the service has started";
const LOST: &str = "Redis has lost something";

/// A world with three mappings, and a key of somebody else.
#[track_caller]
fn world() -> Option<World> {
    let world = World::start()?;
    world.put("a.example", &["http://a:1"]);
    world.put("b.example", &["http://a:1", "http://b:1"]);
    world.put("c.example", &["http://a:1"]);
    world.answers(&["SET", "other", "1"], "OK");
    Some(world)
}

#[track_caller]
fn last(report: crate::mirror::Report) -> SweepReport {
    report.last_sweep.expect("there was one")
}

#[test]
fn an_empty_redis_is_filled() {
    let Some(mut world) = world() else { return };
    let mirror = world.settled();
    world.redis.kill();
    world.redis.start_empty();
    assert_eq!(found(&swept(&mirror, LOST)), (3, 0, 0));
    assert_eq!((world.mirrored(), world.open_losses()), (world.wanted(), 0));
}

#[test]
fn flushing_is_noticed() {
    let Some(world) = world() else { return };
    let mirror = world.settled();
    world.answers(&["FLUSHALL"], "OK");
    assert_eq!(found(&swept(&mirror, LOST)), (3, 0, 0));
    assert_eq!((world.mirrored(), world.open_losses()), (world.wanted(), 0));
}

#[test]
fn an_old_dump_is_noticed() {
    let Some(mut world) = world() else { return };
    let mirror = world.settled();
    world.redis.save();
    world.put("b.example", &["http://c:1"]);
    world.put("d.example", &["http://d:1"]);
    world.delete("c.example");
    world.wait_until_same();
    world.redis.kill();
    world.redis.start_again();
    let sweep = swept(&mirror, LOST);
    assert_eq!(found(&sweep), (1, 1, 1));
    assert_eq!((world.mirrored(), world.open_losses()), (world.wanted(), 0));
}

#[test]
fn an_old_dump_is_noticed_by_those_who_come_later() {
    let Some(mut world) = world() else { return };
    drop(world.settled());
    world.redis.save();
    let mirror = world.settled();
    world.put("b.example", &["http://c:1"]);
    world.wait_until_same();
    drop(mirror);
    world.redis.kill();
    world.redis.start_again();
    let mirror = world.mirror();
    assert_eq!(found(&swept(&mirror, START)), (0, 1, 0));
    assert_eq!((world.mirrored(), world.open_losses()), (world.wanted(), 0));
}

#[test]
fn a_loss_that_was_found_is_not_forgotten() {
    let Some(world) = world() else { return };
    drop(world.settled());
    world.write(|transaction| {
        let sql = "UPDATE routing_mirror SET losses = losses + 1";
        transaction.execute(sql, &[])
    });
    world.settled();
    assert_eq!(world.open_losses(), 0);
}

#[test]
fn a_repair_that_is_lost_is_noticed() {
    let Some(mut world) = world() else { return };
    let mirror = world.settled();
    world.redis.command(&["DEL", "frontend:a.example"]);
    world.redis.save();
    assert_eq!(found(&last(sweep(&mirror))), (1, 0, 0));
    world.redis.kill();
    world.redis.start_again();
    assert_eq!(found(&swept(&mirror, LOST)), (1, 0, 0));
}

#[test]
fn a_mark_of_the_wrong_type_is_none() {
    let Some(world) = world() else { return };
    let mirror = world.settled();
    world
        .redis
        .command(&["DEL", "micro:routing:mark:frontend:"]);
    world
        .redis
        .command(&["LPUSH", "micro:routing:mark:frontend:", "x"]);
    swept(&mirror, LOST);
    assert_eq!(world.open_losses(), 0);
    world.put("a.example", &["http://z:1"]);
    world.wait_until_same();
}

#[test]
fn what_others_did_is_undone() {
    let Some(world) = world() else { return };
    world.put("none.example", &[]);
    let mirror = world.settled();
    let long = format!("frontend:{}", "x".repeat(5000));
    for words in [
        &["SADD", "frontend:b.example", "http://theirs:1"][..],
        &["SREM", "frontend:a.example", "http://a:1"],
        &["PEXPIRE", "frontend:c.example", "3600000"],
        &["SADD", "frontend:none.example", "http://theirs:1"],
        &["SADD", "frontend:", "x"],
        &["SADD", "frontend:A.example", "x"],
        &["SADD", "frontend:a.example ", "x"],
        &["SET", "frontend:text", "x"],
        &["HSET", "frontend:hash", "x", "y"],
        &["SADD", &long, "x"],
        &["XADD", "frontend:\u{1f600}\n", "*", "x", "y"],
    ] {
        let told = world.redis.command(words);
        assert!(!matches!(told, Reply::Error(_)), "{told:?}");
    }
    assert_eq!(found(&last(sweep(&mirror))), (1, 3, 7));
    let mut wanted = world.wanted();
    wanted.remove("none.example");
    assert_eq!(world.mirrored(), wanted);
    let ttl = world.redis.command(&["PTTL", "frontend:c.example"]);
    assert_eq!(ttl, Reply::Number(-1));
    let report = sweep(&mirror);
    assert_eq!(report.repaired, 11);
    assert_eq!(found(&last(report)), (0, 0, 0));
}

#[test]
fn keys_of_the_wrong_type_are_replaced() {
    let Some(world) = world() else { return };
    let mirror = world.settled();
    for (domain, words) in [
        ("a.example", ["SET", "frontend:a.example", "x"].to_vec()),
        (
            "b.example",
            ["LPUSH", "frontend:b.example", "http://a:1", "http://b:1"].to_vec(),
        ),
        (
            "c.example",
            ["ZADD", "frontend:c.example", "1", "http://a:1"].to_vec(),
        ),
    ] {
        world.redis.command(&["DEL", &format!("frontend:{domain}")]);
        world.redis.command(&words);
    }
    // By a change,
    world.put("c.example", &["http://c:1"]);
    let changed = Reply::Array(vec![Reply::Text("http://c:1".to_owned())]);
    wait_for("the change", || {
        world.redis.command(&["SMEMBERS", "frontend:c.example"]) == changed
    });
    // and by a sweep.
    assert_eq!(found(&last(sweep(&mirror))), (0, 2, 0));
    assert_eq!(world.mirrored(), world.wanted());
}

#[test]
fn a_sweep_comes_from_time_to_time() {
    let Some(world) = world() else { return };
    let settings = MirrorSettings {
        sweep_every: std::time::Duration::from_millis(50),
        ..world.settings()
    };
    let mirror = mirror(world.store.clone(), settings);
    swept(&mirror, "it was time");
    world.redis.command(&["DEL", "frontend:a.example"]);
    world.redis.command(&["SADD", "frontend:theirs", "x"]);
    world.wait_until_same();
}

#[test]
fn a_prefix_with_the_letters_of_patterns() {
    let Some(world) = world() else { return };
    let settings = MirrorSettings {
        prefix: "f[r]*?\\^:".to_owned(),
        ..world.settings()
    };
    let others = ["frxx\\^:a", "f[r]xx\\^:a", "fr", "f[r]*?^:"];
    for key in others {
        world.answers(&["SET", key, "1"], "OK");
    }
    let mirror = mirror(world.store.clone(), settings);
    assert_eq!(found(&swept(&mirror, START)), (0, 0, 0));
    world.redis.command(&["SADD", "f[r]*?\\^:theirs", "x"]);
    world.redis.command(&["DEL", "f[r]*?\\^:a.example"]);
    assert_eq!(found(&last(sweep(&mirror))), (1, 0, 1));
    assert_eq!(world.redis.members("f[r]*?\\^:a.example"), ["http://a:1"]);
    for key in others {
        world.answers(&["GET", key], "1");
    }
}

#[test]
fn a_hundred_thousand_mappings_are_filled_in_and_compared() {
    let Some(world) = World::start() else { return };
    world.fill(100_000);
    let mirror = world.mirror();
    let first = swept(&mirror, START);
    assert_eq!((first.checked, found(&first)), (100_000, (100_000, 0, 0)));
    assert_eq!(world.mirrored_count(), 100_000);
    for number in (0..100_000).step_by(1000) {
        world
            .redis
            .command(&["DEL", &format!("frontend:d{number}.example")]);
        world
            .redis
            .command(&["SADD", &format!("frontend:x{number}.example"), "x"]);
    }
    let second = last(sweep(&mirror));
    assert_eq!((second.checked, found(&second)), (100_000, (100, 0, 100)));
    let third = last(sweep(&mirror));
    assert_eq!((third.checked, found(&third)), (100_000, (0, 0, 0)));
}

impl World {
    fn mirrored_count(&self) -> usize {
        self.redis.keys("frontend:*").len()
    }
}

#[test]
fn a_redis_with_a_password_is_mirrored_into() {
    let Some(redis) = Redis::with_password("s3cret") else {
        return;
    };
    let Some(world) = World::with(redis, None) else {
        return;
    };
    world.put("a.example", &["http://a:1"]);
    let mirror = world.settled();
    world.wait_until_same();
    drop(mirror);
}
