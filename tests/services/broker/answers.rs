//! What is answered to what: every row of the API, in both encodings and as every generation of the
//! platform asks.

use micro_api::{Value, json};

use super::asking::{LOGIN, ask};
use super::cases::{CASES, Case};
use super::service::Service;
use super::setup::Setup;
use crate::database::{Database, on_each_database};

on_each_database! {
    every_row_of_the_api_has_its_status,
    what_is_wrong_is_told_as_the_platform_has_it,
    who_binds_twice_is_told_the_same,
    an_update_with_nothing_changes_nothing,
    without_the_login_nothing_is_done,
}

fn every_row_of_the_api_has_its_status(database: &Database) {
    let setup = Setup::new(database);
    let service = setup.start();
    for Case(method, path, content, status) in CASES {
        let answer = service.send(method, path, content);
        let told = answer.text();
        assert_eq!(answer.status, *status, "{method} {path} {content}: {told}");
        // Each is asked for on a connection that is to be ended.
        assert_eq!(
            answer.header("connection"),
            Some("close"),
            "{method} {path}"
        );
        if *status == 405 {
            assert!(answer.header("allow").is_some(), "{method} {path}");
        }
    }
    service.delete("blog");
    service.delete("slash");
    service.delete("form");
    assert_eq!(setup.files(), [""; 0]);
    service.end();
}

fn what_is_wrong_is_told_as_the_platform_has_it(database: &Database) {
    let setup = Setup::new(database);
    let service = setup.start();
    let told = |method: &str, path: &str, content: &str| service.send(method, path, content).json();
    let why = "an instance cannot have the name `plans`: expected another one";
    assert_eq!(
        told("POST", "/resources", "name=plans"),
        json!({"code": 400, "message": why, "fields": "name"})
    );
    assert_eq!(
        told("POST", "/resources", "name=a&plan=huge"),
        json!({"code": 400, "message": "there is no plan `huge`: expected one of `small`",
            "fields": "plan"})
    );
    assert_eq!(
        told("GET", "/resources/none", ""),
        json!({"code": 404, "message": "there is no instance `none`", "fields": ""})
    );
    service.create("a", "small");
    assert_eq!(
        told("POST", "/resources", "name=a"),
        json!({"code": 409, "message": "there is an instance `a` already", "fields": ""})
    );
    let headers = [("Authorization", LOGIN), ("Content-Type", "text/xml")];
    let answer = ask(service.address, "POST", "/resources", &headers, "<name/>");
    assert_eq!(answer.expect("it answers").status, 415);
    service.end();
}

fn who_binds_twice_is_told_the_same(database: &Database) {
    let setup = Setup::new(database);
    let service = setup.start();
    service.create("blog", "small");
    let first = service.bind("blog", "shop");
    assert_eq!(service.bind("blog", "shop"), first);
    let again = service.send("POST", "/resources/blog/bind-app", r#"{"appName": "shop"}"#);
    assert_eq!(again.json(), first);
    // A job or a unit is another one than an app of the same name.
    let job = service.send("PUT", "/resources/blog/binds/jobs/shop", "");
    let unit = service.send("POST", "/resources/blog", "hostname=shop");
    for other in [&service.bind("blog", "desk"), &job.json(), &unit.json()] {
        assert_ne!(*other, first);
    }
    assert_eq!(info(&service, "blog", "Binds"), "4");
    assert_eq!(service.unbind("blog", "shop"), 200);
    assert_eq!(service.unbind("blog", "shop"), 404);
    assert_ne!(service.bind("blog", "shop"), first);
    service.end();
}

fn an_update_with_nothing_changes_nothing(database: &Database) {
    let setup = Setup::new(database);
    let service = setup.start();
    let content = "name=blog&plan=small&description=posts&team=us&tags=a&tags=b";
    service.send("POST", "/resources", content).is(201, "");
    let before = service.send("GET", "/resources/blog", "").json();
    for content in [
        "plan=&description=",
        "",
        r#"{"plan": "", "description": null}"#,
        "{}",
    ] {
        service.send("PUT", "/resources/blog", content).is(200, "");
        assert_eq!(service.send("GET", "/resources/blog", "").json(), before);
    }
    service
        .send("PUT", "/resources/blog", "team=them")
        .is(200, "");
    for (label, value) in [
        ("State", "up"),
        ("Plan", "small"),
        ("Team", "them"),
        ("Description", "posts"),
        ("Tags", "a, b"),
    ] {
        assert_eq!(info(&service, "blog", label), value);
    }
    service.end();
}

fn without_the_login_nothing_is_done(database: &Database) {
    let setup = Setup::new(database);
    let service = setup.start();
    let wrong = "Basic dHN1cnU6b3Blbi1zZXNhbWU/";
    for Case(method, path, content, status) in CASES {
        if *path == "/openapi.json" || [404, 405].contains(status) && !is_known(path) {
            continue;
        }
        for headers in [&[][..], &[("Authorization", wrong)]] {
            let answer = ask(service.address, method, path, headers, content);
            let answer = answer.expect("it answers");
            if answer.status != 405 {
                assert_eq!(answer.status, 401, "{method} {path}");
                let challenge = answer.header("www-authenticate").unwrap_or_default();
                assert!(challenge.starts_with("Basic realm="), "{challenge}");
            }
        }
    }
    assert_eq!(
        database.run("SELECT COUNT(*) FROM broker_instance"),
        Some(0)
    );
    service.end();
}

fn is_known(path: &str) -> bool {
    path.starts_with("/resources") || path.starts_with("/admin")
}

/// What is told of an instance under a label.
#[track_caller]
fn info(service: &Service, name: &str, label: &str) -> String {
    let told = service
        .send("GET", &format!("/resources/{name}"), "")
        .json();
    let told = told.as_array().expect("it is a list");
    let found = told.iter().find(|pair| pair["label"] == label);
    let value = found.map(|pair| pair["value"].as_str());
    let value: Option<&str> = value.flatten();
    value
        .unwrap_or_else(|| panic!("no `{label}` is told"))
        .to_owned()
}

#[test]
fn the_plans_are_those_that_are_configured() {
    let Some(database) = Database::sqlite() else {
        return;
    };
    let setup = Setup::new(&database);
    let service = setup.start();
    let plans: Value = service.send("GET", "/resources/plans", "").json();
    let small = json!({"name": "small", "description": "a SQLite database of 64 MiB"});
    assert_eq!(plans, json!([small]));
    service.end();
}
