//! The broker pack with what it makes outside, in real servers: by the front door, where the real
//! program serves `micro/broker.micro`, and its provisioners alone, without their API.

mod asking;
mod cases;
mod credentials;
mod service;
mod setup;
mod waiting;

mod answers;
mod killed;
mod mysql;
mod openapi;
mod orphans;
mod outage;
mod ready_after;
mod redis;
mod secrets;
mod sqlite;
mod starting;
mod stuck;
mod together;
mod tsuru;
mod works;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use micro_api::{Config, json};
use micro_broker::{Bind, Instance, Label, Options, Provisioner, Ready, Secret, built_in};

/// How long a thing may take to come about.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a provisioner for a plan with these settings.
fn open(kind: &str, settings: &[(&str, &str)]) -> Result<Box<dyn Provisioner>, String> {
    let settings = settings.iter().map(|(name, value)| {
        let name = format!("broker.plan.small.{name}");
        (name, (*value).to_owned())
    });
    let config = Config::new(settings);
    let kinds = built_in();
    let kind = kinds.iter().find(|known| known.name == kind);
    let open = kind.expect("it is built in").open;
    open(&Options::new(&config, "small")).map_err(|error| {
        let detail = error.detail().map(str::to_owned);
        detail.expect("it says why")
    })
}

/// Names that no other test has; they begin alike.
fn label(start: &str) -> Label {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Label::new(&format!("{start}x{number}")).expect("it is a label")
}

fn instance(start: &str) -> Instance {
    Instance {
        label: label(start),
        name: "shop".to_owned(),
        parameters: json!({}),
    }
}

fn bind(start: &str, secret: &str) -> Bind {
    Bind {
        label: label(start),
        kind: "app",
        subject: "shop".to_owned(),
        secret: Secret::new(secret),
        parameters: json!({}),
    }
}

fn ready(instance: &Instance, binds: &[&Bind]) -> Ready {
    Ready {
        instance: instance.label.clone(),
        binds: binds.iter().map(|bind| bind.label.clone()).collect(),
    }
}

/// Has done, or shows why not.
#[track_caller]
fn done(what: Result<(), micro_broker::Failure>) {
    if let Err(failure) = what {
        panic!("{failure}");
    }
}

/// Waits for a thing.
#[track_caller]
fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come about");
        std::thread::yield_now();
    }
}
