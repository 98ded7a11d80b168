//! A Redis that is away, silent, or has forgotten its users.

use std::net::TcpListener;
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
    assert_eq!(tended.lost, std::slice::from_ref(&bind.label));
    assert!(App::log_in(&*provisioner, &instance, &bind).is_err());
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
