//! Content and queries that are wrong: each a 400 that says why, and nothing changed.

use super::service::{Service, mapping};
use crate::database::{Database, on_each_database};

on_each_database! {
    content_that_is_wrong,
    tenants_that_are_wrong,
    pages_that_are_wrong,
}

fn content_that_is_wrong(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    let before = service.export();
    let object = "expected a JSON object with `domain` and `backends`";
    let domain = |name: &str| mapping(name, &["http://b:1"]);
    let backend = |url: &str| mapping("a.example.org", &[url]);
    for (body, told) in [
        (String::new(), format!("there is no content: {object}")),
        ("[]".into(), format!("the content is an array: {object}")),
        (
            "{".into(),
            format!(
                "the content is no JSON (EOF while parsing an object at line 1 column 1): {object}"
            ),
        ),
        (
            r#"{"domain":"a.example.org"}"#.into(),
            "there is no field `backends`: expected an array of URLs".into(),
        ),
        (
            r#"{"domain":"a.example.org","backends":["http://b:1"],"ttl":1}"#.into(),
            "there is a field `ttl`: expected `domain` and `backends`".into(),
        ),
        (
            r#"{"domain":"a.b","backends":["http://b:1"],"domain":"a.example.org"}"#.into(),
            "there is a second field `domain`: expected one".into(),
        ),
        (
            r#"{"domain":7,"backends":["http://b:1"]}"#.into(),
            "`domain` is a number: expected a string".into(),
        ),
        (
            domain(""),
            "`domain`: the domain is empty: expected a name such as `example.org`".into(),
        ),
        (
            domain("http://a.example.org"),
            "`domain`: the domain `http://a.example.org` has a scheme: expected the name alone, \
             such as `example.org`"
                .into(),
        ),
        (
            domain("a.example.org:80"),
            "`domain`: the domain `a.example.org:80` has a port: expected it without the port, \
             `a.example.org`"
                .into(),
        ),
        (
            domain("10.0.0.1"),
            "`domain`: the domain `10.0.0.1` is an address: expected a name whose last label is \
             not a number"
                .into(),
        ),
        (
            domain("a.*.org"),
            "`domain`: the domain `a.*.org` has a `*` where none can be: expected it in a leading \
             `*.` only"
                .into(),
        ),
        (
            mapping("a.example.org", &[]),
            "`backends` has 0 URLs: expected 1 to 64".into(),
        ),
        (
            r#"{"domain":"a.example.org","backends":"http://b:1"}"#.into(),
            "`backends` is a string: expected an array of 1 to 64 URLs".into(),
        ),
        (
            r#"{"domain":"a.example.org","backends":["http://b:1",null]}"#.into(),
            "`backends[1]` is null: expected a string".into(),
        ),
        (
            mapping("a.example.org", &["http://b:1", "http://b:1"]),
            "`backends[1]` is the same as `backends[0]`: expected each once".into(),
        ),
        (
            backend("ftp://b:1"),
            "`backends[0]`: the backend `ftp://b:1` has the scheme `ftp`: expected `http` or \
             `https`, in lower case"
                .into(),
        ),
        (
            backend("http://me@b:1"),
            "`backends[0]`: the backend `http://me@b:1` has user information: expected the host \
             behind `//`"
                .into(),
        ),
    ] {
        // Both find the same, except that a path has the domain already.
        for (method, path) in [
            ("PUT", "/v1/acme/mapping"),
            ("PUT", "/v1/acme/mapping/a.example.org"),
            ("POST", "/v1/acme/mapping/a.example.org"),
        ] {
            let answer = service.send(method, path, &body);
            answer.is_failure(400, &told);
        }
    }
    service
        .put("/v1/acme/mapping", r#"{"backends":["http://b:1"]}"#)
        .is_failure(
            400,
            "there is no field `domain`: expected a name such as `example.org`",
        );
    assert_eq!(service.export(), before);
}

fn tenants_that_are_wrong(database: &Database) {
    let service = Service::start(database);
    let wanted = mapping("a.example.org", &["http://a:1"]);
    let long = "t".repeat(65);
    let escaped = format!("/v1/{long}/mapping");
    for (path, told) in [
        (
            "/v1/a%20b/mapping",
            "the tenant: the tenant `a b` has a ` `: expected letters, digits, `.`, `_` and `-`",
        ),
        (
            "/v1/%C3%BC/mapping",
            "the tenant: the tenant `ü` has a `ü`: expected letters, digits, `.`, `_` and `-`",
        ),
        (
            &*escaped,
            &format!(
                "the tenant: the tenant `{}…` is 65 bytes long: expected 1 to 64",
                &long[..64]
            ),
        ),
    ] {
        service.put(path, &wanted).is_failure(400, told);
        service.get(path).is_failure(400, told);
        let of_domain = format!("{path}/a.example.org");
        service.delete(&of_domain).is_failure(400, told);
    }
    assert_eq!(service.export(), "");
}

fn pages_that_are_wrong(database: &Database) {
    let service = Service::start(database);
    for (query, told) in [
        (
            "limit=0",
            "`limit` is `0`, expected a whole number from 1 to 1000",
        ),
        (
            "limit=1001",
            "`limit` is `1001`, expected a whole number from 1 to 1000",
        ),
        (
            "limit=",
            "`limit` is ``, expected a whole number from 1 to 1000",
        ),
        (
            "offset=-1",
            "`offset` is `-1`, expected a whole number from 0",
        ),
        (
            "offset=18446744073709551616",
            "`offset` is `18446744073709551616`, expected a whole number from 0",
        ),
        (
            "offset=0x10",
            "`offset` is `0x10`, expected a whole number from 0",
        ),
    ] {
        let path = format!("/v1/acme/mapping?{query}");
        service.get(&path).is_failure(400, told);
    }
    let last = u64::MAX;
    let page = service.get(&format!("/v1/acme/mapping?offset={last}&limit=1000"));
    let told =
        format!(r#"{{"project":"acme","routes":[],"offset":{last},"limit":1000,"total":0}}"#);
    page.is(200, &told);
}
