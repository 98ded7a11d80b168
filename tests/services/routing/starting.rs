//! When the service does not start, and what it says then.

use std::thread::{self, ScopedJoinHandle};

use super::service::{Service, command};
use crate::database::{Database, on_each_database};
use crate::mariadb::Mariadb;
use crate::program::run_command;

on_each_database! {
    without_a_token_it_does_not_start,
    with_a_token_that_is_wrong_it_does_not_start,
    with_settings_that_make_no_sense_it_does_not_start,
    a_newer_database_is_refused,
    several_start_at_once,
}

/// What it says when it does not start.
#[track_caller]
fn refusal(database: &Database, environment: &[(&str, &str)]) -> String {
    let mut command = command(database);
    command.env_remove("ROUTING_ADMIN_TOKEN");
    let (code, _, told) = run_command(command.envs(environment.iter().copied()));
    assert_eq!(code, 1, "{told}");
    told
}

fn without_a_token_it_does_not_start(database: &Database) {
    for environment in [&[][..], &[("ROUTING_ADMIN_TOKEN", " ")]] {
        let told = refusal(database, environment);
        assert!(
            told.contains(
                "no admin token is configured: set ROUTING_ADMIN_TOKEN to one (or to several, \
                 with commas between), or ROUTING_ADMIN_TOKEN_FILE to a file that holds it"
            ),
            "{told}"
        );
    }
}

fn with_a_token_that_is_wrong_it_does_not_start(database: &Database) {
    let tokens = "0123456789abcdef,hunter2hunter2";
    let told = refusal(database, &[("ROUTING_ADMIN_TOKEN", tokens)]);
    let why = "`routing.admin_token`: admin token 2 of 2: has 14 characters: expected 16 to 256";
    assert!(told.contains(why), "{told}");
    assert!(!told.contains("hunter2") && !told.contains("0123456789abcdef"));
}

fn with_settings_that_make_no_sense_it_does_not_start(database: &Database) {
    let token = ("ROUTING_ADMIN_TOKEN", "0123456789abcdef");
    let redis = ("ROUTING_REDIS_URL", "redis://127.0.0.1:1");
    for (name, value, why) in [
        (
            "ROUTING_SWEEP_EVERY",
            "10000000000000000000",
            "`routing.sweep_every` is 10000000000000000000 s, expected 0.001 s to 86400 s",
        ),
        (
            "ROUTING_BACKENDS_MAX",
            "0",
            "`routing.backends_max` is 0, expected 1 to 10000",
        ),
        (
            "ROUTING_PAGE_MAX",
            "0",
            "`routing.page_max` is 0, expected 1 to 100000",
        ),
        ("ROUTING_MAPPINGS_MAX", "many", "`many`"),
        ("ROUTING_WAIT_MAX", "soon", "`soon`"),
        (
            "ROUTING_REDIS_URL",
            "localhost:6379",
            "`routing.redis_url` has no scheme, expected `redis://HOST:PORT` or `redis+unix:///PATH`",
        ),
        (
            "ROUTING_PAGE_MAX",
            "100001",
            "`routing.page_max` is 100001, expected 1 to 100000",
        ),
        (
            "DATABASE_ROUTING_URL",
            "postgres://x",
            "database.routing.url",
        ),
    ] {
        let told = refusal(database, &[token, redis, (name, value)]);
        assert!(told.contains(why), "{told}");
    }
}

fn a_newer_database_is_refused(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    service.end();
    database.run("INSERT INTO micro_migration VALUES ('routing', 1000, 'of tomorrow')");
    let told = refusal(database, &[("ROUTING_ADMIN_TOKEN", "0123456789abcdef")]);
    let version = database.run("SELECT COUNT(*) FROM micro_migration");
    let version = version.expect("they can be counted");
    let known = version - 1;
    let why = format!(
        "the tables of routing have version {version}, but this program knows versions up to \
         {known}: they were made by a newer one"
    );
    assert!(told.contains(&why), "{told}");
    database.run("DELETE FROM micro_migration WHERE version = 1000");
    let service = Service::start(database);
    assert_eq!(service.pages("acme", 10).len(), 1);
}

fn several_start_at_once(database: &Database) {
    let services: Vec<Service> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Service::start(database)))
            .collect();
        let started = threads.into_iter().map(ScopedJoinHandle::join);
        started.map(|service| service.expect("it starts")).collect()
    });
    services[0].create("acme", "a.example.org", &["http://a:1"]);
    for service in &services {
        let answer = service.get("/v1/acme/mapping/a.example.org");
        assert_eq!(answer.status, 200);
    }
}

#[test]
fn without_its_database_it_does_not_start() {
    let Some(mut mariadb) = Mariadb::start() else {
        return;
    };
    mariadb.execute("CREATE USER keeper@'%' IDENTIFIED BY 'a-s3cret'");
    let database = Database::of(&mariadb);
    let token = ("ROUTING_ADMIN_TOKEN", "0123456789abcdef");
    let port = mariadb.port();
    let url =
        |password: &str, name: &str| format!("mysql://keeper:{password}@127.0.0.1:{port}/{name}");
    for url in [url("wr0ng", "routing"), url("a-s3cret", "nothing")] {
        let told = refusal(&database, &[token, ("DATABASE_ROUTING_URL", &url)]);
        assert!(told.contains("enied"), "{told}");
        assert!(
            !told.contains("wr0ng") && !told.contains("a-s3cret"),
            "{told}"
        );
    }
    mariadb.stop();
    let told = refusal(
        &database,
        &[token, ("DATABASE_ROUTING_URL", &url("a-s3cret", "routing"))],
    );
    assert!(told.contains("refused"), "{told}");
    assert!(!told.contains("a-s3cret"), "{told}");
}

#[test]
fn without_a_folder_for_its_file_it_does_not_start() {
    let Some(database) = Database::sqlite() else {
        return;
    };
    let token = ("ROUTING_ADMIN_TOKEN", "0123456789abcdef");
    let url = ("DATABASE_ROUTING_URL", "sqlite:/nowhere/at/all/routing.db");
    let told = refusal(&database, &[token, url]);
    let why = "cannot open the database `/nowhere/at/all/routing.db`: its folder does not exist";
    assert!(told.contains(why), "{told}");
}
