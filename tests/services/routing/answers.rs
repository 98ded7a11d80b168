//! What each request of the API is answered with, byte for byte.

use super::service::{Service, TOKEN, line, mapping};
use crate::database::{Database, on_each_database};
use crate::support::Answer;

on_each_database! {
    a_mapping_is_created,
    a_mapping_is_read,
    a_mapping_is_replaced_by_its_tenant,
    what_is_the_same_stays_the_same,
    the_domain_of_another_tenant_is_taken,
    a_mapping_is_updated,
    a_mapping_gets_another_domain,
    a_domain_that_is_taken_is_no_new_name,
    a_mapping_is_deleted,
    a_mapping_made_anew_is_another,
    the_mapping_of_another_tenant_is_not_there,
    backends_stay_byte_for_byte,
    heads_and_options,
    other_paths_and_methods_are_refused_in_json,
    there_is_no_mirror,
    the_api_is_described,
}

const SHOP: &str = r#"{"domain":"shop.example.org","backends":["http://10.0.0.1:80"]}"#;

fn tag(answer: &Answer) -> &str {
    answer.header("etag").expect("there is an entity-tag")
}

/// Checks status, content and the fields that matter.
#[track_caller]
fn is_shown(answer: &Answer, status: u16, body: &str, tag: &str) {
    answer.is(status, body);
    assert_eq!(answer.header("etag"), Some(tag));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let length = body.len().to_string();
    assert_eq!(answer.header("content-length"), Some(&*length));
}

fn a_mapping_is_created(database: &Database) {
    let service = Service::start(database);
    let answer = service.put("/v1/acme/mapping", SHOP);
    is_shown(&answer, 201, SHOP, "\"1-1\"");
    let location = answer.header("location");
    assert_eq!(location, Some("/v1/acme/mapping/shop.example.org"));
    let other = service.create("acme", "*.example.org", &["http://b:2"]);
    let location = other.header("location").expect("it is new");
    assert_eq!(location, "/v1/acme/mapping/*.example.org");
    service
        .get(location)
        .is(200, &mapping("*.example.org", &["http://b:2"]));
}

fn a_mapping_is_read(database: &Database) {
    let service = Service::start(database);
    service.get("/v1/acme/mapping/shop.example.org").is_failure(
        404,
        "tenant `acme` has no mapping of the domain `shop.example.org`",
    );
    service.put("/v1/acme/mapping", SHOP);
    let answer = service.get("/v1/acme/mapping/shop.example.org");
    is_shown(&answer, 200, SHOP, "\"1-1\"");
    assert_eq!(answer.header("location"), None);
}

fn a_mapping_is_replaced_by_its_tenant(database: &Database) {
    let service = Service::start(database);
    service.put("/v1/acme/mapping", SHOP);
    let other = mapping("shop.example.org", &["http://b:2", "http://a:1"]);
    let answer = service.put("/v1/acme/mapping", &other);
    is_shown(&answer, 200, &other, "\"1-2\"");
    assert_eq!(answer.header("location"), None);
    let answer = service.get("/v1/acme/mapping/shop.example.org");
    is_shown(&answer, 200, &other, "\"1-2\"");
    // Their order is a part of what was said.
    let turned = mapping("shop.example.org", &["http://a:1", "http://b:2"]);
    let answer = service.put("/v1/acme/mapping", &turned);
    is_shown(&answer, 200, &turned, "\"1-3\"");
    assert_eq!(service.pages("acme", 10).len(), 1);
}

fn what_is_the_same_stays_the_same(database: &Database) {
    let service = Service::start(database);
    service.put("/v1/acme/mapping", SHOP);
    for _ in 0..3 {
        is_shown(&service.put("/v1/acme/mapping", SHOP), 200, SHOP, "\"1-1\"");
        let path = "/v1/acme/mapping/shop.example.org";
        is_shown(&service.put(path, SHOP), 200, SHOP, "\"1-1\"");
        is_shown(&service.post(path, SHOP), 200, SHOP, "\"1-1\"");
    }
    let told = line("acme", "shop.example.org", &["http://10.0.0.1:80"]);
    assert_eq!(service.export(), told);
}

fn the_domain_of_another_tenant_is_taken(database: &Database) {
    let service = Service::start(database);
    service.put("/v1/acme/mapping", SHOP);
    let other = mapping("shop.example.org", &["http://evil:1"]);
    service.put("/v1/rival/mapping", &other).is_failure(
        409,
        "the domain `shop.example.org` belongs to another tenant",
    );
    let answer = service.get("/v1/acme/mapping/shop.example.org");
    is_shown(&answer, 200, SHOP, "\"1-1\"");
    assert!(service.pages("rival", 10).is_empty());
}

fn a_mapping_is_updated(database: &Database) {
    let service = Service::start(database);
    let path = "/v1/acme/mapping/shop.example.org";
    for method in ["PUT", "POST"] {
        service.send(method, path, SHOP).is_failure(
            404,
            "tenant `acme` has no mapping of the domain `shop.example.org`",
        );
    }
    service.put("/v1/acme/mapping", SHOP);
    let second = mapping("shop.example.org", &["http://b:2"]);
    is_shown(&service.put(path, &second), 200, &second, "\"1-2\"");
    let third = mapping("shop.example.org", &["http://c:3"]);
    is_shown(&service.post(path, &third), 200, &third, "\"1-3\"");
    // The path has the domain already.
    let answer = service.put(path, r#"{"backends":["http://d:4"]}"#);
    let fourth = mapping("shop.example.org", &["http://d:4"]);
    is_shown(&answer, 200, &fourth, "\"1-4\"");
    assert_eq!(answer.header("location"), None);
    is_shown(&service.get(path), 200, &fourth, "\"1-4\"");
}

fn a_mapping_gets_another_domain(database: &Database) {
    let service = Service::start(database);
    service.put("/v1/acme/mapping", SHOP);
    service.create("acme", "last.example.org", &["http://z:1"]);
    let store = mapping("store.example.org", &["http://b:2"]);
    let answer = service.put("/v1/acme/mapping/shop.example.org", &store);
    is_shown(&answer, 200, &store, "\"1-2\"");
    service.get("/v1/acme/mapping/shop.example.org").is_failure(
        404,
        "tenant `acme` has no mapping of the domain `shop.example.org`",
    );
    let answer = service.get("/v1/acme/mapping/store.example.org");
    is_shown(&answer, 200, &store, "\"1-2\"");
    // It keeps its place, and the old name is free.
    service.create("rival", "shop.example.org", &["http://c:3"]);
    let shown: Vec<_> = service.pages("acme", 10);
    let domains: Vec<_> = shown.iter().map(|route| &route["domain"]).collect();
    assert_eq!(domains, ["store.example.org", "last.example.org"]);
}

fn a_domain_that_is_taken_is_no_new_name(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    service.create("acme", "b.example.org", &["http://b:1"]);
    service.create("rival", "c.example.org", &["http://c:1"]);
    let before = service.export();
    for taken in ["b.example.org", "c.example.org"] {
        let wanted = mapping(taken, &["http://x:1"]);
        service
            .put("/v1/acme/mapping/a.example.org", &wanted)
            .is_failure(409, &format!("the domain `{taken}` is mapped already"));
    }
    assert_eq!(service.export(), before);
    let answer = service.get("/v1/acme/mapping/a.example.org");
    is_shown(
        &answer,
        200,
        &mapping("a.example.org", &["http://a:1"]),
        "\"1-1\"",
    );
}

fn a_mapping_is_deleted(database: &Database) {
    let service = Service::start(database);
    service.put("/v1/acme/mapping", SHOP);
    service.create("acme", "other.example.org", &["http://b:2"]);
    let path = "/v1/acme/mapping/shop.example.org";
    is_shown(&service.delete(path), 200, SHOP, "\"1-1\"");
    for answer in [service.delete(path), service.get(path)] {
        answer.is_failure(
            404,
            "tenant `acme` has no mapping of the domain `shop.example.org`",
        );
    }
    let left = line("acme", "other.example.org", &["http://b:2"]);
    assert_eq!(service.export(), left);
    assert_eq!(service.pages("acme", 1).len(), 1);
}

fn a_mapping_made_anew_is_another(database: &Database) {
    let service = Service::start(database);
    let path = "/v1/acme/mapping/shop.example.org";
    let first = service.put("/v1/acme/mapping", SHOP);
    service.delete(path);
    let second = service.put("/v1/acme/mapping", SHOP);
    assert_eq!(second.status, 201);
    assert_ne!(tag(&first), tag(&second));
    let headers = [("X-Auth-Token", TOKEN), ("If-Match", tag(&first))];
    assert_eq!(service.ask("DELETE", path, &headers, b"").status, 412);
}

fn the_mapping_of_another_tenant_is_not_there(database: &Database) {
    let service = Service::start(database);
    service.put("/v1/acme/mapping", SHOP);
    service.create("rival", "rival.example.org", &["http://r:1"]);
    let before = service.export();
    let path = "/v1/rival/mapping/shop.example.org";
    let other = mapping("shop.example.org", &["http://evil:1"]);
    let renamed = mapping("stolen.example.org", &["http://evil:1"]);
    for (method, body) in [
        ("GET", ""),
        ("PUT", &*other),
        ("POST", &other),
        ("PUT", &renamed),
        ("DELETE", ""),
    ] {
        service.send(method, path, body).is_failure(
            404,
            "tenant `rival` has no mapping of the domain `shop.example.org`",
        );
    }
    assert_eq!(service.export(), before);
    let answer = service.get("/v1/acme/mapping/shop.example.org");
    is_shown(&answer, 200, SHOP, "\"1-1\"");
}

fn backends_stay_byte_for_byte(database: &Database) {
    let service = Service::start(database);
    let backends = [
        "http://a:80",
        "http://a:80/",
        "http://a:8080/",
        "http://A:80/%7Euser/",
        "http://A:80/~user//",
        "https://[2001:DB8::1]:443/x;y=$z,'(1)'",
        "http://my_container:8080/a/../b",
    ];
    let told = mapping("shop.example.org", &backends);
    service.put("/v1/acme/mapping", &told).is(201, &told);
    service
        .get("/v1/acme/mapping/shop.example.org")
        .is(200, &told);
    let listed = service.get("/v1/acme/mapping");
    let page = format!(r#"{{"project":"acme","routes":[{told}],"offset":0,"limit":50,"total":1}}"#);
    listed.is(200, &page);
    let exported = line("acme", "shop.example.org", &backends);
    assert_eq!(service.export(), exported);
    // Escapes of JSON are no part of what they say.
    let escaped = r#"{"domain":"e.example.org","backends":["http:\/\/a\u003a80\/x"]}"#;
    service
        .put("/v1/acme/mapping", escaped)
        .is(201, &mapping("e.example.org", &["http://a:80/x"]));
}

fn heads_and_options(database: &Database) {
    let service = Service::start(database);
    service.put("/v1/acme/mapping", SHOP);
    for path in [
        "/v1/acme/mapping/shop.example.org",
        "/v1/acme/mapping",
        "/v1/drift",
        "/v1/openapi.json",
    ] {
        let (get, head) = (service.get(path), service.send("HEAD", path, ""));
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for field in ["etag", "content-type", "content-length"] {
            assert_eq!(head.header(field), get.header(field), "{path}: {field}");
        }
    }
    let head = service.send("HEAD", "/v1/acme/mapping/none.example.org", "");
    assert_eq!(head.status, 404);
    assert_eq!(service.send("HEAD", "/v1/export", "").status, 200);
    for (path, allowed) in [
        (
            "/v1/acme/mapping/shop.example.org",
            "GET, HEAD, PUT, POST, DELETE, OPTIONS",
        ),
        ("/v1/acme/mapping", "GET, HEAD, PUT, OPTIONS"),
        ("/v1/drift", "GET, HEAD, POST, OPTIONS"),
        ("/v1/export", "GET, HEAD, OPTIONS"),
        ("/v1/import", "POST, OPTIONS"),
    ] {
        let answer = service.ask("OPTIONS", path, &[], b"");
        assert_eq!(allowed_of(&answer), sorted(allowed), "{path}");
        assert!(answer.body.is_empty());
    }
}

fn sorted(list: &str) -> Vec<&str> {
    let mut words: Vec<&str> = list.split(", ").collect();
    words.sort_unstable();
    words
}

fn allowed_of(answer: &Answer) -> Vec<&str> {
    sorted(answer.header("allow").expect("it is told"))
}

fn other_paths_and_methods_are_refused_in_json(database: &Database) {
    let service = Service::start(database);
    for path in [
        "/",
        "/v1",
        "/v1/acme",
        "/v1/acme/mapping/",
        "/v1/a/mapping/b/c",
        "/v2/a/mapping",
    ] {
        let answer = service.get(path);
        answer.is_failure(404, "Not Found");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    for (method, path, allowed) in [
        ("DELETE", "/v1/acme/mapping", "GET, HEAD, PUT, OPTIONS"),
        ("POST", "/v1/acme/mapping", "GET, HEAD, PUT, OPTIONS"),
        (
            "PATCH",
            "/v1/acme/mapping/a.example.org",
            "GET, HEAD, PUT, POST, DELETE, OPTIONS",
        ),
        ("GET", "/v1/import", "POST, OPTIONS"),
        ("POST", "/v1/export", "GET, HEAD, OPTIONS"),
    ] {
        let answer = service.send(method, path, "");
        answer.is_failure(405, "Method Not Allowed");
        assert_eq!(allowed_of(&answer), sorted(allowed), "{method} {path}");
    }
}

fn there_is_no_mirror(database: &Database) {
    let service = Service::start(database);
    service.get("/v1/drift").is(200, r#"{"state":"off"}"#);
    service.post("/v1/drift", "").is(200, r#"{"state":"off"}"#);
    let told = "`wait=live` cannot be: there is no mirror (`routing.redis_url` is empty)";
    service
        .put("/v1/acme/mapping?wait=live", SHOP)
        .is_failure(400, told);
    service
        .put("/v1/acme/mapping?wait=long", SHOP)
        .is_failure(400, "`wait` is unknown, expected `wait=live`");
    assert_eq!(service.export(), "");
}

fn the_api_is_described(database: &Database) {
    let service = Service::start(database);
    let answer = service.ask("GET", "/v1/openapi.json", &[], b"");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let paths = &answer.json()["paths"];
    for path in [
        "/v1/{tenant}/mapping",
        "/v1/{tenant}/mapping/{domain}",
        "/v1/drift",
        "/v1/export",
        "/v1/import",
    ] {
        assert!(paths[path].is_object(), "{path}");
    }
}
