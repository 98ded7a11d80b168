//! Changes of mappings are in Redis soon after.

use super::daemon::wait_for;
use super::redis::Reply;
use super::world::{World, found, is_there, outbox, sweep, swept, wait};
use crate::mirror::report::State;

#[test]
fn changes_are_mirrored() {
    let Some(world) = World::start() else { return };
    world.put("old.example", &["http://a:1"]);
    let mirror = world.settled();
    world.wait_until_same();
    world.put(
        "new.example",
        &["http://a:1", "http://b:2/x/", "http://a:1"],
    );
    let row = world.put("*.old.example", &["https://c:3"]);
    wait(mirror.live(row, "*.old.example"));
    world.wait_until_same();
    world.put("old.example", &["http://d:4"]);
    world.rename("new.example", "newer.example");
    wait(mirror.live(world.delete("*.old.example"), "*.old.example"));
    world.wait_until_same();
    let mirrored = world.mirrored();
    let domains: Vec<_> = mirrored.keys().collect();
    assert_eq!(domains, ["newer.example", "old.example"]);
    assert_eq!(
        world.redis.members("frontend:newer.example"),
        ["http://a:1", "http://b:2/x/"]
    );
    assert_eq!(
        world.redis.command(&["PTTL", "frontend:newer.example"]),
        Reply::Number(-1)
    );
    wait_for("it to be live", || mirror.report().state == State::Live);
    assert_eq!(
        found(&sweep(&mirror).last_sweep.expect("there was one")),
        (0, 0, 0)
    );
}

#[test]
fn live_is_when_redis_has_it() {
    let Some(world) = World::start() else { return };
    let mirror = world.settled();
    for number in 0..50 {
        let backend = format!("http://a:{number}");
        let row = world.put("a.example", &[&backend]);
        wait(mirror.live(row, "a.example"));
        assert_eq!(world.redis.members("frontend:a.example"), [backend]);
        // It is also for those who ask late.
        wait(mirror.live(row, "a.example"));
    }
}

#[test]
fn nobody_is_told_of_what_redis_has_lost_again() {
    let Some(world) = World::start() else { return };
    let mirror = world.settled();
    world.fill(3000);
    sweep(&mirror);
    for number in 0..5 {
        let backend = format!("http://a:{number}");
        let row = world.put("a.example", &[&backend]);
        wait(mirror.live(row, "a.example"));
        world.answers(&["FLUSHALL"], "OK");
        // Its row is gone, as it was applied.
        wait(mirror.live(row, "a.example"));
        assert_eq!(world.redis.members("frontend:a.example"), [backend]);
    }
}

#[test]
fn rows_nobody_pokes_for_are_found() {
    let Some(world) = World::start() else { return };
    let _mirror = world.settled();
    world.put("a.example", &["http://a:1"]);
    world.wait_until_same();
}

#[test]
fn rows_of_before_are_applied_and_do_no_harm_twice() {
    let Some(world) = World::start() else { return };
    world.put("a.example", &["http://a:1"]);
    world.put("a.example", &["http://b:1"]);
    world.put("b.example", &["http://b:1"]);
    world.delete("b.example");
    drop(world.settled());
    world.wait_until_same();
    // As if the process had ended between Redis and the database.
    for domain in ["a.example", "b.example", "never.example"] {
        world.write(move |transaction| outbox(transaction, domain));
    }
    let mirror = world.settled();
    world.wait_until_same();
    assert_eq!(mirror.report().applied, 3);
}

#[test]
fn many_rows_are_applied_in_batches() {
    let Some(world) = World::start() else { return };
    let mirror = world.settled();
    world.fill(2500);
    world.write(|transaction| {
        let sql = "INSERT INTO routing_outbox (domain) SELECT domain FROM routing_mapping";
        transaction.execute(sql, &[])
    });
    mirror.poke();
    world.wait_until_same();
    wait_for("it to be counted", || mirror.report().applied == 2500);
    assert_eq!(mirror.report().pending, 0);
}

#[test]
fn keys_of_others_are_left_alone() {
    let Some(world) = World::start() else { return };
    for key in [
        "frontend",
        "frontend;x",
        "Frontend:x",
        "xfrontend:x",
        "other",
    ] {
        world.answers(&["SET", key, "1"], "OK");
    }
    world.put("a.example", &["http://a:1"]);
    let mirror = world.settled();
    sweep(&mirror);
    world.wait_until_same();
    // With the mapping, the mark, and what says that everything is there.
    assert_eq!(world.redis.command(&["DBSIZE"]), Reply::Number(8));
}

#[test]
fn backends_that_are_no_json_stop_nobody_else() {
    let Some(world) = World::start() else { return };
    let mirror = world.settled();
    world.put("broken.example", &["http://a:1"]);
    world.write(|transaction| {
        let sql = "UPDATE routing_mapping SET backends = 'http://a:1'";
        transaction.execute(sql, &[])?;
        outbox(transaction, "broken.example")
    });
    world.put("whole.example", &["http://a:1"]);
    wait_for("it to be mirrored", || {
        !world.redis.members("frontend:whole.example").is_empty()
    });
    assert_eq!(
        found(&sweep(&mirror).last_sweep.expect("there was one")),
        (0, 0, 0)
    );
    assert_eq!(world.redis.keys("frontend:*"), ["frontend:whole.example"]);
}

#[test]
fn a_row_that_gave_way_is_waited_for_in_the_newer_one() {
    let Some(mut world) = World::start() else {
        return;
    };
    let mirror = world.settled();
    world.redis.kill();
    let first = world.put("a.example", &["http://a:1"]);
    let mut first = Box::pin(mirror.live(first, "a.example"));
    let second = world.put("a.example", &["http://a:2"]);
    let second = mirror.live(second, "a.example");
    wait_for("it to be noticed", || {
        mirror.report().state == State::Unreachable
    });
    assert!(!is_there(&mut first));
    world.redis.start_again();
    wait(first);
    assert_eq!(world.redis.members("frontend:a.example"), ["http://a:2"]);
    wait(second);
}

#[test]
fn nobody_waits_for_a_mirror_that_has_ended() {
    let Some(mut world) = World::start() else {
        return;
    };
    let mirror = world.settled();
    drop(mirror.sweep());
    swept(&mirror, "somebody asked for it");
    world.redis.kill();
    let mut live = Box::pin(mirror.live(world.put("a.example", &[]), "a.example"));
    wait_for("it to be noticed", || {
        mirror.report().state == State::Unreachable
    });
    let sweep = mirror.sweep();
    drop(mirror);
    assert_eq!(wait(sweep).expect_err("it cannot be done").status(), 503);
    assert!(!is_there(&mut live));
}
