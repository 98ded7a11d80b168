//! Redis and the database differ: that is found and repaired, at the start, from time to time, and
//! when somebody asks.

use super::mirrored::{becomes_equal, is_equal, sets, wanted};
use super::service::{Service, mapping};
use crate::database::{Database, on_each_database};
use crate::redis::Redis;

on_each_database! {
    a_start_repairs_what_was_changed_and_deleted,
    a_sweep_repairs_and_tells,
    what_redis_loses_comes_back,
    redis_is_killed_in_the_middle_of_changes,
    the_redis_of_another_database_is_left_alone,
}

const CHECK_EVERY: (&str, &str) = ("ROUTING_CHECK_EVERY", "100ms");

#[track_caller]
fn serve(database: &Database, redis: &Redis) -> Service {
    Service::with(
        database,
        &[("ROUTING_REDIS_URL", &redis.url()), CHECK_EVERY],
    )
}

#[track_caller]
fn create(service: &Service, count: usize) {
    for at in 0..count {
        service.create(
            "acme",
            &format!("n{at}.example.org"),
            &["http://a:1", "http://b:1"],
        );
    }
}

fn a_start_repairs_what_was_changed_and_deleted(database: &Database) {
    let Some(redis) = Redis::start() else {
        return;
    };
    let service = serve(database, &redis);
    create(&service, 5);
    becomes_equal(&service, &redis);
    service.end();
    // What is changed without a mirror is noted for that of another process, or of later.
    let service = Service::start(database);
    service.delete("/v1/acme/mapping/n0.example.org");
    let changed = mapping("n1.example.org", &["http://c:1"]);
    service.put("/v1/acme/mapping", &changed);
    let renamed = mapping("m2.example.org", &["http://a:1"]);
    service.put("/v1/acme/mapping/n2.example.org", &renamed);
    service.create("acme", "new.example.org", &["http://n:1"]);
    assert_ne!(sets(&redis), wanted(&service.export()));
    service.end();
    let service = serve(database, &redis);
    is_equal(&service, &redis);
    assert_eq!(sets(&redis).len(), 5);
}

fn a_sweep_repairs_and_tells(database: &Database) {
    let Some(redis) = Redis::start() else {
        return;
    };
    let service = serve(database, &redis);
    create(&service, 10);
    becomes_equal(&service, &redis);
    let calm = service.post("/v1/drift", "").json();
    assert_eq!(calm["state"], "live", "{calm}");
    assert_eq!(calm["last_sweep"]["checked"], 10, "{calm}");
    assert_eq!(calm["last_sweep"]["repaired"], 0, "{calm}");
    redis.command(&["DEL", "frontend:n0.example.org"]);
    redis.command(&["SREM", "frontend:n1.example.org", "http://a:1"]);
    redis.command(&["SADD", "frontend:n2.example.org", "http://evil:1"]);
    redis.command(&["DEL", "frontend:n3.example.org"]);
    redis.command(&["SET", "frontend:n3.example.org", "http://a:1"]);
    redis.command(&["EXPIRE", "frontend:n4.example.org", "1000"]);
    redis.command(&["SADD", "frontend:gone.example.org", "http://gone:1"]);
    redis.command(&["SET", "others", "kept"]);
    let answer = service.post("/v1/drift", "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    // What a sweep has promised is there when it answers.
    assert_eq!(sets(&redis), wanted(&service.export()));
    let told = answer.json();
    let sweep = &told["last_sweep"];
    let counts = ["missing", "wrong", "extra", "repaired"].map(|name| sweep[name].as_u64());
    assert_eq!(counts, [Some(1), Some(4), Some(1), Some(6)], "{told}");
    assert_eq!(redis.keys("others"), ["others"]);
    let told = service.get("/v1/drift").json();
    assert_eq!(
        (&told["state"], &told["pending"]),
        (&"live".into(), &0.into())
    );
}

fn what_redis_loses_comes_back(database: &Database) {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let service = serve(database, &redis);
    create(&service, 10);
    becomes_equal(&service, &redis);
    redis.save();
    redis.command(&["FLUSHALL"]);
    becomes_equal(&service, &redis);
    service.delete("/v1/acme/mapping/n0.example.org");
    service.create("acme", "new.example.org", &["http://n:1"]);
    becomes_equal(&service, &redis);
    // It forgets what it was told since, as one does that takes the place of another.
    redis.kill();
    redis.start_again();
    becomes_equal(&service, &redis);
    redis.kill();
    redis.start_empty();
    becomes_equal(&service, &redis);
    is_equal(&service, &redis);
}

fn the_redis_of_another_database_is_left_alone(database: &Database) {
    use crate::daemon::wait_for;

    let (Some(redis), Some(other)) = (Redis::start(), Database::sqlite()) else {
        return;
    };
    let first = serve(&other, &redis);
    create(&first, 3);
    becomes_equal(&first, &redis);
    let before = sets(&redis);
    first.end();
    let url = redis.url();
    let wait_max = ("ROUTING_WAIT_MAX", "300ms");
    let environment = [("ROUTING_REDIS_URL", &*url), CHECK_EVERY, wait_max];
    let second = Service::with(database, &environment);
    let own = mapping("own.example.org", &["http://a:1"]);
    second.put("/v1/acme/mapping?wait=live", &own).is(202, &own);
    wait_for("it to be noticed", || {
        second.get("/v1/drift").json()["state"] == "foreign"
    });
    let told = second.get("/v1/drift").json();
    let why = told["redis"]["last_error"].as_str().unwrap_or_default();
    assert!(why.contains("ROUTING_REDIS_TAKEOVER=true"), "{told}");
    assert_eq!(sets(&redis), before);
    second.end();
    let takeover = ("ROUTING_REDIS_TAKEOVER", "true");
    let environment = [("ROUTING_REDIS_URL", &*url), CHECK_EVERY, takeover];
    let third = Service::with(database, &environment);
    is_equal(&third, &redis);
    assert_eq!(sets(&redis).len(), 1);
}

fn redis_is_killed_in_the_middle_of_changes(database: &Database) {
    use super::clients::Clients;
    use crate::daemon::wait_for;
    use crate::random::Random;

    let Some(mut redis) = Redis::start() else {
        return;
    };
    let service = serve(database, &redis);
    let mut clients = Clients::new(3, &mut Random::new());
    let slowest = std::time::Duration::from_secs(20);
    clients.work(&[service.address], slowest, |progress| {
        let made = |count| {
            let before = progress.done();
            wait_for("changes to be made", || progress.done() >= before + count);
        };
        for round in 0..4 {
            made(15);
            redis.kill();
            made(15);
            match round % 2 {
                0 => redis.start_empty(),
                _ => redis.start_again(),
            }
        }
        made(15);
        redis.pause();
        made(15);
        redis.resume();
        assert_eq!(progress.turned_away(), 0);
    });
    clients.check(&service);
    becomes_equal(&service, &redis);
    is_equal(&service, &redis);
}
