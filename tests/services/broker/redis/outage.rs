//! A Redis that is away, silent, or has forgotten its users.

use std::net::TcpListener;
use std::slice;
use std::time::Instant;

use super::{App, PATIENCE, Redis, at, bind, done, instance, open, ready};

#[test]
fn a_server_that_was_started_again_has_its_users_made_again() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let provisioner = at(&redis);
    let (instance, bind) = (instance("r"), bind("r", "Secret"));
    done(provisioner.bind(&instance, &bind));
    let state = [ready(&instance, &[&bind])];
    let tended = provisioner.tend(&state).expect("it answers");
    assert!(tended.lost.is_empty() && tended.down.is_empty());
    redis.stop();
    let failure = provisioner
        .tend(&state)
        .expect_err("nobody is there")
        .to_string();
    let place = format!("Redis at 127.0.0.1:{}: ", redis.port());
    assert!(failure.starts_with(&place), "{failure}");
    redis.start_again();
    let tended = provisioner.tend(&state).expect("it answers");
    assert_eq!(tended.lost, slice::from_ref(&bind.label));
    assert!(App::log_in(&*provisioner, &instance, &bind).is_err());
    done(provisioner.bind(&instance, &bind));
    assert!(App::log_in(&*provisioner, &instance, &bind).is_ok());
}

#[test]
fn a_server_that_has_a_file_for_its_users_keeps_them() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    redis.stop();
    redis.give_users_file();
    redis.start_again();
    let provisioner = at(&redis);
    let (instance, kept, gone) = (instance("r"), bind("r", "Kept"), bind("r", "Gone"));
    done(provisioner.bind(&instance, &kept));
    done(provisioner.bind(&instance, &gone));
    done(provisioner.unbind(&instance, &gone));
    redis.kill();
    redis.start_again();
    assert!(App::log_in(&*provisioner, &instance, &kept).is_ok());
    assert!(App::log_in(&*provisioner, &instance, &gone).is_err());
}

#[test]
fn a_user_who_went_behind_the_brokers_back_is_missed() {
    let Some(redis) = Redis::start() else { return };
    let provisioner = at(&redis);
    let (shop, blog) = (instance("r"), instance("r"));
    let [kept, lost] = [(); 2].map(|()| bind("r", "Secret"));
    done(provisioner.bind(&shop, &kept));
    done(provisioner.bind(&blog, &lost));
    redis.command(&["ACL", "DELUSER", lost.label.as_str()]);
    let state = [ready(&shop, &[&kept]), ready(&blog, &[&lost])];
    let tended = provisioner.tend(&state).expect("it answers");
    assert_eq!(tended.lost, slice::from_ref(&lost.label));
}

#[test]
fn a_server_that_hangs_is_not_waited_for() {
    let Some(redis) = Redis::start() else { return };
    let settings = [("url", &*redis.url()), ("timeout", "300ms")];
    let provisioner = open(&settings).expect("its settings are right");
    let (instance, bind) = (instance("r"), bind("r", "Secret"));
    done(provisioner.create(&instance));
    redis.pause();
    let begin = Instant::now();
    // On a connection that was idle, and on a new one.
    let failures = [(); 2].map(|()| provisioner.bind(&instance, &bind));
    assert!(begin.elapsed() < PATIENCE);
    redis.resume();
    let port = redis.port();
    let why = format!("Redis at 127.0.0.1:{port}: it does not answer in time");
    for failure in failures {
        assert_eq!(failure.expect_err("it hangs").to_string(), why);
    }
    done(provisioner.bind(&instance, &bind));
    assert!(App::log_in(&*provisioner, &instance, &bind).is_ok());
}

#[test]
fn a_server_that_never_answers_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let port = silent.local_addr().expect("it listens").port();
    let url = format!("redis://:Adm1nS3cret@127.0.0.1:{port}");
    let provisioner = open(&[("url", &url), ("timeout", "200ms")]).expect("they are right");
    let (instance, bind) = (instance("r"), bind("r", "Passw0rd"));
    let begin = Instant::now();
    let failure = provisioner
        .bind(&instance, &bind)
        .expect_err("it is silent");
    assert!(begin.elapsed() < PATIENCE);
    let failure = failure.to_string();
    assert!(
        !failure.contains("Adm1nS3cret") && !failure.contains("Passw0rd"),
        "{failure}"
    );
}

#[test]
fn the_password_of_the_administrator_may_be_wrong() {
    let Some(redis) = Redis::with_password("right") else {
        return;
    };
    let url = format!("redis://:wrong@127.0.0.1:{}", redis.port());
    let provisioner = open(&[("url", &url)]).expect("its settings are right");
    let failure = provisioner.create(&instance("r")).expect_err("it is wrong");
    let failure = failure.to_string();
    assert!(failure.contains("uthentication failed"), "{failure}");
    assert!(!failure.contains(":wrong"), "{failure}");
}
