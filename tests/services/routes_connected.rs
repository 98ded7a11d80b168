//! How nginx comes to the Redis that its settings name, and stays there.

use super::backend::Backend;
use super::gateway::{ADDRESS, Gateway, route};
use super::name_server;
use super::redis::{Redis, Reply};

#[test]
fn redis_may_have_a_password_a_database_and_a_prefix() {
    let Some(redis) = Redis::with_password("top#secret") else {
        return;
    };
    let settings = [
        (
            "set $routing_redis_password \"\";",
            "set $routing_redis_password \"top#secret\";",
        ),
        (
            "set $routing_redis_database 0;",
            "set $routing_redis_database 3;",
        ),
        (
            "set $routing_prefix frontend:;",
            "set $routing_prefix \"to \";",
        ),
    ];
    let Some(gateway) = Gateway::before(&redis, &settings) else {
        return;
    };
    let backend = Backend::named("one");
    let [password, database, prefix] = settings;
    let url = backend.url();
    let script = "redis.call('SELECT', 3) return redis.call('SADD', KEYS[1], ARGV[1])";
    let added = redis.command(&["EVAL", script, "1", "to example.org", &url]);
    assert_eq!(added, Reply::Number(1));
    for _ in 0..3 {
        assert_eq!(gateway.told("example.org"), (200, "one".to_owned()));
    }
    // Both say that they have all routes that there are.
    let script = "redis.call('SELECT', 3) return redis.call('SET', KEYS[1], 1)";
    let filled = ["to ", "frontend:"].map(|prefix| format!("micro:routing:filled:{prefix}"));
    redis.command(&["SET", &filled[0], "1"]);
    redis.command(&["EVAL", script, "1", &filled[1]]);
    let wrong = (password.0, "set $routing_redis_password wrong;");
    for (changes, status, told) in [
        (
            &[database, prefix][..],
            503,
            "NOAUTH Authentication required",
        ),
        (
            &[wrong, database, prefix],
            503,
            "WRONGPASS invalid username",
        ),
        (&[password, prefix], 404, ""),
        (&[password, database], 404, ""),
    ] {
        let gateway = Gateway::before(&redis, changes).expect("it is there");
        assert_eq!(gateway.status("example.org"), status);
        assert!(gateway.log().contains(told), "{}", gateway.log());
    }
}

#[test]
fn redis_may_be_at_a_socket_or_have_a_name() {
    let Some(redis) = Redis::start() else {
        return;
    };
    let backend = Backend::named("one");
    route(&redis, "example.org", &[&backend.url()]);
    let resolver = format!("resolver {};", name_server::start());
    let socket = format!("unix:{}", redis.socket().display());
    let named = format!("redis.test:{}", redis.port());
    for address in [socket, named] {
        let settings = [
            (ADDRESS, &*format!("set $routing_redis {address};")),
            ("resolver 127.0.0.53;", &resolver),
        ];
        let Some(gateway) = Gateway::before(&redis, &settings) else {
            return;
        };
        for _ in 0..3 {
            assert_eq!(gateway.told("example.org"), (200, "one".to_owned()));
        }
    }
}

#[test]
fn connections_to_redis_are_kept() {
    let Some((redis, gateway)) = Gateway::start() else {
        return;
    };
    let backend = Backend::named("one");
    route(&redis, "example.org", &[&backend.url()]);
    assert_eq!(gateway.status("example.org"), 200);
    let before = connections(&redis);
    for _ in 0..50 {
        assert_eq!(gateway.status("example.org"), 200);
    }
    // The one that asks is another.
    assert_eq!(connections(&redis), before + 1);
}

/// How many connections Redis has had.
#[track_caller]
fn connections(redis: &Redis) -> usize {
    let Reply::Text(text) = redis.command(&["INFO", "stats"]) else {
        panic!("no text");
    };
    let count = text
        .lines()
        .find_map(|line| line.strip_prefix("total_connections_received:"));
    count.and_then(|count| count.parse().ok()).expect("a count")
}
