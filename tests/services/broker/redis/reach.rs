//! What is in reach of a bind, and what is not.

use super::{App, Redis, Reply, at, bind, done, instance, ok};

#[test]
fn what_apps_do_works() {
    let Some(redis) = Redis::start() else { return };
    let provisioner = at(&redis);
    let (instance, bind) = (instance("r"), bind("r", "Secret"));
    done(provisioner.bind(&instance, &bind));
    let mut app = App::log_in(&*provisioner, &instance, &bind).expect("it is let in");
    let [key, list, hash, set, stream] = ["k", "l", "h", "s", "x"].map(|name| app.key(name));
    for words in [
        vec!["PING"],
        vec!["HELLO", "2"],
        vec!["SELECT", "0"],
        vec!["CLIENT", "SETNAME", "shop"],
        vec!["CLIENT", "ID"],
        vec!["COMMAND", "COUNT"],
        vec!["SET", &key, "1", "EX", "100"],
        vec!["GET", &key],
        vec!["TTL", &key],
        vec!["EXISTS", &key],
        vec!["TYPE", &key],
        vec!["OBJECT", "ENCODING", &key],
        vec!["MULTI"],
        vec!["INCR", &key],
        vec!["EXEC"],
        vec!["WATCH", &key],
        vec!["UNWATCH"],
        vec!["RPUSH", &list, "a"],
        vec!["BLPOP", &list, "1"],
        vec!["HSET", &hash, "a", "1"],
        vec!["HSCAN", &hash, "0"],
        vec!["SADD", &set, "a"],
        vec!["XADD", &stream, "*", "a", "1"],
        vec!["EVAL", "return redis.call('GET', KEYS[1])", "1", &key],
        vec!["PUBLISH", &key, "x"],
        vec!["RENAME", &key, &set],
        vec!["DEL", &set],
        vec!["UNLINK", &hash],
        vec!["SUBSCRIBE", &key],
    ] {
        let answer = app.say(&words);
        assert!(!matches!(answer, Reply::Error(_)), "{words:?}: {answer:?}");
    }
}

#[test]
fn everything_else_in_the_server_is_out_of_reach() {
    let Some(redis) = Redis::start() else { return };
    let provisioner = at(&redis);
    let (mine, other) = (instance("r"), instance("r"));
    let [me, neighbour, guest] = [(); 3].map(|()| bind("r", "Secret"));
    let mut job = me.clone();
    (job.kind, job.label) = ("job", neighbour.label.clone());
    done(provisioner.bind(&mine, &me));
    done(provisioner.bind(&mine, &job));
    done(provisioner.bind(&other, &guest));
    let mut app = App::log_in(&*provisioner, &mine, &me).expect("it is let in");
    let key = app.key("k");
    assert_eq!(app.say(&["SET", &key, "x"]), ok());
    let beside = App::log_in(&*provisioner, &mine, &job)
        .expect("it is let in")
        .key("k");
    let theirs = App::log_in(&*provisioner, &other, &guest)
        .expect("it is let in")
        .key("k");
    for foreign in [&beside, &theirs] {
        redis.command(&["SET", foreign, "precious"]);
        for words in [
            vec!["GET", foreign],
            vec!["SET", foreign, "x"],
            vec!["DEL", foreign],
            vec!["EXISTS", foreign],
            vec!["TYPE", foreign],
            vec!["DUMP", foreign],
            vec!["RENAME", foreign, &key],
            vec!["RENAME", &key, foreign],
            vec!["MGET", &key, foreign],
            vec!["COPY", foreign, &key],
            vec!["OBJECT", "ENCODING", foreign],
            vec!["MEMORY", "USAGE", foreign],
            vec!["WATCH", foreign],
            vec!["XREAD", "STREAMS", foreign, "0"],
            vec!["LMPOP", "2", &key, foreign, "LEFT"],
            vec!["ZUNION", "2", &key, foreign],
            vec!["BITOP", "OR", foreign, &key],
            vec!["GEORADIUS", &key, "0", "0", "1", "km", "STORE", foreign],
            vec!["SUBSCRIBE", foreign],
            vec!["SSUBSCRIBE", foreign],
            vec!["PSUBSCRIBE", foreign],
            vec!["PUBLISH", foreign, "x"],
            vec!["SORT", &key, "BY", foreign],
            vec!["EVAL", "return redis.call('GET', KEYS[1])", "1", foreign],
            vec!["EVAL", "return redis.call('GET', ARGV[1])", "0", foreign],
            vec!["EVAL_RO", "return redis.call('GET', ARGV[1])", "0", foreign],
        ] {
            assert_denied(&mut app, &words);
        }
        assert_eq!(
            redis.command(&["GET", foreign]),
            Reply::Text("precious".to_owned())
        );
    }
    for words in [
        vec!["KEYS", "*"],
        vec!["SCAN", "0"],
        vec!["RANDOMKEY"],
        vec!["DBSIZE"],
        vec!["FLUSHALL"],
        vec!["FLUSHDB"],
        vec!["SWAPDB", "0", "1"],
        vec!["SELECT", "1"],
        vec!["SELECT", "00"],
        vec!["EVAL", "return redis.call('KEYS', '*')", "0"],
        vec!["EVAL", "return redis.call('SCAN', '0')", "0"],
        vec!["EVAL", "return redis.call('SELECT', '1')", "0"],
        vec!["FCALL", "f", "0"],
        vec!["MOVE", &key, "1"],
        vec!["COPY", &key, &key, "DB", "1"],
        vec!["CONFIG", "GET", "*"],
        vec!["ACL", "LIST"],
        vec!["ACL", "SETUSER", "x"],
        vec!["CLIENT", "LIST"],
        vec!["CLIENT", "KILL", "TYPE", "normal"],
        vec!["CLIENT", "PAUSE", "1"],
        vec!["CLIENT", "UNBLOCK", "1"],
        vec!["CLIENT", "TRACKING", "on", "BCAST"],
        vec!["PSUBSCRIBE", "*"],
        vec!["PUBSUB", "CHANNELS"],
        vec!["MONITOR"],
        vec!["INFO"],
        vec!["SAVE"],
        vec!["SHUTDOWN", "NOSAVE"],
        vec!["REPLICAOF", "NO", "ONE"],
        vec!["MIGRATE", "127.0.0.1", "1", &key, "0", "1"],
        vec!["FUNCTION", "FLUSH"],
        vec!["SCRIPT", "FLUSH"],
        vec!["SLOWLOG", "GET"],
        vec!["MEMORY", "STATS"],
        vec!["MODULE", "LIST"],
    ] {
        assert_denied(&mut app, &words);
    }
}

#[track_caller]
fn assert_denied(app: &mut App, words: &[&str]) {
    let answer = app.say(words);
    let Reply::Error(why) = &answer else {
        panic!("{words:?}: {answer:?}");
    };
    let is_denied = [
        "NOPERM",
        "ERR User",
        "No permissions",
        "can't access",
        "can't run",
    ];
    let is_denied = is_denied.iter().any(|part| why.contains(part));
    assert!(is_denied, "{words:?}: {why}");
}
