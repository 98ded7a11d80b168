//! What an app is told works after it is bound, and does not after it is unbound.

use mysql::prelude::Queryable;

use super::credentials::{connect, redis, redis_command, text, work};
use super::setup::Setup;
use crate::database::{Database, on_each_database};
use crate::mariadb::Mariadb;
use crate::redis::Reply;

on_each_database! {
    what_an_app_is_told_works_until_it_is_unbound,
}

fn what_an_app_is_told_works_until_it_is_unbound(database: &Database) {
    let (mut setup, mut plans) = (Setup::new(database), vec!["small"]);
    let redis = redis();
    if let Some(mariadb) = Mariadb::shared() {
        setup = setup.with_mariadb(mariadb);
        plans.push("database");
    }
    if let Some(redis) = &redis {
        setup = setup.with_redis(redis);
        plans.push("cache");
    }
    let service = setup.start();
    for plan in plans {
        service.create("blog", plan);
        let [shop, desk] = ["shop", "desk"].map(|app| service.bind("blog", app));
        assert!(work(&shop) && work(&desk), "{plan}");
        assert_ne!(shop, desk);
        assert_eq!(service.unbind("blog", "shop"), 200);
        assert!(!work(&shop) && work(&desk), "{plan}");
        assert_eq!(service.delete("blog"), 200);
        assert!(!work(&desk), "{plan}");
    }
    assert_eq!(service.orphans(), [""; 0]);
    service.end();
}

#[test]
fn in_mariadb_another_instance_is_out_of_reach() {
    let (Some(database), Some(mariadb)) = (Database::sqlite(), Mariadb::shared()) else {
        return;
    };
    let setup = Setup::new(&database).with_mariadb(mariadb);
    let service = setup.start();
    service.create("mine", "database");
    service.create("other", "database");
    let [mine, twin] = ["shop", "desk"].map(|app| service.bind("mine", app));
    let other = service.bind("other", "shop");
    let users = [&mine, &twin, &other].map(|told| text(told, "MYSQL_USER"));
    assert!(users[0] != users[1] && users[0] != users[2] && users[1] != users[2]);
    assert!(work(&other));
    let mut client = connect(&mine).expect("it is let in");
    let theirs = text(&other, "MYSQL_DATABASE");
    for sql in [
        format!("SELECT * FROM {theirs}.written"),
        format!("INSERT INTO {theirs}.written VALUES (1)"),
        format!("DROP DATABASE {theirs}"),
    ] {
        client.query_drop(&sql).expect_err(&sql);
    }
    service.end();
}

#[test]
fn in_redis_another_instance_is_out_of_reach() {
    let (Some(database), Some(redis)) = (Database::sqlite(), redis()) else {
        return;
    };
    let setup = Setup::new(&database).with_redis(&redis);
    let service = setup.start();
    service.create("mine", "cache");
    service.create("other", "cache");
    let [mine, twin] = ["shop", "desk"].map(|app| service.bind("mine", app));
    let other = service.bind("other", "shop");
    assert_ne!(text(&mine, "REDIS_USERNAME"), text(&twin, "REDIS_USERNAME"));
    assert!(work(&other));
    let key = format!("{}written", text(&other, "REDIS_PREFIX"));
    for words in [
        &["GET", &key][..],
        &["SET", &key, "2"],
        &["DEL", &key],
        &["FLUSHALL"],
    ] {
        let told = redis_command(&mine, words).expect("it answers");
        assert!(matches!(told, Reply::Error(_)), "{words:?}: {told:?}");
    }
    assert_eq!(redis.command(&["GET", &key]), Reply::Text("1".to_owned()));
    service.end();
}

#[test]
fn an_app_finds_it_where_the_plan_says() {
    let (Some(database), Some(mariadb)) = (Database::sqlite(), Mariadb::shared()) else {
        return;
    };
    let setup = Setup::new(&database).with_mariadb(mariadb);
    let service = setup
        .with("BROKER_PLAN_DATABASE_ENV_HOST", "SHOP_DB_HOST")
        .start();
    service.create("blog", "database");
    let told = service.bind("blog", "shop");
    assert_eq!(text(&told, "SHOP_DB_HOST"), "127.0.0.1");
    assert!(told.get("MYSQL_HOST").is_none());
    assert!(told.get("MYSQL_PASSWORD").is_some());
    service.end();
}
