//! The files of the Python family.

use super::{PING, definition};
use crate::config::DatabaseAddress;
use crate::diagnostics::render;

#[test]
fn databases_in_three_spellings() {
    let lines = [
        "DATABASE one sqlite:a.db",
        "DATABASE user=u port=1",
        "DATABASE two pg host pool=true",
        "DATABASE three mysql://u@h/d",
    ];
    let loaded = definition(&[&PING[..], &lines].concat())
        .config("db.password=p")
        .env("DATABASE_NAME", "n")
        .env("DATABASE_THREE_URL", "mysql://u:p@h:3307/d")
        .load();
    let refused: Vec<String> = loaded
        .refuse_to_run()
        .iter()
        .map(|one| render(one, &loaded.sources))
        .collect();
    let expected = "error: `DATABASE` is checked but cannot run yet
  --> test.micro:6:1
   |
 6 | DATABASE two *** *** pool=***
   | ^^^^^^^^
   = help: write `DATABASE name sqlite:file` or `DATABASE name mysql://user@host/db`
";
    assert_eq!(refused, [expected]);
    let service = loaded.service.expect("it can be checked");
    assert_eq!(
        service.databases[0].address,
        DatabaseAddress::Url("sqlite:a.db".to_owned())
    );
    assert_eq!(service.databases[1].address, DatabaseAddress::Settings);
    assert!(
        matches!(&service.databases[2].address, DatabaseAddress::Foreign { words, options }
        if words == &["pg", "host"] && options == &[("pool".to_owned(), "true".to_owned())])
    );
    let url = "mysql://u:p@h:3307/d";
    assert_eq!(
        service.databases[3].address,
        DatabaseAddress::Url(url.to_owned())
    );
    assert_eq!(service.config.find("database.one.url"), Some("sqlite:a.db"));
    assert_eq!(service.config.find("database.two.url"), None);
    assert_eq!(service.config.find("database.three.url"), Some(url));
    assert_eq!(
        service.config.find("database.three.is_active"),
        Some("true")
    );
    assert_eq!(service.config.find("db.is_active"), Some("true"));
    assert_eq!(service.config.find("db.isolation"), Some("READ COMMITTED"));
    assert_eq!(service.config.find("db.port"), Some("1"));
    assert_eq!(service.config.find("db.password"), Some("p"));
    assert_eq!(service.config.find("db.database"), Some("n"));
}

#[test]
fn a_database_that_is_switched_off_is_none_of_the_service() {
    let lines = [
        "DATABASE one sqlite:a.db is_active=false",
        "DATABASE user=u",
        "DATABASE two pg host is_active=f",
        "DATABASE three sqlite:b.db",
    ];
    let loaded = definition(&[&PING[..], &lines].concat())
        .config("db.is_active=false")
        .env("DATABASE_THREE_IS_ACTIVE", "0")
        .load();
    assert_eq!(loaded.refuse_to_run(), []);
    let service = loaded.service.expect("it is right");
    assert!(service.databases.is_empty());
    let find = |name| service.config.find(name);
    assert_eq!(find("database.one.is_active"), Some("false"));
    assert_eq!(find("database.three.is_active"), Some("0"));

    let loaded = definition(&[&PING[..], &lines].concat())
        .env("DATABASE_ONE_IS_ACTIVE", "true")
        .env("DATABASE_TWO_IS_ACTIVE", "true")
        .load();
    assert_eq!(loaded.refuse_to_run().len(), 1);
    assert_eq!(loaded.service.expect("it is right").databases.len(), 4);
}

#[test]
fn the_familys_orders_load() {
    // Each word that the family's state machines take behind each other.
    let orders: &[&[&str]] = &[
        &[
            "CONNECTION c http://c",
            "SERVER a 1",
            "ROUTE /",
            "GET a.b",
            "CONNECTION d http://d",
            "SERVER b 2",
            "ROUTE /",
            "PUT a.b",
        ],
        &[
            "SERVER a 1",
            "CONFIG x.y",
            "CONNECTION c http://c",
            "CONFIG x.z",
            "RESOURCE r /",
            "CONFIG x.w",
            "SERVER b 2",
            "ROUTE /",
            "GET a.b",
        ],
        &[
            "SERVER a 1",
            "ROUTE /",
            "GET a.b",
            "SETUP a.b",
            "ENUM e 1",
            "TEARDOWN a.b",
            "LOG name=x",
            "DATABASE user=x",
            "CONFIG x.y",
            "ROUTE /x",
            "GET a.b",
        ],
        &[
            "CONFIG_SERVER a 1",
            "SERVER a",
            "ROUTE /",
            "GET a.b",
            "CONFIG_SERVER b 2 handler=x.Y",
            "SERVER b",
            "ROUTE /",
            "DELETE a.b",
        ],
        &[
            "CONNECTION c http://c is_debug=true handler=x.Y wrapper=x.y setup=x.y",
            "HEADER a code=x.y",
            "RESOURCE r /r is_debug=f",
            "RESOURCE s /s",
            "OPTIONAL o",
        ],
        &[
            "CONFIG f validate=tests.my_validate",
            "LOG",
            "ENUM e a b",
            "LOG level=debug",
        ],
        &[
            "SERVER a 0",
            "ROUTE /",
            "GET a.b cursor=x",
            "RESPONSE html compress=true",
            "SERVER b 0",
            "ROUTE /",
            "PATCH a.b",
        ],
    ];
    for lines in orders {
        let loaded = definition(lines).load();
        assert!(
            loaded.service.is_some(),
            "{lines:?}: {:?}",
            loaded.diagnostics
        );
    }
}

#[test]
fn old_names_of_settings_are_understood() {
    let lines = [
        "CONFIG_SERVER a 1",
        "SERVER a",
        "ROUTE /",
        "GET a.b",
        "CONNECTION c http://c",
    ];
    let service = definition(&lines)
        .config("a.port=2")
        .config("connection.c.is_debug=false")
        .service();
    assert_eq!(service.listeners[0].port, 2);
    assert!(!service.connections[0].is_verbose);
}
