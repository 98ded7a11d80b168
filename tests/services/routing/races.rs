//! Many at once, at one node or at two that share a database: one gets a domain, and the counts are
//! right afterwards.

use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};

use super::service::{Service, line, mapping, of_tenant};
use crate::database::{Database, on_each_database};
use crate::support::Answer;

on_each_database! {
    one_of_many_tenants_gets_a_domain,
    two_nodes_give_a_domain_to_one,
    a_new_tenant_begins_on_two_nodes,
    one_of_many_gets_the_last_place,
    one_of_many_gets_a_new_name,
    a_mapping_is_deleted_once,
    everything_at_once_on_two_nodes,
    an_import_in_the_middle_of_changes,
}

/// What comes of doing something so many times at once.
fn at_once<T: Send>(count: usize, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    thread::scope(|scope| {
        let (ask, barrier) = (&ask, &barrier);
        let start = |at| {
            scope.spawn(move || {
                barrier.wait();
                ask(at)
            })
        };
        let threads: Vec<_> = (0..count).map(start).collect();
        let joined = threads.into_iter().map(ScopedJoinHandle::join);
        joined.map(|done| done.expect("it is answered")).collect()
    })
}

#[track_caller]
fn count(answers: &[Answer], expected: &[(u16, usize)]) {
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    for (status, times) in expected {
        let found = statuses.iter().filter(|found| *found == status).count();
        let texts: Vec<&str> = answers.iter().map(Answer::text).collect();
        assert_eq!(found, *times, "{status} among {statuses:?}: {texts:#?}");
    }
    let sum: usize = expected.iter().map(|(_, times)| times).sum();
    assert_eq!(answers.len(), sum, "{statuses:?}");
}

/// Checks that pages and counts of these tenants are those of the export.
#[track_caller]
fn is_consistent(service: &Service, tenants: impl Iterator<Item = String>) {
    let exported = service.export();
    for tenant in tenants {
        let mut listed = service.pages(&tenant, 3);
        let mut ours = of_tenant(&exported, &tenant);
        let by_domain = |route: &micro_api::Value| route["domain"].to_string();
        listed.sort_by_key(by_domain);
        ours.sort_by_key(by_domain);
        assert_eq!(listed, ours, "{tenant}");
    }
}

fn one_of_many_tenants_gets_a_domain(database: &Database) {
    let service = Service::start(database);
    let wanted = mapping("a.example.org", &["http://a:1"]);
    let answers = at_once(64, |at| {
        service.put(&format!("/v1/tenant{at}/mapping"), &wanted)
    });
    count(&answers, &[(201, 1), (409, 63)]);
    assert_eq!(service.export().lines().count(), 1);
    is_consistent(&service, (0..64).map(|at| format!("tenant{at}")));
}

fn two_nodes_give_a_domain_to_one(database: &Database) {
    let nodes = [Service::start(database), Service::start(database)];
    for round in 0..4 {
        let wanted = mapping(&format!("n{round}.example.org"), &["http://a:1"]);
        let answers = at_once(64, |at| {
            nodes[at % 2].put(&format!("/v1/tenant{at}/mapping"), &wanted)
        });
        count(&answers, &[(201, 1), (409, 63)]);
    }
    for node in &nodes {
        assert_eq!(node.export().lines().count(), 4);
        is_consistent(node, (0..64).map(|at| format!("tenant{at}")));
    }
}

fn a_new_tenant_begins_on_two_nodes(database: &Database) {
    let nodes = [Service::start(database), Service::start(database)];
    for round in 0..40 {
        let path = format!("/v1/tenant{round}/mapping");
        let answers = at_once(2, |at| {
            let wanted = mapping(&format!("n{at}.t{round}.example.org"), &["http://a:1"]);
            nodes[at].put(&path, &wanted)
        });
        count(&answers, &[(201, 2)]);
        // And ends there.
        let answers = at_once(2, |at| {
            nodes[at].delete(&format!("{path}/n{at}.t{round}.example.org"))
        });
        count(&answers, &[(200, 2)]);
        let none =
            format!(r#"{{"project":"tenant{round}","routes":[],"offset":0,"limit":50,"total":0}}"#);
        nodes[round % 2].get(&path).is(200, &none);
    }
}

fn one_of_many_gets_the_last_place(database: &Database) {
    let full = [("ROUTING_MAPPINGS_MAX", "5")];
    let nodes = [
        Service::with(database, &full),
        Service::with(database, &full),
    ];
    let answers = at_once(24, |at| {
        let wanted = mapping(&format!("n{at}.example.org"), &["http://a:1"]);
        nodes[at % 2].put("/v1/acme/mapping", &wanted)
    });
    count(&answers, &[(201, 5), (409, 19)]);
    is_consistent(&nodes[0], ["acme".to_owned()].into_iter());
}

fn one_of_many_gets_a_new_name(database: &Database) {
    let nodes = [Service::start(database), Service::start(database)];
    for at in 0..16 {
        nodes[0].create("acme", &format!("n{at}.example.org"), &["http://a:1"]);
    }
    let answers = at_once(16, |at| {
        let wanted = mapping("new.example.org", &[&format!("http://a:{}", at + 2)]);
        nodes[at % 2].put(&format!("/v1/acme/mapping/n{at}.example.org"), &wanted)
    });
    count(&answers, &[(200, 1), (409, 15)]);
    assert_eq!(nodes[1].pages("acme", 5).len(), 16);
}

fn a_mapping_is_deleted_once(database: &Database) {
    let nodes = [Service::start(database), Service::start(database)];
    for _ in 0..4 {
        nodes[0].create("acme", "a.example.org", &["http://a:1"]);
        let path = "/v1/acme/mapping/a.example.org";
        let answers = at_once(16, |at| nodes[at % 2].delete(path));
        count(&answers, &[(200, 1), (404, 15)]);
    }
    assert!(nodes[1].pages("acme", 5).is_empty());
}

/// Each of these has a domain that others want, too: what it does next follows from the numbers.
fn changes(node: &Service, at: usize) {
    for turn in 0..12 {
        let tenant = format!("tenant{}", (at + turn) % 3);
        let domain = format!("n{}.example.org", (at * 5 + turn * 7) % 11);
        let other = format!("n{}.example.org", (at + turn) % 11);
        let path = format!("/v1/{tenant}/mapping");
        let of_domain = format!("{path}/{domain}");
        let wanted = mapping(&domain, &[&format!("http://a:{}", at + turn + 1)]);
        let answer = match (at + turn) % 4 {
            0 | 1 => node.put(&path, &wanted),
            2 => node.put(&of_domain, &mapping(&other, &["http://r:1"])),
            _ => node.delete(&of_domain),
        };
        let is_expected = matches!(answer.status, 200 | 201 | 404 | 409);
        assert!(is_expected, "{} {}", answer.status, answer.text());
    }
}

fn everything_at_once_on_two_nodes(database: &Database) {
    let nodes = [Service::start(database), Service::start(database)];
    at_once(16, |at| changes(&nodes[at % 2], at));
    for node in &nodes {
        is_consistent(node, (0..3).map(|at| format!("tenant{at}")));
    }
    assert_eq!(nodes[0].export(), nodes[1].export());
}

fn an_import_in_the_middle_of_changes(database: &Database) {
    let nodes = [Service::start(database), Service::start(database)];
    let line = |at| {
        let tenant = format!("tenant{}", at % 3);
        line(&tenant, &format!("n{at}.example.org"), &["http://i:1"])
    };
    let lines: String = (0..6).map(line).collect();
    at_once(9, |at| match at {
        8 => {
            for _ in 0..6 {
                // It takes the place of what somebody maps in the middle of it, too.
                let answer = nodes[0].post("/v1/import?replace=true", &lines);
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
        }
        _ => changes(&nodes[1], at),
    });
    is_consistent(&nodes[1], (0..3).map(|at| format!("tenant{at}")));
    let answer = nodes[1].post("/v1/import?replace=true", &lines);
    assert_eq!(answer.status, 200);
    let mut left: Vec<String> = nodes[0].export().lines().map(str::to_owned).collect();
    left.sort_unstable();
    let mut wanted: Vec<&str> = lines.lines().collect();
    wanted.sort_unstable();
    assert_eq!(left, wanted);
    is_consistent(&nodes[0], (0..3).map(|at| format!("tenant{at}")));
}
