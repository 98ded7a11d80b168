//! Many who want the same at the same time, of one node or of two with one database.

use std::thread;

use super::asking::send;
use super::service::Service;
use super::setup::Setup;
use super::waiting::{settled, until};
use crate::database::{Database, on_each_database};
use crate::mariadb::Mariadb;

on_each_database! {
    of_many_who_create_one_does,
    an_app_that_is_bound_by_many_has_one_identity,
    what_is_deleted_while_it_is_created_is_gone,
    whatever_happens_at_once_nothing_is_left,
}

const MANY: usize = 24;

/// Nodes with one database and the same plans, and the plan that they are to use.
struct Nodes {
    setup: Setup,
    services: Vec<Service>,
    plan: &'static str,
}

impl Nodes {
    /// One with a database in a file; two with one of MariaDB, in which their instances are, too.
    #[track_caller]
    fn start(database: &Database) -> Nodes {
        let setup = Setup::new(database);
        let (setup, count, plan) = match database.url().starts_with("sqlite:") {
            true => (setup, 1, "small"),
            false => {
                let mariadb = Mariadb::shared().expect("it was there before");
                (setup.with_mariadb(mariadb), 2, "database")
            }
        };
        Nodes {
            services: (0..count).map(|_| setup.start()).collect(),
            setup,
            plan,
        }
    }

    /// Sends requests at the same time, to each node in turn: status and text of the answers.
    #[track_caller]
    fn send(&self, requests: &[(&str, String, String)]) -> Vec<(u16, String)> {
        thread::scope(|scope| {
            let sent = requests.iter().enumerate().map(|(at, request)| {
                let address = self.services[at % self.services.len()].address;
                let (method, path, content) = request;
                scope.spawn(move || {
                    let answer = send(address, method, path, content).expect("it answers");
                    (answer.status, answer.text().to_owned())
                })
            });
            let sent: Vec<_> = sent.collect();
            let answers = sent.into_iter().map(thread::ScopedJoinHandle::join);
            answers.map(|answer| answer.expect("it came")).collect()
        })
    }

    fn first(&self) -> &Service {
        &self.services[0]
    }

    fn end(self) {
        for service in self.services {
            service.end();
        }
    }
}

fn count(answers: &[(u16, String)], wanted: u16) -> usize {
    answers
        .iter()
        .filter(|(status, _)| *status == wanted)
        .count()
}

fn bind(app: usize) -> (&'static str, String, String) {
    let content = format!("app-name=app{app}");
    ("POST", "/resources/blog/bind-app".to_owned(), content)
}

fn of_many_who_create_one_does(database: &Database) {
    let nodes = Nodes::start(database);
    let content = format!("name=blog&plan={}", nodes.plan);
    let create = ("POST", "/resources".to_owned(), content);
    let answers = nodes.send(&vec![create; MANY]);
    let counts = (count(&answers, 201), count(&answers, 409));
    assert_eq!(counts, (1, MANY - 1), "{answers:?}");
    let deleted = nodes.send(&vec![
        ("DELETE", "/resources/blog".to_owned(), String::new());
        MANY
    ]);
    let counts = (count(&deleted, 200), count(&deleted, 404));
    assert!(counts.0 > 0 && counts.0 + counts.1 == MANY, "{deleted:?}");
    nodes.end();
}

fn an_app_that_is_bound_by_many_has_one_identity(database: &Database) {
    let nodes = Nodes::start(database);
    nodes.first().create("blog", nodes.plan);
    let answers = nodes.send(&vec![bind(1); MANY]);
    for answer in &answers {
        assert_eq!((answer.0, &answer.1), (201, &answers[0].1));
    }
    assert_eq!(database.run("SELECT COUNT(*) FROM broker_bind"), Some(1));
    assert_eq!(nodes.first().orphans(), [""; 0]);
    assert_eq!(nodes.first().delete("blog"), 200);
    nodes.end();
}

fn what_is_deleted_while_it_is_created_is_gone(database: &Database) {
    let nodes = Nodes::start(database);
    let create = format!("name=blog&plan={}", nodes.plan);
    let delete = ("DELETE", "/resources/blog".to_owned(), String::new());
    for _ in 0..20 {
        let mut requests = vec![("POST", "/resources".to_owned(), create.clone())];
        requests.extend(vec![delete.clone(); MANY / 3]);
        for (status, told) in nodes.send(&requests) {
            assert!([200, 201, 404, 409].contains(&status), "{status}: {told}");
        }
        until("that it is gone", || nodes.first().delete("blog") == 404);
    }
    assert_eq!(nodes.first().orphans(), [""; 0]);
    assert_eq!(nodes.setup.files(), [""; 0]);
    nodes.end();
}

fn whatever_happens_at_once_nothing_is_left(database: &Database) {
    let nodes = Nodes::start(database);
    for _ in 0..3 {
        nodes.first().create("blog", nodes.plan);
        let mut requests = Vec::new();
        for number in 0..MANY {
            let (_, path, content) = bind(number % 5);
            requests.push(bind(number % 5));
            requests.push(("DELETE", path, content));
        }
        requests.push(("DELETE", "/resources/blog".to_owned(), String::new()));
        for (status, told) in nodes.send(&requests) {
            assert!(
                [200, 201, 404, 412, 503].contains(&status),
                "{status}: {told}"
            );
        }
        until("that it is gone", || nodes.first().delete("blog") == 404);
        settled(database);
    }
    assert_eq!(database.run("SELECT COUNT(*) FROM broker_bind"), Some(0));
    assert_eq!(nodes.first().orphans(), [""; 0]);
    assert_eq!(nodes.setup.files(), [""; 0]);
    nodes.end();
}
