//! Secrets are nowhere but in the answers that tell them: not in the log, and not in the database.

use std::path::Path;

use micro_api::Value;

use super::credentials::{REDIS_PASSWORD, redis, work};
use super::setup::{KEY, PASSWORD, Setup};
use crate::database::Database;
use crate::mariadb::Mariadb;

/// The password of an administrator.
const ADMINISTRATOR: &str = "Adm1nS3cret";

#[test]
fn no_secret_is_logged_or_lies_in_the_database() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let database = Database::in_folder(folder.path());
    let mut setup = Setup::new(&database).with("LOG_LEVEL", "trace");
    let (mut plans, redis) = (vec!["small"], redis());
    if let Some(mariadb) = Mariadb::shared() {
        mariadb.execute(&format!(
            "CREATE USER keeper@'%' IDENTIFIED BY '{ADMINISTRATOR}'; \
             GRANT ALL ON *.* TO keeper@'%' WITH GRANT OPTION"
        ));
        let url = format!(
            "mysql://keeper:{ADMINISTRATOR}@127.0.0.1:{}/",
            mariadb.port()
        );
        setup = setup.with("BROKER_PLAN_DATABASE_URL", &url);
        plans.push("database");
    }
    if let Some(redis) = &redis {
        setup = setup.with_redis(redis);
        plans.push("cache");
    }
    let service = setup.start();
    let mut secrets = vec![
        PASSWORD.to_owned(),
        KEY.to_owned(),
        ADMINISTRATOR.to_owned(),
    ];
    secrets.push(REDIS_PASSWORD.to_owned());
    for plan in plans {
        service.create(plan, plan);
        for app in ["shop", "desk"] {
            let told = service.bind(plan, app);
            assert!(work(&told));
            secrets.extend(passwords(&told));
        }
        service.send(
            "POST",
            &format!("/resources/{plan}"),
            "hostname=10.10.10.10",
        );
        assert_eq!(service.unbind(plan, "desk"), 200);
        assert_eq!(
            service.status("GET", &format!("/resources/{plan}"), ""),
            200
        );
    }
    let files = contents(folder.path());
    let log = service.end().join("\n");
    assert!(log.contains("done: bind app shop"), "{log}");
    for secret in &secrets {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
        for (name, bytes) in files.iter().chain(&contents(folder.path())) {
            assert!(!has(bytes, secret.as_bytes()), "{secret} is in {name}");
        }
    }
    let key: Vec<u8> = (0..KEY.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&KEY[at..at + 2], 16).expect("it is a byte"))
        .collect();
    for (name, bytes) in &files {
        assert!(!has(bytes, &key), "the key is in {name}");
    }
}

/// The passwords of an environment.
fn passwords(environment: &Value) -> Vec<String> {
    let told = environment.as_object().expect("it is an object").iter();
    let told = told.filter(|(name, _)| name.ends_with("_PASSWORD"));
    told.map(|(_, value)| value.as_str().expect("it is text").to_owned())
        .collect()
}

/// The files of a folder.
#[track_caller]
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder).expect("it is there");
    let paths = files.map(|file| file.expect("it can be read").path());
    let read = |path: std::path::PathBuf| {
        let bytes = std::fs::read(&path).expect("it can be read");
        (path.display().to_string(), bytes)
    };
    let files: Vec<_> = paths.map(read).collect();
    assert!(!files.is_empty());
    files
}

fn has(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
