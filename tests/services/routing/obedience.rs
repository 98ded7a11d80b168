//! The whole chain: nginx obeys a change by its Host as soon as who made it is answered.

use super::mirrored::{becomes_equal, is_equal};
use super::service::{Service, mapping};
use crate::backend::Backend;
use crate::daemon::wait_for;
use crate::database::{Database, on_each_database};
use crate::gateway::Gateway;
use crate::redis::Redis;

on_each_database! {
    nginx_obeys_each_change_at_once,
    nginx_goes_on_without_the_others,
    nginx_goes_on_while_redis_is_empty_and_nobody_fills_it,
}

fn start(database: &Database) -> Option<(Redis, Gateway, Service)> {
    let (redis, gateway) = Gateway::start()?;
    let url = redis.url();
    let environment = [
        ("ROUTING_REDIS_URL", &*url),
        ("ROUTING_CHECK_EVERY", "100ms"),
    ];
    let service = Service::with(database, &environment);
    // As long as it has not seen that Redis is filled, nginx need not take a missing route for none.
    is_equal(&service, &redis);
    Some((redis, gateway, service))
}

#[track_caller]
fn is_told(gateway: &Gateway, host: &str, name: &str) {
    assert_eq!(gateway.told(host), (200, name.to_owned()), "{host}");
}

fn nginx_obeys_each_change_at_once(database: &Database) {
    let Some((_redis, gateway, service)) = start(database) else {
        return;
    };
    let (one, two, wild) = (
        Backend::named("one"),
        Backend::named("two"),
        Backend::named("wild"),
    );
    let create = "/v1/acme/mapping?wait=live";
    for _ in 0..3 {
        assert_eq!(gateway.status("shop.example.org"), 404);
        let answer = service.put(create, &mapping("shop.example.org", &[&one.url()]));
        assert_eq!(answer.status, 201);
        is_told(&gateway, "shop.example.org", "one");
        is_told(&gateway, "SHOP.Example.org.:80", "one");
        let path = "/v1/acme/mapping/shop.example.org?wait=live";
        let answer = service.put(path, &mapping("shop.example.org", &[&two.url()]));
        assert_eq!(answer.status, 200);
        is_told(&gateway, "shop.example.org", "two");
        let answer = service.put(path, &mapping("store.example.org", &[&one.url()]));
        assert_eq!(answer.status, 200);
        is_told(&gateway, "store.example.org", "one");
        assert_eq!(gateway.status("shop.example.org"), 404);
        let answer = service.put(create, &mapping("*.example.org", &[&wild.url()]));
        assert_eq!(answer.status, 201);
        is_told(&gateway, "shop.example.org", "wild");
        is_told(&gateway, "store.example.org", "one");
        for domain in ["store.example.org", "%2A.example.org"] {
            let answer = service.delete(&format!("/v1/acme/mapping/{domain}?wait=live"));
            assert_eq!(answer.status, 200);
        }
        assert_eq!(gateway.status("store.example.org"), 404);
    }
}

fn nginx_goes_on_without_the_others(database: &Database) {
    let Some((mut redis, gateway, service)) = start(database) else {
        return;
    };
    let (one, two) = (Backend::named("one"), Backend::named("two"));
    let create = "/v1/acme/mapping?wait=live";
    let shop = mapping("shop.example.org", &[&one.url()]);
    assert_eq!(service.put(create, &shop).status, 201);
    is_told(&gateway, "shop.example.org", "one");
    redis.kill();
    is_told(&gateway, "shop.example.org", "one");
    let moved = mapping("shop.example.org", &[&two.url()]);
    assert_eq!(service.put("/v1/acme/mapping", &moved).status, 200);
    is_told(&gateway, "shop.example.org", "one");
    service.kill();
    redis.start_empty();
    let url = redis.url();
    let service = Service::with(database, &[("ROUTING_REDIS_URL", &url)]);
    becomes_equal(&service, &redis);
    // It leaves a Redis alone for a moment that did not answer.
    wait_for("nginx to ask Redis again", || {
        gateway.told("shop.example.org").1 == "two"
    });
    service.end();
    is_told(&gateway, "shop.example.org", "two");
}

fn nginx_goes_on_while_redis_is_empty_and_nobody_fills_it(database: &Database) {
    let Some((mut redis, gateway, service)) = start(database) else {
        return;
    };
    let (one, two) = (Backend::named("one"), Backend::named("two"));
    let create = "/v1/acme/mapping?wait=live";
    for (domain, backend) in [("shop.example.org", &one), ("*.example.org", &two)] {
        let answer = service.put(create, &mapping(domain, &[&backend.url()]));
        assert_eq!(answer.status, 201);
    }
    is_told(&gateway, "shop.example.org", "one");
    is_told(&gateway, "blog.example.org", "two");
    service.kill();
    redis.kill();
    redis.start_empty();
    for _ in 0..3 {
        is_told(&gateway, "shop.example.org", "one");
        is_told(&gateway, "blog.example.org", "two");
        assert_eq!(gateway.status("unknown.example.org"), 503);
    }
    // It has been asked, and did not know.
    let log = gateway.log();
    assert!(log.contains("Redis was emptied and is not filled"), "{log}");
    let service = Service::with(database, &[("ROUTING_REDIS_URL", &redis.url())]);
    let moved = mapping("shop.example.org", &[&two.url()]);
    let path = "/v1/acme/mapping/shop.example.org?wait=live";
    assert_eq!(service.put(path, &moved).status, 200);
    wait_for("nginx to ask Redis", || {
        gateway.told("shop.example.org").1 == "two"
    });
    // Redis is filled, and says so: it is obeyed in what it has not got, too.
    wait_for("Redis to be filled", || {
        gateway.status("unknown.example.net") == 404
    });
    is_told(&gateway, "unknown.example.org", "two");
    let wildcard = service.delete("/v1/acme/mapping/%2A.example.org?wait=live");
    assert_eq!(wildcard.status, 200);
    assert_eq!(gateway.status("blog.example.org"), 404);
}
