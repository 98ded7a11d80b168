//! How a server is named, and what is said if it cannot be reached; a password never is.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use micro_api::Config;
use micro_store::{Error, ErrorKind, Store};

use crate::mariadb::Mariadb;
use crate::support::{NAMES, store_at};

const QUICK: Duration = Duration::from_secs(5);

#[track_caller]
fn refused(url: &str) -> Error {
    let begin = Instant::now();
    let error = store_at(url, NAMES)
        .ready()
        .wait()
        .expect_err("it cannot be opened");
    assert!(begin.elapsed() < QUICK, "it is said at once");
    error
}

#[track_caller]
fn unreadable(url: &str) -> String {
    let config = Config::new([("database.test.url", url)]);
    match Store::open(&config, "test", NAMES) {
        Ok(_) => panic!("{url} can be read"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        listener.local_addr().expect("it is bound").port()
    };
    let error = refused(&format!("mysql://app:hunter2@127.0.0.1:{port}/test"));
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let told = error.to_string();
    assert!(
        told.starts_with(&format!("cannot connect to 127.0.0.1:{port}: ")),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");
    assert_eq!(micro_api::Error::from(error).status(), 503);
}

#[test]
fn who_may_not_enter_is_told() {
    let Some(server) = Mariadb::shared() else {
        return;
    };
    let port = server.port();
    let error = refused(&format!("mysql://nobody:hunter2@127.0.0.1:{port}/mysql"));
    assert_eq!(error.kind(), ErrorKind::Broken);
    assert_eq!(
        error.to_string(),
        format!(
            "cannot connect to 127.0.0.1:{port}: Access denied for user 'nobody'@'127.0.0.1' (using \
             password: YES) (1045)"
        )
    );
    let error = refused(&server.url("nothing_here"));
    assert_eq!(
        error.to_string(),
        format!("cannot connect to 127.0.0.1:{port}: Unknown database 'nothing_here' (1049)")
    );
}

#[test]
fn passwords_may_hold_anything() {
    let Some(server) = Mariadb::shared() else {
        return;
    };
    server.create_database("passwords");
    server.execute("CREATE USER 'a@b'@'%' IDENTIFIED BY 'p@ss:/w%rd'");
    server.execute("GRANT ALL ON passwords.* TO 'a@b'@'%'");
    let port = server.port();
    let url = format!("mysql://a%40b:p%40ss%3A%2Fw%25rd@127.0.0.1:{port}/passwords");
    store_at(&url, NAMES)
        .ready()
        .wait()
        .expect("it is the right one");
    let url = format!("mysql://a%40b:p%40ss%3A%2Fwrong@localhost:{port}/passwords");
    let told = refused(&url).to_string();
    assert!(!told.contains("wrong") && !told.contains("p@ss"), "{told}");
}

#[test]
fn the_settings_of_a_line_without_a_name_are_used() {
    let Some(server) = Mariadb::shared() else {
        return;
    };
    server.create_database("settings");
    server.execute("CREATE USER 'set'@'%' IDENTIFIED BY 'hunter2'");
    server.execute("GRANT ALL ON settings.* TO 'set'@'%'");
    let settings = |password: &str| {
        Config::new([
            ("db.user", "set".to_owned()),
            ("db.password", password.to_owned()),
            ("db.database", "settings".to_owned()),
            ("db.host", "127.0.0.1".to_owned()),
            ("db.port", server.port().to_string()),
        ])
    };
    let open = |password| {
        let store = Store::open(&settings(password), "db", NAMES).expect("its threads start");
        store.ready().wait()
    };
    open("hunter2").expect("it is the right one");
    let told = open("hunter3").expect_err("it is another").to_string();
    assert!(!told.contains("hunter"), "{told}");
}

#[test]
fn what_is_no_url_is_refused_and_not_told() {
    let head = "`database.test.url` is neither `sqlite:PATH` nor \
                `mysql://USER:PASSWORD@HOST:PORT/DATABASE`: ";
    for (url, why) in [
        ("mysql://app:hunter2@host", "it has no database"),
        ("mysql://app:hunter2@host/", "it has no database"),
        ("mysql://:hunter2@host/test", "it has no user"),
        ("mysql://app:hunter2@/test", "it cannot be read"),
        ("mysql://app:hunter2@host:port/test", "it cannot be read"),
        ("mysql://app:hunter2@host:99999/test", "it cannot be read"),
        ("mysql:app:hunter2@host/test", "it cannot be read"),
        ("postgres://app:hunter2@host/test", "it cannot be read"),
        ("hunter2://app@host/test", "it cannot be read"),
        ("hunter2", "it cannot be read"),
        (
            "mysql://app:hunter2@host/test?ssl=1",
            "it has options, which are none of ours",
        ),
    ] {
        assert_eq!(unreadable(url), format!("{head}{why}"), "{url}");
    }
}
