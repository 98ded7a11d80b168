//! Export and import: a whole database in lines of JSON, from one kind of database to another.

use std::io::Read;

use micro_api::json;

use super::service::{Service, TOKEN, line, mapping, request};
use crate::daemon::wait_for;
use crate::database::{Database, on_each_database};
use crate::support::Client;

on_each_database! {
    an_export_restores_a_database_of_the_other_kind,
    an_import_tells_what_it_did,
    an_import_is_done_as_a_whole_or_not_at_all,
    an_import_takes_the_place_of_everything,
    an_export_is_of_one_moment,
    who_hangs_up_costs_nobody_else,
    a_head_of_an_export_costs_nobody_else,
    an_empty_database_has_no_lines,
}

fn an_empty_database_has_no_lines(database: &Database) {
    let service = Service::start(database);
    let answer = service.get("/v1/export");
    answer.is(200, "");
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let none = json!({"created": 0, "replaced": 0, "unchanged": 0, "deleted": 0});
    assert_eq!(service.post("/v1/import", "").json(), none);
}

fn an_export_restores_a_database_of_the_other_kind(database: &Database) {
    let Some(other) = database.other() else {
        return;
    };
    let service = Service::start(database);
    let backends = [
        "http://a:80/",
        "https://[::1]:443/x;y=$z,'(1)'",
        "http://a:80",
    ];
    for at in 0..200 {
        let (tenant, domain) = (format!("t{}", at % 7), format!("n{at}.example.org"));
        service.create(&tenant, &domain, &backends[at % 3..]);
    }
    service.create("t1", "*.bücher.example", &["http://b:1"]);
    service.delete("/v1/t3/mapping/n3.example.org");
    let renamed = mapping("m0.example.org", &["http://m:1"]);
    service.put("/v1/t0/mapping/n0.example.org", &renamed);
    let exported = service.export();
    assert_eq!(exported.lines().count(), 200);
    let restored = Service::start(&other);
    let done = json!({"created": 200, "replaced": 0, "unchanged": 0, "deleted": 0});
    let answer = restored.post("/v1/import", &exported);
    assert_eq!((answer.status, answer.json()), (200, done));
    assert_eq!(restored.export(), exported);
    for tenant in (0..7).map(|at| format!("t{at}")) {
        let (ours, theirs) = (service.pages(&tenant, 10), restored.pages(&tenant, 10));
        assert_eq!(ours, theirs);
    }
    // Once more changes nothing.
    let again = restored.post("/v1/import?replace=true", &exported);
    let done = json!({"created": 0, "replaced": 0, "unchanged": 200, "deleted": 0});
    assert_eq!(again.json(), done);
}

fn an_import_tells_what_it_did(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    service.create("acme", "b.example.org", &["http://b:1"]);
    let lines = [
        line("acme", "A.example.org.", &["http://a:1"]),
        line("acme", "b.example.org", &["http://b:2"]),
        "\r\n".to_owned(),
        line("rival", "c.example.org", &["http://c:1"]),
    ];
    let lines = lines.concat();
    let answer = service.post("/v1/import?replace=false", lines.trim_end());
    let done = json!({"created": 1, "replaced": 1, "unchanged": 1, "deleted": 0});
    assert_eq!((answer.status, answer.json()), (200, done));
    let told = [
        line("acme", "a.example.org", &["http://a:1"]),
        line("acme", "b.example.org", &["http://b:2"]),
        line("rival", "c.example.org", &["http://c:1"]),
    ];
    assert_eq!(service.export(), told.concat());
}

fn an_import_is_done_as_a_whole_or_not_at_all(database: &Database) {
    let service = Service::start(database);
    service.create("acme", "a.example.org", &["http://a:1"]);
    service.create("acme", "b.example.org", &["http://b:1"]);
    let before = service.export();
    let good = line("acme", "new.example.org", &["http://n:1"]);
    for (bad, status, told) in [
        (
            line("rival", "b.example.org", &["http://evil:1"]),
            409,
            "line 3: the domain `b.example.org` belongs to another tenant",
        ),
        (
            line("acme", "b.example.org", &[]),
            400,
            "line 3: `backends` has 0 URLs: expected 1 to 64",
        ),
        (
            line("a b", "b.example.org", &["http://b:1"]),
            400,
            "line 3: `tenant`: the tenant `a b` has a ` `: expected letters, digits, `.`, `_` \
             and `-`",
        ),
        (
            "[]\n".to_owned(),
            400,
            "line 3: the content is an array: expected a JSON object with `tenant`, `domain` and \
             `backends`",
        ),
    ] {
        let lines = format!("{good}\n{bad}{good}");
        service.post("/v1/import", &lines).is_failure(status, told);
        if status == 400 {
            let answer = service.post("/v1/import?replace=true", &lines);
            answer.is_failure(status, told);
        }
    }
    let answer = service.post("/v1/import?replace=maybe", &good);
    answer.is_failure(400, "`replace` is unknown, expected `true` or `false`");
    assert_eq!(service.export(), before);
    assert_eq!(service.pages("acme", 1).len(), 2);
}

fn an_import_takes_the_place_of_everything(database: &Database) {
    let service = Service::start(database);
    for name in ["a", "b", "c"] {
        service.create("acme", &format!("{name}.example.org"), &["http://a:1"]);
    }
    let lines = [
        line("acme", "b.example.org", &["http://a:1"]),
        // It was another's before.
        line("rival", "c.example.org", &["http://c:1"]),
        line("rival", "d.example.org", &["http://d:1"]),
    ];
    let lines = lines.concat();
    let answer = service.post("/v1/import?replace=true", &lines);
    let done = json!({"created": 2, "replaced": 0, "unchanged": 1, "deleted": 2});
    assert_eq!((answer.status, answer.json()), (200, done));
    assert_eq!(service.export(), lines);
    assert_eq!(service.pages("acme", 1).len(), 1);
    assert_eq!(service.pages("rival", 1).len(), 2);
    // As `curl --data-binary @FILE` sends it, if there is no such file.
    for nothing in ["", "\n\n"] {
        service.post("/v1/import?replace=true", nothing).is_failure(
            400,
            "there are no lines: with `replace=true` nothing at all would be left",
        );
    }
    assert_eq!(service.export(), lines);
}

/// Lines of an import that are some MiB together: more than sockets hold.
pub(super) fn many_lines() -> String {
    let path = "x".repeat(2000);
    let urls: Vec<String> = (1..=40).map(|at| format!("http://b:{at}/{path}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let line = |at: u32| line("acme", &format!("n{at}.example.org"), &urls);
    (0..250).map(line).collect()
}

/// Takes them as content.
pub(super) const ROOMY: [(&str, &str); 1] = [("SERVER_ROUTING_HTTP_MAX_CONTENT_LENGTH", "64MiB")];

fn an_export_is_of_one_moment(database: &Database) {
    let service = Service::with(database, &ROOMY);
    let lines = many_lines();
    assert_eq!(service.post("/v1/import", &lines).json()["created"], 250);
    let mut slow = Client::to(service.address);
    slow.send(request(
        "GET",
        "/v1/export",
        &[("X-Auth-Token", TOKEN)],
        b"",
    ));
    let mut first = [0];
    let read = slow.stream.get_mut().read_exact(&mut first);
    read.expect("it begins");
    assert_eq!(first, *b"H");
    // Nobody waits for who reads slowly, and nothing of this is in what is being read.
    service.create("acme", "later.example.org", &["http://a:1"]);
    assert_eq!(
        service.delete("/v1/acme/mapping/n249.example.org").status,
        200
    );
    let changed = mapping("n248.example.org", &["http://a:1"]);
    assert_eq!(service.put("/v1/acme/mapping", &changed).status, 200);
    assert!(slow.answer(false).text() == lines);
    assert_eq!(service.export().lines().count(), 250);
}

fn a_head_of_an_export_costs_nobody_else(database: &Database) {
    let service = Service::with(database, &ROOMY);
    let lines = many_lines();
    service.post("/v1/import", &lines);
    for _ in 0..8 {
        wait_for("an export to be let in", || {
            let answer = service.send("HEAD", "/v1/export", "");
            assert!(matches!(answer.status, 200 | 503), "{}", answer.status);
            answer.status == 200
        });
    }
    wait_for("those before to be over", || {
        let answer = service.get("/v1/export");
        answer.status == 200 && answer.text() == lines
    });
}

fn who_hangs_up_costs_nobody_else(database: &Database) {
    let service = Service::with(database, &ROOMY);
    let lines = many_lines();
    service.post("/v1/import", &lines);
    // More of them than may be read at once, one after the other.
    for _ in 0..8 {
        let export = || {
            let mut client = Client::to(service.address);
            client.send(request(
                "GET",
                "/v1/export",
                &[("X-Auth-Token", TOKEN)],
                b"",
            ));
            let mut first = [0; 9];
            let read = client.stream.read_exact(&mut first);
            (client, read.map(|()| first))
        };
        // Those before may not have been noticed yet: then they are told to come again.
        let mut let_in = None;
        wait_for("an export to be let in", || {
            let (mut client, read) = export();
            read.expect("it is answered");
            let mut status = [0; 3];
            let read = client.stream.read_exact(&mut status);
            read.expect("it has a status");
            assert!(matches!(&status, b"200" | b"503"), "{status:?}");
            let_in = (&status == b"200").then_some(client);
            let_in.is_some()
        });
        let client = let_in.expect("it was waited for");
        client.reset();
    }
    service.create("acme", "later.example.org", &["http://a:1"]);
    let mut exported = String::new();
    wait_for("those before to be over", || {
        let answer = service.get("/v1/export");
        answer.text().clone_into(&mut exported);
        let retry = answer.header("retry-after");
        assert!(answer.status == 200 || retry == Some("1"), "{exported}");
        answer.status == 200
    });
    let last = line("acme", "later.example.org", &["http://a:1"]);
    assert!(exported == lines + &last);
}
