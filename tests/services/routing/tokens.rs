//! Who comes in: nothing is answered, and nothing changed, without an admin token.

use super::service::{Service, TOKEN, mapping};
use crate::database::{Database, on_each_database};

on_each_database! {
    nobody_comes_in_without_a_token,
    a_token_comes_in_either_field,
    tokens_are_exchanged,
    tokens_come_from_a_file,
}

type Headers<'a> = &'a [(&'a str, &'a str)];

const OTHER: &str = "fedcba9876543210";
const ROUTES: [(&str, &str); 13] = [
    ("GET", "/v1/acme/mapping"),
    ("HEAD", "/v1/acme/mapping"),
    ("PUT", "/v1/acme/mapping"),
    ("GET", "/v1/acme/mapping/a.example.org"),
    ("HEAD", "/v1/acme/mapping/a.example.org"),
    ("PUT", "/v1/acme/mapping/a.example.org"),
    ("POST", "/v1/acme/mapping/a.example.org"),
    ("DELETE", "/v1/acme/mapping/a.example.org"),
    ("GET", "/v1/drift"),
    ("POST", "/v1/drift"),
    ("GET", "/v1/export"),
    ("HEAD", "/v1/export"),
    ("POST", "/v1/import?replace=true"),
];

fn nobody_comes_in_without_a_token(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    let before = service.export();
    let wanted = mapping("a.example.org", &["http://evil:1"]);
    let missing =
        "there is no admin token: expected `X-Auth-Token: …` or `Authorization: Bearer …`";
    let bearer = format!("Bearer {OTHER}");
    let basic = format!("Basic {TOKEN}");
    let cases: [(Headers<'_>, u16, &str); 8] = [
        (&[], 401, missing),
        (&[("X-Auth-Token", "")], 401, missing),
        (&[("Authorization", &basic)], 401, missing),
        (&[("X-Auth-Token", OTHER)], 403, "the admin token is wrong"),
        (
            &[("X-Auth-Token", &TOKEN[1..])],
            403,
            "the admin token is wrong",
        ),
        (
            &[("X-Auth-Token", "0123456789ABCDEF")],
            403,
            "the admin token is wrong",
        ),
        (
            &[("Authorization", &bearer)],
            403,
            "the admin token is wrong",
        ),
        (
            &[("X-Auth-Token", TOKEN), ("Authorization", &bearer)],
            403,
            "the admin token is wrong",
        ),
    ];
    for (method, path) in ROUTES {
        for (headers, status, told) in cases {
            let answer = service.ask(method, path, headers, wanted.as_bytes());
            if method == "HEAD" {
                assert_eq!(answer.status, status, "{method} {path}");
            } else {
                answer.is_failure(status, told);
            }
            let challenge = (status == 401).then_some("Bearer realm=\"routing\"");
            assert_eq!(answer.header("www-authenticate"), challenge);
        }
    }
    assert_eq!(service.export(), before);
    let answer = service.get("/v1/acme/mapping/a.example.org");
    assert_eq!(answer.header("etag"), Some("\"1-1\""));
}

fn a_token_comes_in_either_field(database: &Database) {
    let service = Service::start(database);
    let bearer = format!("bearer {TOKEN}");
    let cases: [&[(&str, &str)]; 3] = [
        &[("x-auth-token", TOKEN)],
        &[("AUTHORIZATION", &bearer)],
        &[("X-Auth-Token", TOKEN), ("Authorization", &bearer)],
    ];
    for headers in cases {
        let answer = service.ask("GET", "/v1/acme/mapping", headers, b"");
        assert_eq!(answer.status, 200);
    }
}

#[track_caller]
fn admits(service: &Service, tokens: &[(&str, u16)]) {
    for (token, status) in tokens {
        let answer = service.ask("GET", "/v1/export", &[("X-Auth-Token", token)], b"");
        assert_eq!(answer.status, *status, "{token}");
    }
}

fn tokens_are_exchanged(database: &Database) {
    let service = Service::start(database);
    admits(&service, &[(TOKEN, 200), (OTHER, 403)]);
    service.end();
    let both = format!("{TOKEN}, {OTHER}");
    let service = Service::with(database, &[("ROUTING_ADMIN_TOKEN", &both)]);
    admits(&service, &[(TOKEN, 200), (OTHER, 200), (&both, 403)]);
    service.end();
    let service = Service::with(database, &[("ROUTING_ADMIN_TOKEN", OTHER)]);
    admits(&service, &[(TOKEN, 403), (OTHER, 200)]);
}

fn tokens_come_from_a_file(database: &Database) {
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(&file, format!("{TOKEN}\n{OTHER}\n")).expect("it can be written");
    let mut command = super::service::command(database);
    command.env_remove("ROUTING_ADMIN_TOKEN");
    command.env("ROUTING_ADMIN_TOKEN_FILE", file.path());
    let service = Service::of(&mut command);
    admits(&service, &[(TOKEN, 200), (OTHER, 200), (&OTHER[1..], 403)]);
}
