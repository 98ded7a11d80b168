//! nginx without its Redis: what was said last holds, and no request waits for long.

use std::time::{Duration, Instant};

use super::backend::Backend;
use super::daemon::wait_for;
use super::gateway::{Gateway, TIMEOUT, fill, route};
use super::redis::Redis;

/// How long Redis may take where it hangs.
const SHORT: (&str, &str) = (TIMEOUT, "set $routing_redis_timeout 1000;");

/// Room for some ten copies of each kind.
const NARROW: [(&str, &str); 2] = [
    (
        "  lua_shared_dict routing_copies 32m;",
        "  lua_shared_dict routing_copies 12k;",
    ),
    (
        "  lua_shared_dict routing_wildcard_copies 8m;",
        "  lua_shared_dict routing_wildcard_copies 12k;",
    ),
];

/// A gateway that has served `example.org` and a host below `*.example.org`.
#[track_caller]
fn start() -> Option<(Redis, Gateway, Backend)> {
    start_with(&[])
}

/// The same with these texts of the files replaced.
#[track_caller]
fn start_with(changes: &[(&str, &str)]) -> Option<(Redis, Gateway, Backend)> {
    let (redis, gateway) = Gateway::with(changes)?;
    let backend = Backend::named("here");
    for domain in ["example.org", "*.example.org", "never.org"] {
        route(&redis, domain, &[&backend.url()]);
    }
    for host in ["example.org", "a.example.org"] {
        assert_eq!(gateway.told(host), (200, "here".to_owned()));
    }
    Some((redis, gateway, backend))
}

/// Checks that what it has served is served, and nothing else, while Redis does not answer.
#[track_caller]
fn copies_serve(gateway: &Gateway) {
    nothing_else_is_served(gateway);
    let log = gateway.log();
    assert!(
        log.contains("Redis does not say where hosts are: "),
        "{log}"
    );
}

#[track_caller]
fn nothing_else_is_served(gateway: &Gateway) {
    for host in ["example.org", "A.example.org:80"] {
        assert_eq!(gateway.told(host), (200, "here".to_owned()));
    }
    // The next one may have a domain of its own, in spite of the wildcard.
    for host in ["never.org", "unknown.org", "b.example.org"] {
        let page = gateway.get(host);
        assert_eq!((page.status, page.header("retry-after")), (503, Some("1")));
        assert!(page.text().contains("<h1>Not now</h1>"), "{page:?}");
        let head = gateway.request(&format!("HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(head.status, 503);
    }
}

/// Waits until Redis is asked again, and checks that it is obeyed from then on.
#[track_caller]
fn is_obeyed_again(redis: &Redis, gateway: &Gateway) {
    let other = Backend::named("other");
    route(redis, "new.org", &[&other.url()]);
    wait_for("Redis to be asked again", || {
        gateway.status("new.org") == 200
    });
    route(redis, "example.org", &[&other.url()]);
    assert_eq!(gateway.told("example.org"), (200, "other".to_owned()));
    redis.command(&["DEL", "frontend:*.example.org"]);
    assert_eq!(gateway.status("a.example.org"), 404);
}

#[test]
fn copies_serve_while_redis_is_killed() {
    let Some((mut redis, gateway, _backend)) = start() else {
        return;
    };
    redis.save();
    redis.kill();
    copies_serve(&gateway);
    redis.start_again();
    is_obeyed_again(&redis, &gateway);
}

#[test]
fn copies_serve_while_redis_hangs_and_no_request_waits_for_long() {
    let Some((redis, gateway, _backend)) = start_with(&[SHORT]) else {
        return;
    };
    redis.pause();
    let begin = Instant::now();
    for _ in 0..30 {
        assert_eq!(gateway.told("example.org"), (200, "here".to_owned()));
    }
    let took = begin.elapsed();
    // If each waited, it would be 30 s.
    assert!(took < Duration::from_secs(15), "{took:?}");
    // Who asks waits for a second, and then nobody asks for a second; clocks are rough.
    let failures = gateway.log().matches("Redis does not say").count();
    let failures = f64::from(u32::try_from(failures).expect("they are few"));
    let least = 0.9 * failures + 0.9 * (failures - 1.0);
    assert!(took.as_secs_f64() > least, "{failures} in {took:?}");
    copies_serve(&gateway);
    assert!(gateway.log().contains("timeout"), "{}", gateway.log());
    redis.resume();
    is_obeyed_again(&redis, &gateway);
}

#[test]
fn many_at_once_wait_for_a_redis_that_hangs_no_longer_than_one() {
    let Some((redis, gateway, _backend)) = start_with(&[SHORT]) else {
        return;
    };
    redis.pause();
    let begin = Instant::now();
    let mut clients: Vec<_> = (0..100).map(|_| gateway.connect()).collect();
    for client in &mut clients {
        client.send("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
    }
    for client in &mut clients {
        client.answer(false).is(200, "here");
    }
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn copies_serve_while_redis_answers_with_an_error() {
    let Some((redis, gateway, _backend)) = start() else {
        return;
    };
    redis.command(&["CONFIG", "SET", "replica-serve-stale-data", "no"]);
    // Nobody is there, so it has nothing to say.
    redis.command(&["REPLICAOF", "127.0.0.1", "1"]);
    copies_serve(&gateway);
    assert!(gateway.log().contains("MASTERDOWN"), "{}", gateway.log());
    redis.command(&["REPLICAOF", "NO", "ONE"]);
    is_obeyed_again(&redis, &gateway);
}

#[test]
fn a_deleted_route_leaves_no_copy() {
    let Some((mut redis, gateway, _backend)) = start() else {
        return;
    };
    redis.command(&["DEL", "frontend:example.org"]);
    assert_eq!(gateway.status("example.org"), 404);
    redis.kill();
    assert_eq!(gateway.status("example.org"), 503);
    assert_eq!(gateway.status("a.example.org"), 200);
    redis.start_empty();
    fill(&redis);
    // One that has all routes says that there is none: that holds.
    wait_for("Redis to be asked again", || {
        gateway.status("a.example.org") == 404
    });
    redis.kill();
    assert_eq!(gateway.status("a.example.org"), 503);
}

#[test]
fn copies_serve_until_a_redis_that_was_emptied_is_filled_again() {
    let Some((redis, gateway, backend)) = start() else {
        return;
    };
    redis.command(&["FLUSHALL"]);
    // They stay, however often it is asked.
    for _ in 0..2 {
        nothing_else_is_served(&gateway);
    }
    let log = gateway.log();
    let told = "Redis was emptied and is not filled, `micro:routing:filled:frontend:` is missing";
    assert!(log.contains(told), "{log}");
    // It does not count as down: what comes back is obeyed at once.
    assert!(!log.contains("Redis does not say"), "{log}");
    let other = Backend::named("other");
    route(&redis, "example.org", &[&other.url()]);
    assert_eq!(gateway.told("example.org"), (200, "other".to_owned()));
    // As long as not all is there, a wildcard may not be what a host goes by.
    route(&redis, "*.example.org", &[&other.url()]);
    assert_eq!(gateway.told("a.example.org"), (200, "here".to_owned()));
    assert_eq!(gateway.status("b.example.org"), 503);
    route(&redis, "b.example.org", &[&backend.url()]);
    assert_eq!(gateway.told("b.example.org"), (200, "here".to_owned()));
    fill(&redis);
    for host in ["example.org", "a.example.org", "c.example.org"] {
        assert_eq!(gateway.told(host), (200, "other".to_owned()), "{host}");
    }
    assert_eq!(gateway.status("never.org"), 404);
    redis.command(&["DEL", "frontend:example.org"]);
    assert_eq!(gateway.status("example.org"), 404);
    redis.command(&["FLUSHALL"]);
    assert_eq!(gateway.status("example.org"), 503);
}

#[test]
fn copies_serve_while_a_redis_that_was_started_anew_is_empty() {
    let Some((mut redis, gateway, backend)) = start() else {
        return;
    };
    redis.kill();
    copies_serve(&gateway);
    redis.start_empty();
    // It is asked again after a moment, and obeyed in what it has.
    route(&redis, "new.org", &[&backend.url()]);
    wait_for("Redis to be asked again", || {
        gateway.status("new.org") == 200
    });
    nothing_else_is_served(&gateway);
    fill(&redis);
    for host in ["example.org", "a.example.org", "unknown.org"] {
        assert_eq!(gateway.status(host), 404, "{host}");
    }
}

#[test]
fn hosts_below_a_wildcard_take_no_room_from_others() {
    let Some((mut redis, gateway, _backend)) = start_with(&NARROW) else {
        return;
    };
    let invented = |number| format!("n{number}.example.org");
    for number in 0..200 {
        assert_eq!(gateway.status(&invented(number)), 200);
    }
    redis.kill();
    assert_eq!(gateway.told("example.org"), (200, "here".to_owned()));
    // Those that were asked for last have the room of the others.
    assert_eq!(gateway.status(&invented(199)), 200);
    assert_eq!(gateway.status("a.example.org"), 503);
}

#[test]
fn the_copy_of_a_deleted_domain_gives_way_to_that_of_a_wildcard() {
    let Some((mut redis, gateway, _backend)) = start() else {
        return;
    };
    let other = Backend::named("other");
    route(&redis, "a.example.org", &[&other.url()]);
    assert_eq!(gateway.told("a.example.org"), (200, "other".to_owned()));
    redis.command(&["DEL", "frontend:a.example.org"]);
    assert_eq!(gateway.told("a.example.org"), (200, "here".to_owned()));
    redis.kill();
    assert_eq!(gateway.told("a.example.org"), (200, "here".to_owned()));
}

#[test]
fn connections_of_a_redis_that_has_ended_are_not_used() {
    let Some((mut redis, gateway, backend)) = start() else {
        return;
    };
    for _ in 0..5 {
        redis.stop();
        redis.start_again();
        fill(&redis);
        route(&redis, "example.net", &[&backend.url()]);
        assert_eq!(gateway.told("example.net"), (200, "here".to_owned()));
        redis.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        assert_eq!(gateway.status("unknown.net"), 404);
    }
    assert_eq!(gateway.log(), "");
}

#[test]
fn a_connection_of_redis_that_ends_just_now_is_replaced() {
    let Some((redis, gateway, backend)) = start() else {
        return;
    };
    route(&redis, "example.net", &[&backend.url()]);
    let mut client = gateway.connect();
    client.send("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
    client.answer(false).is(200, "here");
    gateway.pause();
    // nginx will see the request first.
    client.send("GET / HTTP/1.1\r\nHost: example.net\r\n\r\n");
    redis.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    gateway.resume();
    client.answer(false).is(200, "here");
    assert_eq!(gateway.log(), "");
}
