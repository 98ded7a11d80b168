//! What is out of reach of a bind, and what of the server is not ours.

use micro_broker::Found;
use mysql::prelude::Queryable;

use super::{at, bind, done, instance, log_in};
use crate::mariadb::Mariadb;

/// What the server says when somebody may not: use a database, log in, use a table, end another's
/// connection, do a thing at all.
const DENIED: [u16; 6] = [1044, 1045, 1142, 1095, 1227, 1410];

#[test]
fn everything_else_in_the_server_is_out_of_reach() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    let mysql = at(mariadb);
    let [mine, other] = [(); 2].map(|()| instance("reach"));
    let [me, neighbour] = [(); 2].map(|()| bind("reach", "Passw0rd"));
    for (instance, bind) in [(&mine, &me), (&other, &neighbour)] {
        done(mysql.create(instance));
        done(mysql.bind(instance, bind));
    }
    let mut guest = log_in(&*mysql, &other, &neighbour).expect("it is let in");
    guest.query_drop("CREATE TABLE t (a INT)").expect("it may");
    let guest_id = guest.connection_id();

    let mut client = log_in(&*mysql, &mine, &me).expect("it is let in");
    client
        .query_drop("CREATE TABLE t (a TEXT)")
        .expect("it may");
    let (theirs, user, own) = (&other.label, &neighbour.label, &mine.label);
    for sql in [
        format!("USE {theirs}"),
        format!("SELECT * FROM {theirs}.t"),
        format!("INSERT INTO {theirs}.t VALUES (1)"),
        format!("DROP TABLE {theirs}.t"),
        format!("DROP DATABASE {theirs}"),
        format!("CREATE VIEW v AS SELECT * FROM {theirs}.t"),
        format!("CREATE TABLE {theirs}.u (a INT)"),
        format!("CREATE DATABASE {own}2"),
        format!("CREATE USER {own}2"),
        format!("DROP USER {user}"),
        format!("ALTER USER {user} IDENTIFIED BY ''"),
        format!("SET PASSWORD FOR {user} = PASSWORD('')"),
        format!("RENAME USER {user} TO {own}2"),
        format!("GRANT ALL ON {own}.* TO {user}"),
        format!("GRANT ALL ON *.* TO {}", me.label),
        format!("REVOKE ALL ON {theirs}.* FROM {user}"),
        format!("SHOW GRANTS FOR {user}"),
        format!("KILL {guest_id}"),
        "SELECT * FROM mysql.user".to_owned(),
        "SELECT * FROM mysql.global_priv".to_owned(),
        "SELECT 1 INTO OUTFILE 'out'".to_owned(),
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE t".to_owned(),
        "SET GLOBAL general_log = 1".to_owned(),
        "SET GLOBAL max_connections = 1".to_owned(),
        "CREATE FUNCTION f RETURNS INTEGER SONAME 'f.so'".to_owned(),
        "INSTALL SONAME 'ha_example'".to_owned(),
        "FLUSH PRIVILEGES".to_owned(),
        "FLUSH TABLES WITH READ LOCK".to_owned(),
        "RESET MASTER".to_owned(),
        "SHUTDOWN".to_owned(),
    ] {
        let given: mysql::Result<Vec<mysql::Row>> = client.query(&sql);
        match given.expect_err(&sql) {
            mysql::Error::MySqlError(error) => {
                assert!(DENIED.contains(&error.code), "{sql}: {error}");
            }
            error => panic!("{sql}: {error}"),
        }
    }
    let file: Option<Option<String>> = client
        .query_first("SELECT LOAD_FILE('/etc/passwd')")
        .expect("it gives nothing");
    assert_eq!(file, Some(None));
    let databases: Vec<String> = client.query("SHOW DATABASES").expect("it may");
    assert!(!databases.contains(&theirs.to_string()));
    let ids: Vec<u64> = client
        .query("SELECT id FROM information_schema.processlist")
        .expect("it may");
    assert_eq!(ids, [u64::from(client.connection_id())]);
    // One bind goes; the other stays, and its neighbour in the same instance.
    let second = bind("reach", "Passw0rd");
    done(mysql.bind(&other, &second));
    let mut third = log_in(&*mysql, &other, &second).expect("it is let in");
    done(mysql.unbind(&mine, &me));
    done(mysql.unbind(&other, &second));
    third.query_drop("SELECT 1").expect_err("it was put out");
    guest.query_drop("SELECT * FROM t").expect("it is still in");
}

#[test]
fn orphans_are_those_with_the_prefix_and_can_be_removed() {
    let Some(mariadb) = Mariadb::shared() else {
        return;
    };
    let mysql = at(mariadb);
    let (shop, app) = (instance("stray"), bind("stray", "Passw0rd"));
    let (kept, guest) = (instance("stay"), bind("stay", "Passw0rd"));
    for (instance, bind) in [(&shop, &app), (&kept, &guest)] {
        done(mysql.create(instance));
        done(mysql.bind(instance, bind));
    }
    mariadb.execute("CREATE DATABASE `stray_not-ours`; CREATE USER stray_not@localhost");
    let mut client = log_in(&*mysql, &shop, &app).expect("it is let in");
    let found = mysql.list("stray").expect("it answers");
    let wanted = [("database", &shop.label), ("user", &app.label)];
    let wanted = wanted.map(|(kind, label)| Found {
        kind,
        name: label.to_string(),
    });
    assert_eq!(found, wanted);
    for orphan in found.iter().chain(&found) {
        done(mysql.remove(orphan));
    }
    assert_eq!(mysql.list("stray").expect("it answers"), []);
    client.query_drop("SELECT 1").expect_err("it was put out");
    log_in(&*mysql, &kept, &guest).expect("it is still there");
    for (kind, name) in [("user", "a'@'b"), ("database", "a`b"), ("table", "a")] {
        let name = name.to_owned();
        let refused = mysql.remove(&Found { kind, name });
        refused.expect_err("it is refused");
    }
}
