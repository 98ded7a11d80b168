//! When the server is away or silent, or what was made there has gone.

use std::net::TcpListener;
use std::time::Instant;

use super::{PASSWORD, PATIENCE, at, bind, done, instance, log_in, open, ready};
use crate::mariadb::Mariadb;

#[test]
fn what_went_behind_the_brokers_back_is_noticed() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    let mysql = at(mariadb);
    let (shop, gone) = (instance("tend"), instance("tend"));
    let [app, lost, shut] = [(); 3].map(|()| bind("tend", "Passw0rd"));
    done(mysql.create(&shop));
    for bind in [&app, &lost, &shut] {
        done(mysql.bind(&shop, bind));
    }
    let all = [ready(&shop, &[&app, &lost, &shut]), ready(&gone, &[])];
    mariadb.execute(&format!("DROP USER {}", lost.label));
    mariadb.execute(&format!(
        "REVOKE ALL ON {}.* FROM {}",
        shop.label, shut.label
    ));
    let tended = mysql.tend(&all).expect("it answers");
    assert_eq!(tended.lost, [lost.label.clone(), shut.label.clone()]);
    let why = "its database is gone".to_owned();
    assert_eq!(tended.down, [(gone.label.clone(), why)]);
    for bind in [&lost, &shut] {
        done(mysql.bind(&shop, bind));
        log_in(&*mysql, &shop, bind).expect("it is let in again");
    }
    let tended = mysql.tend(&all[..1]).expect("it answers");
    assert!(tended.lost.is_empty() && tended.down.is_empty());
    mysql.tend(&[]).expect("it answers");
}

#[test]
fn a_server_that_was_started_again_is_connected_to_again() {
    let Some(mut mariadb) = Mariadb::start() else {
        return;
    };
    let mysql = at(&mariadb);
    let (shop, app) = (instance("again"), bind("again", "Passw0rd"));
    done(mysql.create(&shop));
    mariadb.kill();
    let failure = mysql.bind(&shop, &app).expect_err("it is not there");
    let told = failure.to_string();
    let start = format!("MySQL at 127.0.0.1:{}: no connection: ", mariadb.port());
    assert!(told.starts_with(&start), "{told}");
    mysql.tend(&[]).expect_err("it is not there");
    mariadb.start_again();
    done(mysql.bind(&shop, &app));
    mariadb.stop();
    mariadb.start_again();
    // The idle connection is lost, and nobody notices.
    log_in(&*mysql, &shop, &app).expect("it is let in");
    done(mysql.unbind(&shop, &app));
    // It hangs, and is not waited for longer than the plan says.
    let hasty = open(&[("url", &mariadb.url("")), ("timeout", "300ms")]);
    let hasty = hasty.expect("its settings are right");
    done(hasty.create(&shop));
    mariadb.pause();
    let started = Instant::now();
    let failure = hasty.create(&shop).expect_err("it hangs");
    assert!(started.elapsed() < PATIENCE);
    mariadb.resume();
    assert!(
        failure.to_string().ends_with("it does not answer in time"),
        "{failure}"
    );
    done(mysql.destroy(&shop));
}

#[test]
fn a_server_that_never_answers_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = silent.local_addr().expect("it has one");
    let url = format!("mysql://root:{PASSWORD}@{address}/");
    let mysql = open(&[("url", &url), ("timeout", "200ms")]).expect("its settings are right");
    let (shop, app) = (instance("mute"), bind("mute", "Passw0rd"));
    let started = Instant::now();
    for failure in [
        mysql.create(&shop).expect_err("it is mute"),
        mysql.bind(&shop, &app).expect_err("it is mute"),
        mysql.unbind(&shop, &app).expect_err("it is mute"),
        mysql.destroy(&shop).expect_err("it is mute"),
        mysql.list("mute").expect_err("it is mute"),
        mysql.tend(&[]).expect_err("it is mute"),
    ] {
        let why = format!("MySQL at {address}: it does not answer in time");
        assert_eq!(failure.to_string(), why);
    }
    assert!(started.elapsed() < PATIENCE);
}
