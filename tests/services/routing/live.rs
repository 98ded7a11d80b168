//! Changes come to Redis: at once for who waits for it, soon for everybody, and late if Redis is away,
//! which nobody else has to wait for.

use std::time::{Duration, Instant};

use super::mirrored::{becomes_equal, is_equal, needed_no_repair, sets, wanted};
use super::service::{Service, line, mapping};
use crate::daemon::wait_for;
use crate::database::{Database, on_each_database};
use crate::redis::{Redis, Reply};
use crate::support::Answer;

on_each_database! {
    who_waits_finds_the_change_in_redis,
    who_waits_has_what_is_missing_repaired,
    who_does_not_wait_finds_it_soon,
    a_change_is_not_left_for_the_next_look,
    redis_is_away_and_comes_back,
    redis_hangs_and_goes_on,
    what_is_refused_is_not_mirrored,
    an_import_is_mirrored,
    the_prefix_is_a_setting,
}

/// Longer than an answer takes that waits for nobody.
const QUICKLY: Duration = Duration::from_secs(2);
const WAIT_MAX: (&str, &str) = ("ROUTING_WAIT_MAX", "300ms");

fn start(database: &Database) -> Option<(Redis, Service)> {
    let redis = Redis::start()?;
    let url = redis.url();
    let environment = [
        ("ROUTING_REDIS_URL", &*url),
        ("ROUTING_CHECK_EVERY", "100ms"),
        ("ROUTING_REDIS_TIMEOUT", "200ms"),
        WAIT_MAX,
    ];
    let service = Service::with(database, &environment);
    is_equal(&service, &redis);
    Some((redis, service))
}

/// What Redis has, in a line for each key.
fn told(redis: &Redis) -> Vec<String> {
    let line = |(key, members): (String, Vec<String>)| format!("{key} {}", members.join(" "));
    sets(redis).into_iter().map(line).collect()
}

fn who_waits_finds_the_change_in_redis(database: &Database) {
    let Some(redis) = Redis::start() else {
        return;
    };
    let service = Service::with(database, &[("ROUTING_REDIS_URL", &redis.url())]);
    let create = "/v1/acme/mapping?wait=live";
    let urls = [
        "http://b:80/",
        "http://b:80",
        "https://[::1]:443/x;y=$z,'(1)'",
    ];
    let shop = mapping("shop.example.org", &urls);
    service.put(create, &shop).is(201, &shop);
    let key = "frontend:shop.example.org";
    let expected = "http://b:80 http://b:80/ https://[::1]:443/x;y=$z,'(1)'";
    assert_eq!(told(&redis), [format!("{key} {expected}")]);
    assert_eq!(redis.command(&["TTL", key]), Reply::Number(-1));
    let other = mapping("shop.example.org", &["http://c:1"]);
    let path = "/v1/acme/mapping/shop.example.org?wait=live";
    service.post(path, &other).is(200, &other);
    assert_eq!(told(&redis), [format!("{key} http://c:1")]);
    service.put(create, &other).is(200, &other);
    let wild = mapping("*.example.org", &["http://w:1"]);
    service.put(create, &wild).is(201, &wild);
    let renamed = mapping("store.example.org", &["http://d:1"]);
    service.put(path, &renamed).is(200, &renamed);
    assert_eq!(
        told(&redis),
        [
            "frontend:*.example.org http://w:1",
            "frontend:store.example.org http://d:1"
        ]
    );
    service
        .delete("/v1/acme/mapping/store.example.org?wait=live")
        .is(200, &renamed);
    assert_eq!(told(&redis), ["frontend:*.example.org http://w:1"]);
    let again = service.put("/v1/rival/mapping?wait=live", &shop);
    again.is(201, &shop);
    assert_eq!(told(&redis).len(), 2);
}

fn who_waits_has_what_is_missing_repaired(database: &Database) {
    let Some((mut redis, service)) = start(database) else {
        return;
    };
    let path = "/v1/acme/mapping?wait=live";
    let shop = mapping("shop.example.org", &["http://a:1"]);
    service.put(path, &shop).is(201, &shop);
    let has_it = || assert_eq!(told(&redis), ["frontend:shop.example.org http://a:1"]);
    has_it();
    for loss in [&["DEL", "frontend:shop.example.org"][..], &["FLUSHALL"]] {
        redis.command(loss);
        service.put(path, &shop).is(200, &shop);
        has_it();
    }
    redis.kill();
    service.put(path, &shop).is(202, &shop);
}

fn who_does_not_wait_finds_it_soon(database: &Database) {
    let Some((redis, service)) = start(database) else {
        return;
    };
    for at in 0..20 {
        service.create("acme", &format!("n{at}.example.org"), &["http://a:1"]);
    }
    service.delete("/v1/acme/mapping/n3.example.org");
    let renamed = mapping("m4.example.org", &["http://b:1"]);
    service.put("/v1/acme/mapping/n4.example.org", &renamed);
    becomes_equal(&service, &redis);
    is_equal(&service, &redis);
}

fn a_change_is_not_left_for_the_next_look(database: &Database) {
    let Some(redis) = Redis::start() else {
        return;
    };
    let environment = [
        ("ROUTING_REDIS_URL", &*redis.url()),
        ("ROUTING_CHECK_EVERY", "1h"),
        ("ROUTING_SWEEP_EVERY", "1h"),
    ];
    let service = Service::with(database, &environment);
    is_equal(&service, &redis);
    for at in 0..3 {
        let domain = format!("n{at}.example.org");
        let path = format!("/v1/acme/mapping/{domain}");
        service.create("acme", &domain, &["http://a:1"]);
        becomes_equal(&service, &redis);
        let changed = mapping(&domain, &["http://b:1"]);
        assert_eq!(service.post(&path, &changed).status, 200);
        becomes_equal(&service, &redis);
        let renamed = mapping("other.example.org", &["http://b:1"]);
        assert_eq!(service.post(&path, &renamed).status, 200);
        becomes_equal(&service, &redis);
        let path = "/v1/acme/mapping/other.example.org";
        assert_eq!(service.delete(path).status, 200);
        becomes_equal(&service, &redis);
        let lines = line(
            "acme",
            "imported.example.org",
            &[&format!("http://c{at}:1")],
        );
        assert_eq!(service.post("/v1/import", &lines).status, 200);
        becomes_equal(&service, &redis);
    }
    // No sweep has done it.
    needed_no_repair(&service);
    // One for each change, two for what is renamed.
    wait_for("each change to be counted", || {
        service.get("/v1/drift").json()["applied"] == 3 * 6
    });
}

/// The answer to a request, which comes quickly.
#[track_caller]
fn quickly(ask: impl FnOnce() -> Answer) -> Answer {
    let begin = Instant::now();
    let answer = ask();
    let took = begin.elapsed();
    assert!(took < QUICKLY, "{took:?}");
    answer
}

/// Changes mappings while Redis does not answer.
#[track_caller]
fn change_without_redis(service: &Service) {
    let update = "/v1/acme/mapping/a.example.org";
    let second = mapping("a.example.org", &["http://a:2"]);
    quickly(|| service.put(update, &second)).is(200, &second);
    let live = format!("{update}?wait=live");
    let answer = quickly(|| service.put(&live, &second));
    answer.is(202, &second);
    assert_eq!(answer.header("etag"), Some("\"1-2\""));
    let b = mapping("b.example.org", &["http://b:1"]);
    let answer = quickly(|| service.put("/v1/acme/mapping?wait=live", &b));
    answer.is(202, &b);
    let location = answer.header("location");
    assert_eq!(location, Some("/v1/acme/mapping/b.example.org"));
    let d = mapping("d.example.org", &["http://c:1"]);
    let rename = "/v1/acme/mapping/c.example.org?wait=live";
    quickly(|| service.put(rename, &d)).is(202, &d);
    let gone = "/v1/acme/mapping/gone.example.org?wait=live";
    assert_eq!(quickly(|| service.delete(gone)).status, 202);
    quickly(|| service.get(update)).is(200, &second);
    for at in 0..20 {
        let wanted = mapping(&format!("n{at}.example.org"), &["http://n:1"]);
        let answer = quickly(|| service.put("/v1/acme/mapping", &wanted));
        assert_eq!(answer.status, 201);
    }
    let drift = quickly(|| service.get("/v1/drift")).json();
    assert_eq!(drift["state"], "unreachable", "{drift}");
    assert_eq!(drift["redis"]["is_available"], false, "{drift}");
    assert!(drift["redis"]["last_error"].is_string(), "{drift}");
    let sweep = quickly(|| service.post("/v1/drift", ""));
    assert_eq!(
        (sweep.status, sweep.header("retry-after")),
        (503, Some("1"))
    );
}

fn prepare(service: &Service) {
    for name in ["a", "c", "gone"] {
        service.create("acme", &format!("{name}.example.org"), &["http://a:1"]);
    }
}

#[track_caller]
fn is_live_again(service: &Service, redis: &Redis) {
    becomes_equal(service, redis);
    is_equal(service, redis);
    assert_eq!(sets(redis).len(), 23);
    let again = mapping("b.example.org", &["http://b:1"]);
    service
        .put("/v1/acme/mapping?wait=live", &again)
        .is(200, &again);
}

fn redis_is_away_and_comes_back(database: &Database) {
    let Some((mut redis, service)) = start(database) else {
        return;
    };
    prepare(&service);
    becomes_equal(&service, &redis);
    redis.save();
    redis.kill();
    change_without_redis(&service);
    // With what it had before: changes of the past and keys of what is gone.
    redis.start_again();
    is_live_again(&service, &redis);
    redis.kill();
    redis.start_empty();
    becomes_equal(&service, &redis);
    is_equal(&service, &redis);
}

fn redis_hangs_and_goes_on(database: &Database) {
    let Some((redis, service)) = start(database) else {
        return;
    };
    prepare(&service);
    becomes_equal(&service, &redis);
    redis.pause();
    change_without_redis(&service);
    redis.resume();
    is_live_again(&service, &redis);
}

fn what_is_refused_is_not_mirrored(database: &Database) {
    let Some((redis, service)) = start(database) else {
        return;
    };
    let own = mapping("a.example.org", &["http://a:1"]);
    service
        .put("/v1/acme/mapping?wait=live", &own)
        .is(201, &own);
    let evil = mapping("a.example.org", &["http://evil:1"]);
    assert_eq!(service.put("/v1/evil/mapping?wait=live", &evil).status, 409);
    let path = "/v1/evil/mapping/a.example.org?wait=live";
    assert_eq!(service.post(path, &evil).status, 404);
    let none = mapping("a.example.org", &[]);
    assert_eq!(service.put("/v1/acme/mapping?wait=live", &none).status, 400);
    let lines = line("acme", "b.example.org", &["http://b:1"])
        + &line("evil", "a.example.org", &["http://evil:1"]);
    assert_eq!(service.post("/v1/import", &lines).status, 409);
    // Whatever had been noted of them would be there before this one is.
    let last = mapping("z.example.org", &["http://z:1"]);
    service
        .put("/v1/acme/mapping?wait=live", &last)
        .is(201, &last);
    assert_eq!(
        told(&redis),
        [
            "frontend:a.example.org http://a:1",
            "frontend:z.example.org http://z:1"
        ]
    );
}

fn an_import_is_mirrored(database: &Database) {
    let Some((redis, service)) = start(database) else {
        return;
    };
    let lines = |from: u32| -> String {
        let line = |at| line("acme", &format!("n{at}.example.org"), &["http://a:1"]);
        (from..from + 300).map(line).collect()
    };
    assert_eq!(service.post("/v1/import", &lines(0)).status, 200);
    becomes_equal(&service, &redis);
    let path = "/v1/import?replace=true&wait=live";
    let answer = service.post(path, &lines(200));
    assert_eq!(
        (answer.status, &answer.json()["deleted"]),
        (200, &200.into())
    );
    assert_eq!(sets(&redis), wanted(&service.export()));
    redis.pause();
    let answer = service.post(path, &lines(100));
    assert_eq!(
        (answer.status, &answer.json()["deleted"]),
        (202, &100.into())
    );
    // Nothing is left to do, but what was done before is not live yet.
    let answer = service.post(path, &lines(100));
    assert_eq!(
        (answer.status, &answer.json()["unchanged"]),
        (202, &300.into())
    );
    redis.resume();
    becomes_equal(&service, &redis);
    assert_eq!(sets(&redis).len(), 300);
    assert_eq!(service.post(path, &lines(100)).status, 200);
}

fn the_prefix_is_a_setting(database: &Database) {
    let Some(redis) = Redis::start() else {
        return;
    };
    redis.command(&["SADD", "frontend:a.example.org", "of somebody else"]);
    let environment = [
        ("ROUTING_REDIS_URL", &*redis.url()),
        ("ROUTING_REDIS_PREFIX", "routes/"),
    ];
    let service = Service::with(database, &environment);
    let own = mapping("a.example.org", &["http://a:1"]);
    service
        .put("/v1/acme/mapping?wait=live", &own)
        .is(201, &own);
    assert_eq!(redis.members("routes/a.example.org"), ["http://a:1"]);
    service.post("/v1/drift", "");
    let others = redis.members("frontend:a.example.org");
    assert_eq!(others, ["of somebody else"]);
}
