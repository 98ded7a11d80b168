//! A service that is killed again and again while many want something of it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use micro_api::Value;

use super::asking::send;
use super::credentials::{Servers, work};
use super::service::Service;
use super::setup::Setup;
use super::waiting::{settled, until};
use crate::database::{Database, on_each_database};
use crate::random::Random;

on_each_database! {
    what_was_acknowledged_holds_however_often_a_service_is_killed,
}

const ROUNDS: usize = 6;
const CLIENTS: usize = 6;
/// The instances and apps of a client.
const NAMES: usize = 2;
const APPS: usize = 2;

/// What a client knows of something of his.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Known<T> {
    There(T),
    Gone,
    /// He asked for something, and was not answered.
    Unknown,
}

/// An instance that a client knows of.
struct Thing {
    name: String,
    plan: &'static str,
    state: Known<()>,
    apps: [Known<Value>; APPS],
    /// What apps were told, which must not work any more once those who may still have it are settled.
    told: Vec<Value>,
}

/// Somebody who wants something again and again.
struct Client {
    things: Vec<Thing>,
    random: Random,
}

fn what_was_acknowledged_holds_however_often_a_service_is_killed(database: &Database) {
    let servers = Servers::start();
    let (mut setup, mut plans) = (Setup::new(database), vec!["small"]);
    if let Some(mariadb) = &servers.mariadb {
        setup = setup.with_mariadb(mariadb);
        plans.push("database");
    }
    if let Some(redis) = &servers.redis {
        setup = setup.with_redis(redis);
        plans.push("cache");
    }
    let mut random = Random::new();
    let mut clients: Vec<Client> = (0..CLIENTS)
        .map(|number| Client::new(number, &plans, random.branch()))
        .collect();
    let mut service = setup.start();
    for round in 0..ROUNDS {
        let (address, answered) = (service.address, AtomicUsize::new(0));
        let enough = 10 + random.below(40);
        thread::scope(|scope| {
            for client in &mut clients {
                scope.spawn(|| client.want_until_nobody_answers(address, &answered));
            }
            until("that enough is answered", || {
                answered.load(Ordering::Relaxed) >= enough
            });
            service.kill();
        });
        service = setup.start();
        settled(database);
        assert_eq!(service.orphans(), [""; 0], "round {round}");
        for thing in clients.iter_mut().flat_map(|client| &mut client.things) {
            thing.check(&service);
        }
        settled(database);
    }
    for thing in clients.iter().flat_map(|client| &client.things) {
        service.delete(&thing.name);
    }
    assert_eq!(setup.files(), [""; 0]);
    assert_eq!(service.orphans(), [""; 0]);
    service.end();
}

impl Client {
    fn new(number: usize, plans: &[&'static str], random: Random) -> Client {
        let thing = |thing: usize| Thing {
            name: format!("c{number}-{thing}"),
            plan: plans[(number + thing) % plans.len()],
            state: Known::Gone,
            apps: [const { Known::Gone }; APPS],
            told: Vec::new(),
        };
        Client {
            things: (0..NAMES).map(thing).collect(),
            random,
        }
    }

    fn want_until_nobody_answers(&mut self, address: SocketAddr, answered: &AtomicUsize) {
        loop {
            let thing = &mut self.things[self.random.below(NAMES)];
            if !thing.want(address, &mut self.random) {
                return;
            }
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Thing {
    /// Wants something; false if nobody answered.
    #[track_caller]
    fn want(&mut self, address: SocketAddr, random: &mut Random) -> bool {
        if self.state == Known::Gone {
            return self.create(address);
        }
        match random.below(10) {
            0 => self.delete(address),
            choice => self.bind_or_unbind(address, choice % APPS),
        }
    }

    #[track_caller]
    fn create(&mut self, address: SocketAddr) -> bool {
        self.state = Known::Unknown;
        let content = format!("name={}&plan={}", self.name, self.plan);
        let Ok(answer) = send(address, "POST", "/resources", &content) else {
            return false;
        };
        assert_eq!(answer.status, 201, "{}", answer.text());
        self.state = Known::There(());
        true
    }

    #[track_caller]
    fn delete(&mut self, address: SocketAddr) -> bool {
        self.state = Known::Unknown;
        self.apps = [const { Known::Unknown }; APPS];
        let Ok(answer) = send(address, "DELETE", &format!("/resources/{}", self.name), "") else {
            return false;
        };
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.state = Known::Gone;
        self.apps = [const { Known::Gone }; APPS];
        true
    }

    #[track_caller]
    fn bind_or_unbind(&mut self, address: SocketAddr, app: usize) -> bool {
        let before = std::mem::replace(&mut self.apps[app], Known::Unknown);
        let method = match before {
            Known::Gone => "POST",
            _ => "DELETE",
        };
        let path = format!("/resources/{}/bind-app", self.name);
        let Ok(answer) = send(address, method, &path, &format!("app-name=app{app}")) else {
            return false;
        };
        self.apps[app] = match (method, answer.status) {
            ("POST", 201) => {
                self.told.push(answer.json());
                Known::There(answer.json())
            }
            ("DELETE", 200) => Known::Gone,
            _ => panic!("{method} {path}: {} {}", answer.status, answer.text()),
        };
        true
    }

    /// Whether everything is as it was acknowledged; what was not is wholly there or wholly gone.
    #[track_caller]
    fn check(&mut self, service: &Service) {
        let state = service.state(&self.name);
        let name = &self.name;
        match self.state {
            Known::There(()) => assert_eq!(state, 204, "{name}"),
            Known::Gone => assert_eq!(state, 404, "{name}"),
            Known::Unknown => assert!([204, 404].contains(&state), "{name}: {state}"),
        }
        self.state = match state {
            204 => Known::There(()),
            _ => Known::Gone,
        };
        for app in 0..APPS {
            self.check_app(service, app);
        }
        let name = &self.name;
        // What is not bound any more lets nobody in.
        let bound: Vec<&Value> = self.apps.iter().filter_map(Known::find).collect();
        for told in self.told.extract_if(.., |told| !bound.contains(&&*told)) {
            assert!(!work(&told), "{name}: {told}");
        }
    }

    #[track_caller]
    fn check_app(&mut self, service: &Service, app: usize) {
        let (name, label) = (&self.name, format!("app{app}"));
        let is_there = self.state == Known::There(());
        match &self.apps[app] {
            Known::There(told) => {
                assert!(work(told), "{name} {label}: {told}");
                assert_eq!(service.bind(name, &label), *told, "{name} {label}");
            }
            Known::Gone => assert_eq!(service.unbind(name, &label), 404, "{name} {label}"),
            Known::Unknown if is_there => {
                // It is bound as it was, or it was not any more, and is anew.
                let told = service.bind(name, &label);
                assert!(work(&told), "{name} {label}: {told}");
                if !self.told.contains(&told) {
                    self.told.push(told.clone());
                }
                self.apps[app] = Known::There(told);
            }
            Known::Unknown => {
                assert_eq!(service.unbind(name, &label), 404, "{name} {label}");
                self.apps[app] = Known::Gone;
            }
        }
    }
}

impl<T> Known<T> {
    fn find(&self) -> Option<&T> {
        match self {
            Known::There(thing) => Some(thing),
            _ => None,
        }
    }
}
