//! The mappings of a tenant, page by page, in the order in which they were made.

use super::service::{Service, line, mapping};
use crate::database::{Database, on_each_database};

on_each_database! {
    pages_in_the_order_of_making,
    a_tenant_without_mappings_has_an_empty_page,
    pages_over_gaps,
}

fn names(service: &Service, query: &str) -> Vec<String> {
    let page = service.get(&format!("/v1/acme/mapping?{query}")).json();
    let routes = page["routes"].as_array().expect("it is a page");
    let name = |route: &micro_api::Value| route["domain"].as_str().map(str::to_owned);
    routes.iter().filter_map(name).collect()
}

fn domain(at: usize) -> String {
    // Not in the order of the alphabet.
    format!("n{}.example.org", (at * 37) % 101)
}

fn pages_in_the_order_of_making(database: &Database) {
    let service = Service::start(database);
    for at in 0..53 {
        service.create("acme", &domain(at), &["http://a:1"]);
        service.create("rival", &format!("r{at}.example.org"), &["http://r:1"]);
    }
    let all: Vec<String> = (0..53).map(domain).collect();
    assert_eq!(names(&service, ""), all[..50]);
    assert_eq!(names(&service, "offset=50"), all[50..]);
    assert_eq!(names(&service, "offset=1&limit=2"), all[1..3]);
    assert_eq!(names(&service, "limit=2&offset=51"), all[51..]);
    assert_eq!(names(&service, "offset=52"), all[52..]);
    assert_eq!(names(&service, "limit=1000"), all);
    let first = mapping(&all[0], &["http://a:1"]);
    service.get("/v1/acme/mapping?limit=1").is(
        200,
        &format!(r#"{{"project":"acme","routes":[{first}],"offset":0,"limit":1,"total":53}}"#),
    );
    for offset in [53, 54, 1_000_000] {
        let path = format!("/v1/acme/mapping?offset={offset}");
        let told =
            format!(r#"{{"project":"acme","routes":[],"offset":{offset},"limit":50,"total":53}}"#);
        service.get(&path).is(200, &told);
    }
    for limit in [1, 7, 53, 1000] {
        assert_eq!(service.pages("acme", limit).len(), 53, "{limit}");
    }
}

fn a_tenant_without_mappings_has_an_empty_page(database: &Database) {
    let service = Service::start(database);
    let none = r#"{"project":"nobody","routes":[],"offset":0,"limit":50,"total":0}"#;
    service.get("/v1/nobody/mapping").is(200, none);
    service.create("nobody", "a.example.org", &["http://a:1"]);
    service.delete("/v1/nobody/mapping/a.example.org");
    service.get("/v1/nobody/mapping").is(200, none);
}

// Mappings are counted in blocks of 64, so that a page far behind begins in one of the last.
fn pages_over_gaps(database: &Database) {
    let service = Service::start(database);
    let mut left: Vec<usize> = (0..200).collect();
    let name = |at: usize| format!("n{}.example.org", (at * 37) % 211);
    let lines = left
        .iter()
        .map(|at| line("acme", &name(*at), &["http://a:1"]));
    let answer = service.post("/v1/import", &lines.collect::<String>());
    assert_eq!(answer.json()["created"], 200);
    let gaps = [0, 199, 33, 34, 35, 1, 64, 63, 127, 128].into_iter();
    for (turn, gone) in gaps.chain(70..127).chain(2..20).enumerate() {
        left.retain(|at| *at != gone);
        let answer = service.delete(&format!("/v1/acme/mapping/{}", name(gone)));
        assert_eq!(answer.status, 200);
        if turn % 5 > 0 {
            continue;
        }
        let expected: Vec<String> = left.iter().copied().map(name).collect();
        assert_eq!(names(&service, "limit=1000"), expected);
        for offset in (0..left.len()).step_by(9) {
            let query = format!("offset={offset}&limit=2");
            let end = expected.len().min(offset + 2);
            assert_eq!(names(&service, &query), expected[offset..end], "{query}");
        }
    }
    // What comes later stands behind, even with a name that was there before.
    service.create("acme", &name(0), &["http://a:1"]);
    let last = names(&service, "limit=1000").pop();
    assert_eq!(last, Some(name(0)));
}
