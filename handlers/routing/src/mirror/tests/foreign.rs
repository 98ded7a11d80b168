//! A Redis that shows another database, or somebody's keys, is left alone until it is taken over.

use super::daemon::wait_for;
use super::world::{World, found, is_there, mirror, swept, wait};
use crate::mirror::report::State;
use crate::mirror::{Mirror, MirrorSettings};

const MARK: &str = "micro:routing:mark:frontend:";

#[track_caller]
fn wait_until_foreign(mirror: &Mirror, why: &str) {
    wait_for("it to be noticed", || {
        mirror.report().state == State::Foreign
    });
    let error = mirror.report().redis.last_error.expect("there was one");
    let cure = ": nothing is changed there; to have all keys with this prefix replaced, set \
                ROUTING_REDIS_TAKEOVER=true once, or another ROUTING_REDIS_PREFIX";
    assert_eq!(error, format!("{why}{cure}"));
}

#[track_caller]
fn take_over(world: &World) -> Mirror {
    let settings = MirrorSettings {
        takes_over: true,
        ..world.settings()
    };
    mirror(world.store.clone(), settings)
}

#[test]
fn the_mark_of_another_database_is_not_ours() {
    let Some(world) = World::start() else { return };
    let first = world.settled();
    world.answers(&["SET", MARK, "theirs:1000000"], "OK");
    world
        .redis
        .command(&["SADD", "frontend:theirs.example", "x"]);
    let why = "Redis has the mark of another database for the prefix `frontend:`";
    wait_until_foreign(&first, why);
    let row = world.put("a.example", &["http://a:1"]);
    let mut live = Box::pin(first.live(row, "a.example"));
    let refused = wait(first.sweep()).expect_err("it is not ours");
    assert_eq!(
        (refused.status(), refused.message()),
        (503, "Redis shows another database")
    );
    assert!(!is_there(&mut live));
    assert_eq!(world.redis.keys("frontend:*"), ["frontend:theirs.example"]);
    world.answers(&["GET", MARK], "theirs:1000000");
    drop(first);
    let second = take_over(&world);
    assert_eq!(found(&swept(&second, "the service has started")), (0, 0, 1));
    assert_eq!((world.mirrored(), world.open_losses()), (world.wanted(), 0));
    // Once is enough.
    drop(second);
    world.settled();
}

#[test]
fn keys_that_were_there_before_are_not_ours() {
    let Some(world) = World::start() else { return };
    for number in 0..3000 {
        world.answers(&["SET", &format!("other:{number}"), "1"], "OK");
    }
    world
        .redis
        .command(&["SADD", "frontend:theirs.example", "x"]);
    let first = world.mirror();
    let why = "Redis has keys with the prefix `frontend:`, though this database was never mirrored";
    wait_until_foreign(&first, why);
    assert_eq!(world.redis.keys("frontend:*"), ["frontend:theirs.example"]);
    // The operator takes them away, or has them taken over.
    world.redis.command(&["DEL", "frontend:theirs.example"]);
    swept(&first, "the service has started");
    world
        .redis
        .command(&["SADD", "frontend:theirs.example", "x"]);
    world.redis.command(&["DEL", MARK]);
    // It was mirrored: the mark was lost, no more.
    swept(&first, "Redis has lost something");
    assert!(world.mirrored().is_empty());
}

#[test]
fn keys_of_somebody_are_taken_over_if_that_is_wanted() {
    let Some(world) = World::start() else { return };
    world.put("a.example", &["http://a:1"]);
    world
        .redis
        .command(&["SADD", "frontend:theirs.example", "x"]);
    let mirror = take_over(&world);
    swept(&mirror, "the service has started");
    assert_eq!(world.mirrored(), world.wanted());
}
