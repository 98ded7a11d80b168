//! What is refused, and how it is told.

use super::{PASSWORD, at, bind, instance, open};
use crate::mariadb::Mariadb;

#[test]
fn an_administrator_who_may_too_little_is_told() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    mariadb.execute(&format!(
        "CREATE USER blind@'%' IDENTIFIED BY '{PASSWORD}'; \
         GRANT CREATE, DROP, CREATE USER ON *.* TO blind@'%'"
    ));
    let port = mariadb.port();
    let (shop, app) = (instance("may"), bind("may", "Passw0rd"));
    let with = |login: &str| {
        let url = format!("mysql://{login}@127.0.0.1:{port}");
        open(&[("url", &url)]).expect("its settings are right")
    };
    // It would not see whom to put out.
    let blind = with(&format!("blind:{PASSWORD}"));
    let failure = blind.create(&shop).expect_err("it may not");
    assert!(failure.to_string().contains("PROCESS"), "{failure}");
    let failure = blind.unbind(&shop, &app).expect_err("it may not");
    assert!(failure.to_string().contains("PROCESS"), "{failure}");
    let wrong = with(&format!("blind:{PASSWORD}2"));
    let failure = wrong.create(&shop).expect_err("it is the wrong one");
    assert!(failure.to_string().contains("Access denied"), "{failure}");
    assert!(!failure.to_string().contains(PASSWORD), "{failure}");
}

#[test]
fn what_a_server_does_not_take_is_told_without_the_secret() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    let mysql = at(mariadb);
    let (shop, app) = (instance("quiet"), bind("quiet", "xyzzy' xyzzy"));
    let failure = mysql.bind(&shop, &app).expect_err("it is refused");
    assert!(!failure.to_string().contains("xyzzy"), "{failure}");
    assert!(!format!("{app:?}").contains("xyzzy"));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let url = ("url", "mysql://root@db/");
    let expected = "expected `mysql://USER:PASSWORD@HOST:PORT/` of an administrator";
    for (settings, why) in [
        (
            &[][..],
            format!("there is no `broker.plan.small.url`: {expected}"),
        ),
        (
            &[("url", "mysql://root:hunter2@db/shop")],
            format!("`broker.plan.small.url` names a database: {expected}"),
        ),
        (
            &[url, ("port", "0")],
            "`broker.plan.small.port` is 0, expected 1 to 65535".to_owned(),
        ),
        (
            &[url, ("host", "db:3306")],
            "`broker.plan.small.host` is `db:3306`, expected a name or an address such as \
             `db.example`"
                .to_owned(),
        ),
        (
            &[url, ("timeout", "0s")],
            "`broker.plan.small.timeout` is 0 s, expected 0.1 s to 300 s".to_owned(),
        ),
    ] {
        assert_eq!(open(settings).err(), Some(why));
    }
}
