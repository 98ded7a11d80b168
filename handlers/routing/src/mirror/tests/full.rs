//! The database has no room: Redis is repaired all the same.

use std::sync::mpsc::{Sender, channel};

use micro_store::{Answer, ErrorKind};

use super::daemon::wait_for;
use super::disk::Disk;
use super::redis::{Redis, Reply};
use super::world::{World, mirror, sweep, swept};
use crate::mirror::MirrorSettings;
use crate::mirror::report::State;

const FILLED: &str = "micro:routing:filled:frontend:";

/// A world whose database is on a small disk.
#[track_caller]
fn world(disk: &Disk) -> Option<World> {
    let url = format!("sqlite:{}", disk.path().join("routing.db").display());
    let world = World::with(Redis::start()?, Some(url))?;
    world.fill(3000);
    Some(world)
}

/// Leaves no room in the database, not even for what is small, until this is dropped.
#[track_caller]
fn exhaust(world: &World, disk: &Disk) -> (Sender<()>, Answer<()>) {
    disk.fill();
    // While somebody reads what was there before, the log of the database only grows.
    let (end, ended) = channel();
    let (begin, begun) = channel();
    let reader = world.store.snapshot(move |transaction| {
        let sql = "SELECT COUNT(*) FROM routing_mapping";
        transaction.find(sql, &[], |row| row.take::<u64>(0))?;
        let _ = begin.send(());
        let _ = ended.recv();
        Ok(())
    });
    begun.recv().expect("it can be read");
    wait_for("nothing to be written any more", || {
        let touched = world.store.write(|transaction| {
            let sql = "UPDATE routing_mapping SET version = version + 1 WHERE id = 1";
            transaction.execute(sql, &[])
        });
        touched
            .wait()
            .is_err_and(|error| error.kind() == ErrorKind::Full)
    });
    // What nobody waits for is not begun.
    (end, reader)
}

#[track_caller]
fn wait_until_repaired(world: &World) {
    wait_for("it to be repaired", || {
        world.redis.command(&["EXISTS", FILLED]) == Reply::Number(1)
    });
    assert_eq!(world.mirrored(), world.wanted());
}

#[test]
fn what_redis_loses_is_repaired_without_room_to_note_it() {
    let Some(disk) = Disk::new() else { return };
    let Some(world) = world(&disk) else { return };
    let mirror = world.settled();
    let reader = exhaust(&world, &disk);
    for _ in 0..3 {
        world.answers(&["FLUSHALL"], "OK");
        wait_until_repaired(&world);
    }
    assert_eq!(world.open_losses(), 0);
    wait_for("nothing to be wrong", || {
        mirror.report().state == State::Live
    });
    sweep(&mirror);
    drop(reader);
    disk.empty();
    // It is noted, then compared once more.
    wait_for("it to be noted", || {
        let mark = world
            .redis
            .command(&["GET", "micro:routing:mark:frontend:"]);
        matches!(mark, Reply::Text(_)) && world.open_losses() == 0
    });
    world.put("late.example", &["http://a:1"]);
    world.wait_until_same();
}

#[test]
fn what_came_before_is_applied_without_room_to_record_it() {
    let Some(disk) = Disk::new() else { return };
    let Some(mut world) = world(&disk) else {
        return;
    };
    drop(world.settled());
    world.redis.kill();
    for number in 0..1500 {
        world.put(&format!("d{number}.example"), &["http://b:1"]);
    }
    let reader = exhaust(&world, &disk);
    world.redis.start_again();
    let settings = MirrorSettings {
        sweep_every: std::time::Duration::from_millis(100),
        ..world.settings()
    };
    let mirror = mirror(world.store.clone(), settings);
    wait_until_repaired(&world);
    assert_eq!(world.outbox(), 1500);
    drop(reader);
    disk.empty();
    world.wait_until_same();
    swept(&mirror, "it was time");
}
