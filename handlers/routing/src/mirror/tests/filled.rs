//! What says that Redis has everything is there only while that is so.

use super::daemon::wait_for;
use super::redis::Reply;
use super::world::{World, is_there, sweep, swept};

const FILLED: &str = "micro:routing:filled:frontend:";

#[track_caller]
fn is_filled(world: &World) -> bool {
    world.redis.command(&["EXISTS", FILLED]) == Reply::Number(1)
}

#[test]
fn it_is_there_after_a_sweep_and_again_after_a_loss() {
    let Some(world) = World::start() else { return };
    world.fill(5000);
    let mirror = world.settled();
    assert!(is_filled(&world));
    for loss in [&["FLUSHALL"][..], &["DEL", "micro:routing:mark:frontend:"]] {
        world.redis.command(loss);
        wait_for("it to be filled again", || {
            world.open_losses() == 0 && world.redis.keys("micro:*").len() == 2
        });
        assert_eq!(world.mirrored(), world.wanted());
    }
    world.redis.command(&["DEL", FILLED]);
    sweep(&mirror);
    assert!(is_filled(&world));
}

#[test]
fn it_is_not_there_before_everything_is() {
    let Some(world) = World::start() else { return };
    world.fill(20_000);
    let mirror = world.mirror();
    for round in 0..6 {
        let mut swept = Box::pin(mirror.sweep());
        let mut changed = 0;
        while !is_there(&mut swept) {
            // Between the pages, that is applied.
            world.put(&format!("r{round}-{changed}.example"), &["http://a:1"]);
            changed += 1;
            mirror.poke();
            let keys = || world.redis.command(&["DBSIZE"]);
            let (filled, keys) = (is_filled(&world), keys());
            // With the two of the mirror.
            let enough = matches!(keys, Reply::Number(count) if count >= 20_002);
            assert!(!filled || enough, "{round}: {keys:?}");
        }
        world.answers(&["FLUSHALL"], "OK");
    }
    swept(&mirror, "Redis has lost something");
    assert!(is_filled(&world));
}
