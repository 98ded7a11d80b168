//! Users that come and go.

use micro_broker::Found;

use super::{App, Redis, Reply, at, bind, done, instance, ok, open, told, until};

#[test]
fn a_bind_logs_in_and_writes_until_it_is_unbound() {
    let Some(redis) = Redis::with_password("Adm1n") else {
        return;
    };
    let provisioner = at(&redis);
    let (instance, one, two) = (instance("r"), bind("r", "Secret1"), bind("r", "Secret2"));
    for _ in 0..2 {
        done(provisioner.create(&instance));
        done(provisioner.bind(&instance, &one));
        done(provisioner.bind(&instance, &two));
    }
    assert_ne!(
        told(&*provisioner, &instance, &one, "user"),
        told(&*provisioner, &instance, &two, "user")
    );
    let mut app = App::log_in(&*provisioner, &instance, &one).expect("it is let in");
    let key = app.key("visits");
    assert_eq!(app.say(&["INCR", &key]), Reply::Number(1));
    for _ in 0..2 {
        done(provisioner.unbind(&instance, &one));
    }
    // Who is in is put out, and comes in no more.
    assert!(app.client.say(&["GET", &key]).is_err());
    let refusal = App::log_in(&*provisioner, &instance, &one).err();
    assert!(refusal.is_some_and(|why| why.starts_with("WRONGPASS")));
    assert!(App::log_in(&*provisioner, &instance, &two).is_ok());
}

#[test]
fn an_app_that_is_bound_again_finds_its_keys_again() {
    let Some(redis) = Redis::start() else { return };
    let provisioner = at(&redis);
    let (instance, old, new) = (instance("r"), bind("r", "Old"), bind("r", "New"));
    done(provisioner.bind(&instance, &old));
    let mut app = App::log_in(&*provisioner, &instance, &old).expect("it is let in");
    let key = app.key("k");
    assert_eq!(app.say(&["SET", &key, "kept"]), ok());
    done(provisioner.unbind(&instance, &old));
    done(provisioner.bind(&instance, &new));
    let mut app = App::log_in(&*provisioner, &instance, &new).expect("it is let in");
    assert_eq!(app.say(&["GET", &key]), Reply::Text("kept".to_owned()));
    assert!(App::log_in(&*provisioner, &instance, &old).is_err());
}

#[test]
fn the_keys_of_an_instance_go_with_it() {
    let Some(redis) = Redis::start() else { return };
    let provisioner = at(&redis);
    let (mine, other) = (instance("r"), instance("r"));
    let bind = bind("r", "Secret");
    done(provisioner.bind(&mine, &bind));
    let script = "for i = 1, 5000 do redis.call('SET', ARGV[1] .. i, i) end";
    let prefix = told(&*provisioner, &mine, &bind, "prefix");
    redis.command(&["EVAL", script, "0", &prefix]);
    let stranger = format!("{}:app:shop:k", other.label);
    redis.command(&["SET", &stranger, "x"]);
    redis.command(&["SET", "unrelated", "x"]);
    let info = provisioner.info(&mine).expect("it answers");
    assert!(
        info.contains(&("Keys".to_owned(), "5000".to_owned())),
        "{info:?}"
    );
    done(provisioner.unbind(&mine, &bind));
    for _ in 0..2 {
        done(provisioner.destroy(&mine));
    }
    assert_eq!(redis.keys("*"), [stranger, "unrelated".to_owned()]);
}

#[test]
fn what_was_never_made_is_removed_as_well() {
    let Some(redis) = Redis::start() else { return };
    let provisioner = at(&redis);
    let (instance, bind) = (instance("r"), bind("r", "Secret"));
    done(provisioner.unbind(&instance, &bind));
    done(provisioner.destroy(&instance));
}

#[test]
fn keys_that_cannot_be_deleted_in_time_are_deleted_the_next_times() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let settings = [("url", &*redis.url()), ("timeout", "100ms")];
    let provisioner = open(&settings).expect("its settings are right");
    let instance = instance("r");
    // So many keys of others that they are hardly looked through in time.
    let script = "for i = 1, ARGV[2] do redis.call('SET', ARGV[1] .. i, '') end";
    redis.command(&["EVAL", script, "0", "other:", "400000"]);
    let prefix = format!("{}:app:shop:", instance.label);
    redis.command(&["EVAL", script, "0", &prefix, "20000"]);
    if let Err(failure) = provisioner.destroy(&instance) {
        let failure = failure.to_string();
        let slow = ["there is more to do than there is time for", "in time"];
        assert!(slow.iter().any(|why| failure.ends_with(why)), "{failure}");
    }
    // A server that was started again has its keys in another order.
    redis.save();
    redis.stop();
    redis.start_again();
    until(|| provisioner.destroy(&instance).is_ok());
    assert_eq!(redis.command(&["DBSIZE"]), Reply::Number(400_000));
    // Where it stopped is of no meaning to what comes later.
    redis.command(&["EVAL", script, "0", &prefix, "1000"]);
    until(|| provisioner.destroy(&instance).is_ok());
    assert_eq!(redis.command(&["DBSIZE"]), Reply::Number(400_000));
}

#[test]
fn orphans_are_those_with_the_prefix_and_can_be_removed() {
    let Some(redis) = Redis::start() else { return };
    let provisioner = at(&redis);
    let (mine, bind) = (instance("r"), bind("r", "Secret"));
    done(provisioner.bind(&mine, &bind));
    redis.command(&["SET", &format!("{}:app:shop:k", mine.label), "x"]);
    redis.command(&["SET", "r:unrelated", "x"]);
    redis.command(&["SET", "other:k", "x"]);
    redis.command(&["ACL", "SETUSER", "other"]);
    let list = || {
        let found = provisioner.list("rx").expect("it answers").into_iter();
        found.map(|one| (one.kind, one.name)).collect::<Vec<_>>()
    };
    let expected = [
        ("user", bind.label.to_string()),
        ("keys", mine.label.to_string()),
    ];
    assert_eq!(list(), expected);
    for (kind, name) in expected {
        done(provisioner.remove(&Found { kind, name }));
    }
    assert!(list().is_empty());
    assert_eq!(redis.keys("*"), ["other:k", "r:unrelated"]);
    for name in ["other:*", "*", ""] {
        let (kind, name) = ("keys", name.to_owned());
        assert!(provisioner.remove(&Found { kind, name }).is_err());
    }
    assert_eq!(
        redis.command(&["ACL", "USERS"]).sorted(),
        ["default", "other"]
    );
}

#[test]
fn hosts_that_look_like_patterns_are_no_patterns() {
    let Some(redis) = Redis::start() else { return };
    let provisioner = at(&redis);
    let instance = instance("r");
    let mut star = bind("r", "Secret");
    (star.kind, star.subject) = ("unit", "*".to_owned());
    done(provisioner.bind(&instance, &star));
    let mut app = App::log_in(&*provisioner, &instance, &star).expect("it is let in");
    let key = app.key("k");
    assert_eq!(app.say(&["SET", &key, "x"]), ok());
    let theirs = format!("{}:unit:a:k", instance.label);
    let denied = app.say(&["SET", &theirs, "x"]);
    assert!(matches!(denied, Reply::Error(why) if why.starts_with("NOPERM")));
}

#[test]
fn apps_are_told_another_address_if_there_is_one() {
    let settings = [
        ("url", "redis://admin:Adm1n@127.0.0.1:1"),
        ("host", "cache.example"),
        ("port", "7000"),
    ];
    let provisioner = open(&settings).expect("its settings are right");
    let (instance, bind) = (instance("r"), bind("r", "Secret"));
    let url = told(&*provisioner, &instance, &bind, "url");
    let expected = format!("redis://{}:Secret@cache.example:7000/0", bind.label);
    assert_eq!(url, expected);
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let expected = "expected `redis://USER:PASSWORD@HOST:PORT/` of an administrator";
    for (settings, why) in [
        (
            vec![],
            format!("there is no `broker.plan.small.url`: {expected}"),
        ),
        (
            vec![("url", "http://:Adm1n@db")],
            format!("`broker.plan.small.url` begins with something else: {expected}"),
        ),
        (
            vec![("url", "redis://:Adm1n@db/3")],
            format!("`broker.plan.small.url` names a database: {expected}"),
        ),
        (
            vec![("url", "redis://db"), ("host", "a/b")],
            "`broker.plan.small.host` is `a/b`, expected a name or an address such as `db.example`"
                .to_owned(),
        ),
        (
            vec![("url", "redis://db"), ("timeout", "0")],
            "`broker.plan.small.timeout` is 0 s, expected 0.1 s to 300 s".to_owned(),
        ),
    ] {
        assert_eq!(open(&settings).err(), Some(why));
    }
}

#[test]
fn no_prefix_is_the_beginning_of_another() {
    let Some(redis) = Redis::start() else { return };
    let provisioner = at(&redis);
    let instance = instance("r");
    let [mut host, mut port] = [bind("r", "Secret"), bind("r", "Secret")];
    (host.kind, host.subject) = ("unit", "10.0.0.1".to_owned());
    (port.kind, port.subject) = ("unit", "10.0.0.1:8080".to_owned());
    for bind in [&host, &port] {
        done(provisioner.bind(&instance, bind));
    }
    let mut app = App::log_in(&*provisioner, &instance, &port).expect("it is let in");
    let key = app.key("k");
    assert_eq!(app.say(&["SET", &key, "x"]), ok());
    let mut app = App::log_in(&*provisioner, &instance, &host).expect("it is let in");
    let denied = app.say(&["GET", &key]);
    assert!(matches!(denied, Reply::Error(why) if why.starts_with("NOPERM")));
}
