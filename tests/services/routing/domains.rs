//! Domains as people write them, in content and in paths: one domain, one mapping.

use super::service::{Service, line, mapping};
use crate::database::{Database, on_each_database};

on_each_database! {
    a_domain_has_one_form,
    the_domain_of_a_path_has_that_form,
    a_domain_in_another_form_is_the_same,
    a_tenant_has_case,
    the_longest_names_fit,
}

fn a_domain_has_one_form(database: &Database) {
    let service = Service::start(database);
    for (written, stored) in [
        ("EXAMPLE.org.", "example.org"),
        ("Bücher.Example", "xn--bcher-kva.example"),
        ("bu\u{308}cher2.example", "xn--bcher2-3ya.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("*.Straße.example.", "*.xn--strae-oqa.example"),
        ("XN--MAANA-PTA.example", "xn--maana-pta.example"),
        ("localhost", "localhost"),
    ] {
        let answer = service.put("/v1/acme/mapping", &mapping(written, &["http://a:1"]));
        answer.is(201, &mapping(stored, &["http://a:1"]));
        let location = format!("/v1/acme/mapping/{stored}");
        assert_eq!(answer.header("location"), Some(&*location));
        assert_eq!(service.get(&location).status, 200);
    }
}

fn the_domain_of_a_path_has_that_form(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "*.example.org", &["http://a:1"]);
    service.create("acme", "xn--bcher-kva.example", &["http://b:1"]);
    for (path, domain, backend) in [
        ("%2A.example.org", "*.example.org", "http://a:1"),
        ("*.EXAMPLE.org.", "*.example.org", "http://a:1"),
        ("%2a%2Eexample%2eorg", "*.example.org", "http://a:1"),
        ("b%C3%BCcher.example", "xn--bcher-kva.example", "http://b:1"),
        (
            "B%C3%9CCHER.example.",
            "xn--bcher-kva.example",
            "http://b:1",
        ),
    ] {
        let path = format!("/v1/acme/mapping/{path}");
        service.get(&path).is(200, &mapping(domain, &[backend]));
    }
    let answer = service.delete("/v1/acme/mapping/%2A.Example.ORG.");
    answer.is(200, &mapping("*.example.org", &["http://a:1"]));
    let answer = service.get("/v1/acme/mapping/a%2Fb");
    answer.is_failure(
        400,
        "the domain: the domain `a/b` has a `/`: expected letters, digits and hyphens between dots",
    );
}

fn a_domain_in_another_form_is_the_same(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "bücher.example", &["http://a:1"]);
    for written in [
        "BÜCHER.example",
        "xn--bcher-kva.example.",
        "bu\u{308}cher.example",
    ] {
        let wanted = mapping(written, &["http://a:1"]);
        let answer = service.put("/v1/acme/mapping", &wanted);
        assert_eq!(
            (answer.status, answer.header("etag")),
            (200, Some("\"1-1\""))
        );
        let answer = service.put("/v1/rival/mapping", &wanted);
        answer.is_failure(
            409,
            "the domain `xn--bcher-kva.example` belongs to another tenant",
        );
    }
    let stored = line("acme", "xn--bcher-kva.example", &["http://a:1"]);
    assert_eq!(service.export(), stored);
}

fn a_tenant_has_case(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    service.create("ACME", "b.example.org", &["http://b:1"]);
    assert_eq!(service.pages("acme", 10).len(), 1);
    let answer = service.get("/v1/ACME/mapping/a.example.org");
    assert_eq!(answer.status, 404);
}

fn the_longest_names_fit(database: &Database) {
    let service = Service::start(database);
    let label = "a".repeat(63);
    let domain = format!("*.{label}.{label}.{label}.{}", "b".repeat(59));
    assert_eq!(domain.len(), 253);
    let tenant = "T".repeat(64);
    let answer = service.create(&tenant, &domain, &["http://a:1"]);
    let location = format!("/v1/{tenant}/mapping/{domain}");
    assert_eq!(answer.header("location"), Some(&*location));
    assert_eq!(service.get(&location).status, 200);
    let longer = service.put(
        &format!("/v1/{tenant}/mapping"),
        &mapping(&format!("{domain}b"), &["http://a:1"]),
    );
    assert_eq!(longer.status, 400);
    assert_eq!(service.delete(&location).status, 200);
}
