//! The mistakes of the systems that this one grows from, one by one: none of them comes back.

use super::service::{Service, line, mapping};
use crate::database::{Database, on_each_database};

on_each_database! {
    a_put_of_another_project_adds_no_backends,
    a_second_put_adds_no_backends_twice,
    a_wrong_shape_is_no_200,
    an_unknown_project_is_empty_and_an_unknown_domain_is_404,
    an_empty_domain_is_a_400,
    an_empty_list_of_backends_changes_nothing,
    a_name_in_upper_case_with_a_dot_is_the_same,
    an_invalid_put_leaves_what_was_there,
    what_was_added_is_there_after_a_restart,
}

const DOMAIN: &str = "tool.example.org";

fn a_put_of_another_project_adds_no_backends(database: &Database) {
    let service = Service::start(database);
    service.create("victim", DOMAIN, &["http://v:1"]);
    let evil = mapping(DOMAIN, &["http://evil:1"]);
    assert_eq!(service.put("/v1/evil/mapping", &evil).status, 409);
    let path = format!("/v1/evil/mapping/{DOMAIN}");
    assert_eq!(service.post(&path, &evil).status, 404);
    assert_eq!(service.export(), line("victim", DOMAIN, &["http://v:1"]));
}

fn a_second_put_adds_no_backends_twice(database: &Database) {
    let service = Service::start(database);
    service.create("acme", DOMAIN, &["http://a:1", "http://b:1"]);
    for _ in 0..2 {
        let same = mapping(DOMAIN, &["http://a:1", "http://b:1"]);
        service.put("/v1/acme/mapping", &same).is(200, &same);
    }
    let other = mapping(DOMAIN, &["http://c:1"]);
    service.put("/v1/acme/mapping", &other).is(200, &other);
    assert_eq!(service.export(), line("acme", DOMAIN, &["http://c:1"]));
}

fn a_wrong_shape_is_no_200(database: &Database) {
    let service = Service::start(database);
    for body in [
        "Valid JSON but no object",
        "\"x\"",
        "{}",
        "{\"domain\": \"a.b\"}",
    ] {
        let answer = service.put("/v1/acme/mapping", body);
        assert_eq!(answer.status, 400);
        assert!(answer.json()["error"].is_string());
    }
    assert_eq!(service.export(), "");
}

fn an_unknown_project_is_empty_and_an_unknown_domain_is_404(database: &Database) {
    let service = Service::start(database);
    assert_eq!(service.get("/v1/nobody/mapping").json()["total"], 0);
    let path = format!("/v1/nobody/mapping/{DOMAIN}");
    let wanted = mapping(DOMAIN, &["http://a:1"]);
    for (method, body) in [("GET", ""), ("DELETE", ""), ("POST", &*wanted)] {
        let answer = service.send(method, &path, body);
        answer.is_failure(
            404,
            "tenant `nobody` has no mapping of the domain `tool.example.org`",
        );
    }
}

fn an_empty_domain_is_a_400(database: &Database) {
    let service = Service::start(database);
    service.create("acme", DOMAIN, &["http://a:1"]);
    let told = "`domain`: the domain is empty: expected a name such as `example.org`";
    let empty = mapping("", &["http://a:1"]);
    service
        .put("/v1/acme/mapping", &empty)
        .is_failure(400, told);
    let path = format!("/v1/acme/mapping/{DOMAIN}");
    service.post(&path, &empty).is_failure(400, told);
    assert_eq!(
        service
            .put("/v1/acme/mapping", &mapping(".", &["http://a:1"]))
            .status,
        400
    );
    assert_eq!(service.export(), line("acme", DOMAIN, &["http://a:1"]));
}

fn an_empty_list_of_backends_changes_nothing(database: &Database) {
    let service = Service::start(database);
    service.create("acme", DOMAIN, &["http://a:1"]);
    let told = "`backends` has 0 URLs: expected 1 to 64";
    let none = mapping(DOMAIN, &[]);
    service.put("/v1/acme/mapping", &none).is_failure(400, told);
    let path = format!("/v1/acme/mapping/{DOMAIN}");
    service.post(&path, &none).is_failure(400, told);
    assert_eq!(service.export(), line("acme", DOMAIN, &["http://a:1"]));
}

fn a_name_in_upper_case_with_a_dot_is_the_same(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "EXAMPLE.org.", &["http://a:1"]);
    for name in ["example.org", "EXAMPLE.org.", "Example.Org"] {
        let answer = service.get(&format!("/v1/acme/mapping/{name}"));
        answer.is(200, &mapping("example.org", &["http://a:1"]));
    }
}

fn an_invalid_put_leaves_what_was_there(database: &Database) {
    let service = Service::start(database);
    service.create("acme", DOMAIN, &["http://a:1"]);
    let path = format!("/v1/acme/mapping/{DOMAIN}");
    let wrong = mapping(DOMAIN, &["http://b:1", "b"]);
    assert_eq!(service.put(&path, &wrong).status, 400);
    let answer = service.get(&path);
    answer.is(200, &mapping(DOMAIN, &["http://a:1"]));
    assert_eq!(answer.header("etag"), Some("\"1-1\""));
}

fn what_was_added_is_there_after_a_restart(database: &Database) {
    let service = Service::start(database);
    for at in 0..70 {
        service.create("acme", &format!("n{at}.example.org"), &["http://a:1/"]);
    }
    service.delete("/v1/acme/mapping/n5.example.org");
    let (exported, listed) = (service.export(), service.pages("acme", 9));
    service.end();
    for end in [Service::end, Service::kill] {
        let service = Service::start(database);
        assert_eq!(service.export(), exported);
        assert_eq!(service.pages("acme", 9), listed);
        let answer = service.get("/v1/acme/mapping/n0.example.org");
        assert_eq!(answer.header("etag"), Some("\"1-1\""));
        end(service);
    }
}
