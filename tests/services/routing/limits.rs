//! What bounds what: just under, at, and just over each limit.

use super::service::{Service, line, mapping};
use crate::database::{Database, on_each_database};

on_each_database! {
    backends_of_a_mapping,
    the_bytes_of_a_backend,
    mappings_of_a_tenant,
    the_length_of_a_page,
    lines_of_an_import,
    the_bytes_of_a_request,
}

fn backends(count: usize) -> Vec<String> {
    (1..=count).map(|port| format!("http://b:{port}")).collect()
}

fn with_backends(domain: &str, count: usize) -> String {
    let urls = backends(count);
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    mapping(domain, &urls)
}

fn backends_of_a_mapping(database: &Database) {
    let service = Service::start(database);
    for (count, status) in [(63, 201), (64, 200), (65, 400)] {
        let answer = service.put("/v1/acme/mapping", &with_backends("a.example.org", count));
        assert_eq!(answer.status, status, "{count}");
    }
    let kept = with_backends("a.example.org", 64);
    service.get("/v1/acme/mapping/a.example.org").is(200, &kept);
    service.end();
    // What is there stays, even if it may not be any more.
    let service = Service::with(database, &[("ROUTING_BACKENDS_MAX", "2")]);
    service.get("/v1/acme/mapping/a.example.org").is(200, &kept);
    for (count, status) in [(3, 400), (2, 200), (1, 200)] {
        let answer = service.put("/v1/acme/mapping", &with_backends("a.example.org", count));
        assert_eq!(answer.status, status, "{count}");
    }
}

fn the_bytes_of_a_backend(database: &Database) {
    let service = Service::start(database);
    let url = |bytes: usize| {
        let start = "http://b:1/";
        format!("{start}{}", "x".repeat(bytes - start.len()))
    };
    for (bytes, status) in [(2047, 201), (2048, 200), (2049, 400)] {
        let wanted = mapping("a.example.org", &[&url(bytes)]);
        let answer = service.put("/v1/acme/mapping", &wanted);
        assert_eq!(answer.status, status, "{bytes}");
    }
    // As much as a mapping can have.
    let urls: Vec<String> = (0..64).map(|at| format!("{}{at:02}", url(2046))).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let whole = mapping("b.example.org", &urls);
    service.put("/v1/acme/mapping", &whole).is(201, &whole);
    service
        .get("/v1/acme/mapping/b.example.org")
        .is(200, &whole);
}

fn mappings_of_a_tenant(database: &Database) {
    let service = Service::with(database, &[("ROUTING_MAPPINGS_MAX", "2")]);
    let put = |tenant: &str, domain: &str, port: u16| {
        let wanted = mapping(domain, &[&format!("http://a:{port}")]);
        service.put(&format!("/v1/{tenant}/mapping"), &wanted)
    };
    assert_eq!(put("acme", "a.example.org", 1).status, 201);
    assert_eq!(put("acme", "b.example.org", 1).status, 201);
    let told = "tenant `acme` has 2 mappings, as many as it may have (`routing.mappings_max`)";
    put("acme", "c.example.org", 1).is_failure(409, told);
    // Others may, and what is there may still be changed.
    assert_eq!(put("rival", "c.example.org", 1).status, 201);
    assert_eq!(put("acme", "a.example.org", 2).status, 200);
    let renamed = mapping("d.example.org", &["http://a:1"]);
    let answer = service.put("/v1/acme/mapping/b.example.org", &renamed);
    assert_eq!(answer.status, 200);
    put("acme", "b.example.org", 1).is_failure(409, told);
    let lines = line("acme", "e.example.org", &["http://a:1"]);
    service
        .post("/v1/import", &lines)
        .is_failure(409, &format!("line 1: {told}"));
    // Room comes with what goes.
    service.delete("/v1/acme/mapping/d.example.org");
    assert_eq!(put("acme", "b.example.org", 1).status, 201);
    put("acme", "e.example.org", 1).is_failure(409, told);
    assert_eq!(service.pages("acme", 1).len(), 2);
    service.end();
    let service = Service::with(database, &[("ROUTING_MAPPINGS_MAX", "1")]);
    let wanted = mapping("e.example.org", &["http://a:1"]);
    let told = "tenant `acme` has 1 mappings, as many as it may have (`routing.mappings_max`)";
    service
        .put("/v1/acme/mapping", &wanted)
        .is_failure(409, told);
}

fn the_length_of_a_page(database: &Database) {
    let service = Service::with(database, &[("ROUTING_PAGE_MAX", "3")]);
    for name in ["a", "b", "c", "d"] {
        service.create("acme", &format!("{name}.example.org"), &["http://a:1"]);
    }
    for (query, length) in [("", 3), ("?limit=2", 2), ("?limit=3", 3)] {
        let page = service.get(&format!("/v1/acme/mapping{query}")).json();
        assert_eq!(page["routes"].as_array().map(Vec::len), Some(length));
        assert_eq!(
            (&page["limit"], &page["total"]),
            (&length.into(), &4.into())
        );
    }
    service
        .get("/v1/acme/mapping?limit=4")
        .is_failure(400, "`limit` is `4`, expected a whole number from 1 to 3");
}

fn lines_of_an_import(database: &Database) {
    let service = Service::with(database, &[("ROUTING_IMPORT_LINES_MAX", "3")]);
    let lines = |count: u32| -> String {
        let line = |at| line("acme", &format!("n{at}.example.org"), &["http://a:1"]);
        (0..count).map(line).collect()
    };
    let told = "there are more than 3 lines, as many as an import may have \
                (`routing.import_lines_max`)";
    service.post("/v1/import", &lines(4)).is_failure(413, told);
    assert_eq!(service.export(), "");
    for (count, created) in [(2, 2), (3, 1)] {
        let answer = service.post("/v1/import", &lines(count));
        assert_eq!(
            (answer.status, &answer.json()["created"]),
            (200, &created.into())
        );
    }
    // Empty ones do not count.
    let spaced = lines(3).replace('\n', "\n\r\n\n");
    assert_eq!(service.post("/v1/import", &spaced).json()["unchanged"], 3);
}

fn the_bytes_of_a_request(database: &Database) {
    let service = Service::with(
        database,
        &[("SERVER_ROUTING_HTTP_MAX_CONTENT_LENGTH", "4096")],
    );
    let padded = |bytes: usize| {
        let wanted = mapping("a.example.org", &["http://a:1"]);
        format!("{wanted}{}", " ".repeat(bytes - wanted.len()))
    };
    let create = "/v1/acme/mapping";
    assert_eq!(service.put(create, &padded(4095)).status, 201);
    assert_eq!(service.put(create, &padded(4096)).status, 200);
    service.delete("/v1/acme/mapping/a.example.org");
    let update = "/v1/acme/mapping/a.example.org";
    for (method, path) in [("PUT", create), ("PUT", update), ("POST", "/v1/import")] {
        let answer = service.send(method, path, &padded(4097));
        answer.is_failure(413, "the content is too long");
    }
    assert_eq!(service.export(), "");
}
