//! Instances and binds from their beginning to their end.

use micro_broker::{Bind, Secret};
use mysql::prelude::Queryable;

use super::{at, bind, done, instance, log_in, open, until};
use crate::mariadb::Mariadb;

#[test]
fn a_bind_logs_in_and_writes_until_it_is_unbound() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    let mysql = at(mariadb);
    let (shop, app) = (instance("life"), bind("life", "Passw0rd"));
    for _ in 0..2 {
        done(mysql.create(&shop));
        done(mysql.bind(&shop, &app));
    }
    let mut client = log_in(&*mysql, &shop, &app).expect("it is let in");
    for sql in ["CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('ä🦀')"] {
        client.query_drop(sql).expect("it may");
    }
    let shown = mysql.info(&shop).expect("it is there");
    let shown: Vec<(&str, &str)> = shown
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    let address = format!("127.0.0.1:{}", mariadb.port());
    assert_eq!(shown[0], ("Database", shop.label.as_str()));
    assert_eq!(shown[1], ("Address", address.as_str()));
    assert_eq!(shown[2], ("Size", "16.0 KiB"));
    assert_eq!(shown[3], ("Tables", "1"));

    for _ in 0..2 {
        done(mysql.unbind(&shop, &app));
    }
    // Who was in is out, and stays out.
    client.query_drop("SELECT 1").expect_err("it was put out");
    log_in(&*mysql, &shop, &app).expect_err("it is gone");

    let again = Bind {
        secret: Secret::new("An0therOne"),
        ..app.clone()
    };
    done(mysql.bind(&shop, &again));
    log_in(&*mysql, &shop, &app).expect_err("the password is an old one");
    let mut client = log_in(&*mysql, &shop, &again).expect("it is let in");
    let found: Option<String> = client.query_first("SELECT a FROM t").expect("it may");
    assert_eq!(found.as_deref(), Some("ä🦀"));
    done(mysql.unbind(&shop, &again));
    for _ in 0..2 {
        done(mysql.destroy(&shop));
    }
    let left = mysql.list("life").expect("it answers");
    assert_eq!(left, []);
}

#[test]
fn what_was_never_made_is_gone() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    let mysql = at(mariadb);
    let (shop, app) = (instance("never"), bind("never", "Passw0rd"));
    done(mysql.unbind(&shop, &app));
    done(mysql.destroy(&shop));
}

#[test]
fn half_a_bind_is_made_whole() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    let mysql = at(mariadb);
    let (shop, app) = (instance("half"), bind("half", "Passw0rd"));
    done(mysql.create(&shop));
    mariadb.execute(&format!("CREATE USER {} IDENTIFIED BY 'other'", app.label));
    done(mysql.bind(&shop, &app));
    log_in(&*mysql, &shop, &app).expect("it is let in");
}

#[test]
fn who_is_in_the_middle_of_something_is_put_out() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    let mysql = at(mariadb);
    let (shop, app) = (instance("busy"), bind("busy", "Passw0rd"));
    done(mysql.create(&shop));
    done(mysql.bind(&shop, &app));
    let mut idle = log_in(&*mysql, &shop, &app).expect("it is let in");
    idle.query_drop("CREATE TABLE t (a INT)").expect("it may");
    idle.query_drop("BEGIN").expect("it may");
    idle.query_drop("INSERT INTO t VALUES (1)").expect("it may");
    let mut busy = log_in(&*mysql, &shop, &app).expect("it is let in");
    let busy = std::thread::spawn(move || busy.query_drop("SELECT SLEEP(600)"));
    until(|| mariadb.execute("SHOW PROCESSLIST").contains("SLEEP(600)"));
    done(mysql.unbind(&shop, &app));
    idle.query_drop("COMMIT").expect_err("it was put out");
    busy.join().expect("it ends").expect_err("it was put out");
    // Nobody holds a lock of the table.
    done(mysql.destroy(&shop));
}

#[test]
fn apps_are_told_another_address_if_there_is_one() {
    let settings = [("url", "mysql://root@db:7"), ("host", "::1"), ("port", "8")];
    let mysql = open(&settings).expect("its settings are right");
    let (shop, app) = (instance("told"), bind("told", "Passw0rd"));
    let told = mysql.environment(&shop, &app);
    let (database, user) = (&shop.label, &app.label);
    assert_eq!(
        told,
        [
            ("host", "::1".to_owned()),
            ("port", "8".to_owned()),
            ("user", user.to_string()),
            ("password", "Passw0rd".to_owned()),
            ("database", database.to_string()),
            ("url", format!("mysql://{user}:Passw0rd@[::1]:8/{database}")),
        ]
    );
}
