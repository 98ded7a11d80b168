//! Databases and users in a MariaDB.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use micro_api::{Config, json};
use micro_broker::{Bind, Found, Instance, Label, Options, Provisioner, Ready, Secret, built_in};
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};

use crate::mariadb::Mariadb;

/// How long a thing may take to come about.
const PATIENCE: Duration = Duration::from_secs(30);
/// What the server says when somebody may not: use a database, log in, use a table, end another's
/// connection, do a thing at all.
const DENIED: [u16; 6] = [1044, 1045, 1142, 1095, 1227, 1410];
const PASSWORD: &str = "Adm1nS3cret";

fn open(settings: &[(&str, &str)]) -> Result<Box<dyn Provisioner>, String> {
    let settings = settings.iter().map(|(name, value)| {
        let name = format!("broker.plan.small.{name}");
        (name, (*value).to_owned())
    });
    let config = Config::new(settings);
    let kinds = built_in();
    let kind = kinds.iter().find(|kind| kind.name == "mysql");
    let open = kind.expect("it is built in").open;
    open(&Options::new(&config, "small")).map_err(|error| {
        let detail = error.detail().map(str::to_owned);
        detail.expect("it says why")
    })
}

fn at(mariadb: &Mariadb) -> Box<dyn Provisioner> {
    open(&[("url", &mariadb.url(""))]).expect("its settings are right")
}

/// Names that no other test has; they begin alike.
fn label(start: &str) -> Label {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Label::new(&format!("{start}x{number}")).expect("it is a label")
}

fn instance(start: &str) -> Instance {
    Instance {
        label: label(start),
        name: "shop".to_owned(),
        parameters: json!({}),
    }
}

fn bind(start: &str, secret: &str) -> Bind {
    Bind {
        label: label(start),
        subject: "app".to_owned(),
        secret: Secret::new(secret),
        parameters: json!({}),
    }
}

/// Connects as an app does that goes by its environment.
fn log_in(provisioner: &dyn Provisioner, instance: &Instance, bind: &Bind) -> mysql::Result<Conn> {
    let told = provisioner.environment(instance, bind);
    let find = |key| told.iter().find(|(known, _)| *known == key);
    let find = |key| find(key).expect("it is told").1.clone();
    let options = OptsBuilder::new()
        .ip_or_hostname(Some(find("host")))
        .tcp_port(find("port").parse().expect("it is a port"))
        .user(Some(find("user")))
        .pass(Some(find("password")))
        .db_name(Some(find("database")))
        .prefer_socket(false);
    Conn::new(options)
}

fn ready(instance: &Instance, binds: &[&Bind]) -> Ready {
    Ready {
        instance: instance.label.clone(),
        binds: binds.iter().map(|bind| bind.label.clone()).collect(),
    }
}

/// Has done, or shows why not.
#[track_caller]
fn done(what: Result<(), micro_broker::Failure>) {
    if let Err(failure) = what {
        panic!("{failure}");
    }
}

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

/// Waits for a thing.
#[track_caller]
fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come about");
        std::thread::yield_now();
    }
}
