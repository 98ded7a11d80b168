//! Several processes mirror one database at once.

use std::time::Duration;

use super::daemon::wait_for;
use super::mariadb::Mariadb;
use super::redis::Redis;
use super::world::{World, found, sweep, wait};
use crate::mirror::report::State;
use crate::mirror::{Mirror, MirrorSettings};

/// Changes 20 domains again and again, each by any of the mirrors' processes.
#[track_caller]
fn churn(world: &World, mirrors: &[Mirror], rounds: u64) {
    let backends: Vec<String> = (0..rounds)
        .map(|round| format!("http://a:{round}"))
        .collect();
    let mut last = Vec::new();
    for (round, backend) in (0..rounds).zip(&backends) {
        let domain = format!("d{}.example", round * 7 % 20);
        let row = match round % 5 {
            4 => world.delete(&domain),
            _ => world.put(&domain, &[backend]),
        };
        let mirror = &mirrors[usize::try_from(round).expect("few") % mirrors.len()];
        mirror.poke();
        last = mirrors
            .iter()
            .map(|mirror| mirror.live(row, &domain))
            .collect();
        if round % 50 == 49 {
            wait(mirrors[0].live(row, &domain));
        }
        if round % 200 == 100 {
            drop(mirror.sweep());
        }
    }
    last.into_iter().for_each(wait);
    world.wait_until_same();
}

#[track_caller]
fn check(world: &World, mirrors: &[Mirror]) {
    churn(world, mirrors, 600);
    for mirror in mirrors {
        let swept = sweep(mirror).last_sweep.expect("there was one");
        assert_eq!(found(&swept), (0, 0, 0));
    }
}

#[test]
fn two_over_a_file() {
    let Some(world) = World::start() else { return };
    check(&world, &[world.mirror(), world.mirror()]);
}

#[test]
fn three_over_a_server() {
    let (Some(redis), Some(mariadb)) = (Redis::start(), Mariadb::shared()) else {
        return;
    };
    let url = mariadb.create_database("mirror_three");
    let Some(world) = World::with(redis, Some(url)) else {
        return;
    };
    check(&world, &[world.mirror(), world.mirror(), world.mirror()]);
}

#[test]
fn a_server_of_the_database_that_comes_back() {
    let (Some(redis), Some(mut mariadb)) = (Redis::start(), Mariadb::start()) else {
        return;
    };
    let url = mariadb.create_database("mirror_back");
    let Some(world) = World::with(redis, Some(url)) else {
        return;
    };
    let mirror = world.settled();
    wait(mirror.live(world.put("a.example", &["http://a:1"]), "a.example"));
    mariadb.kill();
    wait_for("it to be noticed", || mirror.report().state == State::Blind);
    assert_eq!(world.redis.members("frontend:a.example"), ["http://a:1"]);
    mariadb.start_again();
    wait_for("it to be live", || mirror.report().state == State::Live);
    world.store.ready().wait().expect("it is back");
    wait(mirror.live(world.put("a.example", &["http://a:2"]), "a.example"));
    world.wait_until_same();
}

#[test]
fn two_fill_an_empty_redis_while_things_change() {
    let Some(world) = World::start() else { return };
    world.fill(5000);
    let mirrors = [world.mirror(), world.mirror()];
    churn(&world, &mirrors, 300);
    for mirror in &mirrors {
        wait_for("a sweep", || mirror.report().last_sweep.is_some());
    }
    assert_eq!(world.mirrored(), world.wanted());
}

#[test]
fn the_faults_of_redis_with_two() {
    let Some(mut world) = World::start() else {
        return;
    };
    let settings = || MirrorSettings {
        timeout: Duration::from_millis(100),
        ..world.settings()
    };
    let store = || world.store.clone();
    let mirrors = [
        super::world::mirror(store(), settings()),
        super::world::mirror(store(), settings()),
    ];
    for round in 0..5 {
        churn(&world, &mirrors, 20);
        match round {
            0 => world.answers(&["FLUSHALL"], "OK"),
            1 => world.redis.save(),
            2 => {
                world.redis.kill();
                world.put("d1.example", &["http://x:1"]);
                world.redis.start_again();
            }
            3 => {
                world.redis.pause();
                world.put("d2.example", &["http://x:2"]);
                world.redis.resume();
            }
            _ => {
                world.redis.kill();
                world.redis.start_empty();
            }
        }
    }
    world.wait_until_same();
}
