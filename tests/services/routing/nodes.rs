//! Several services over one database mirror to one Redis.

use std::time::Duration;

use super::clients::Clients;
use super::mirrored::{becomes_equal, is_equal};
use super::service::{Service, mapping};
use crate::daemon::wait_for;
use crate::database::{Database, on_each_database};
use crate::random::Random;
use crate::redis::Redis;

on_each_database! {
    nodes_that_come_and_go_mirror_everything,
    who_waits_at_any_node_finds_the_change_in_redis,
    a_node_without_a_mirror_notes_for_those_of_others,
}

const SLOWEST: Duration = Duration::from_secs(20);

#[track_caller]
fn serve(database: &Database, redis: &Redis) -> Service {
    let url = redis.url();
    let environment = [
        ("ROUTING_REDIS_URL", &*url),
        ("ROUTING_CHECK_EVERY", "100ms"),
    ];
    Service::with(database, &environment)
}

fn nodes_that_come_and_go_mirror_everything(database: &Database) {
    let Some(redis) = Redis::start() else {
        return;
    };
    let mut random = Random::new();
    let mut clients = Clients::new(6, &mut random);
    let stays = serve(database, &redis);
    for _ in 0..4 {
        let goes = serve(database, &redis);
        let nodes = [stays.address, goes.address];
        clients.work(&nodes, SLOWEST, |progress| {
            let made = |count| {
                let before = progress.done();
                wait_for("changes to be made", || progress.done() >= before + count);
            };
            made(30 + random.below(30));
            goes.kill();
            made(20);
            redis.command(&["FLUSHALL"]);
            made(20);
        });
        clients.check(&stays);
        becomes_equal(&stays, &redis);
        let third = serve(database, &redis);
        is_equal(&third, &redis);
        is_equal(&stays, &redis);
    }
}

fn who_waits_at_any_node_finds_the_change_in_redis(database: &Database) {
    let Some(redis) = Redis::start() else {
        return;
    };
    let nodes = [serve(database, &redis), serve(database, &redis)];
    std::thread::scope(|scope| {
        for (at, node) in nodes.iter().enumerate() {
            let redis = &redis;
            scope.spawn(move || {
                let domain = format!("n{at}.example.org");
                let path = format!("/v1/acme/mapping/{domain}?wait=live");
                let key = format!("frontend:{domain}");
                for turn in 1..=15 {
                    let backend = format!("http://a:{turn}");
                    let wanted = mapping(&domain, &[&backend]);
                    let answer = node.put("/v1/acme/mapping?wait=live", &wanted);
                    answer.is(201, &wanted);
                    assert_eq!(redis.members(&key), [backend]);
                    node.delete(&path).is(200, &wanted);
                    assert!(redis.members(&key).is_empty());
                }
            });
        }
    });
    becomes_equal(&nodes[0], &redis);
}

fn a_node_without_a_mirror_notes_for_those_of_others(database: &Database) {
    let Some(redis) = Redis::start() else {
        return;
    };
    let plain = Service::start(database);
    plain.create("acme", "before.example.org", &["http://a:1"]);
    let environment = [
        ("ROUTING_REDIS_URL", &*redis.url()),
        ("ROUTING_CHECK_EVERY", "100ms"),
        ("ROUTING_SWEEP_EVERY", "1h"),
    ];
    let mirrored = Service::with(database, &environment);
    is_equal(&mirrored, &redis);
    plain.create("acme", "a.example.org", &["http://a:1"]);
    plain.delete("/v1/acme/mapping/before.example.org");
    becomes_equal(&mirrored, &redis);
}
