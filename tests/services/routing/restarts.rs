//! The service is killed at any moment: what it has acknowledged is there when it comes back, what it
//! has not was done or not, nothing by halves; and Redis has the same, by what was noted for it
//! alone: a sweep finds nothing that was forgotten.

use std::hint::spin_loop;
use std::thread;
use std::time::{Duration, Instant};

use super::clients::{Clients, Progress};
use super::mirrored;
use super::service::{Service, command};
use crate::database::Database;
use crate::program::Process;
use crate::random::Random;
use crate::redis::Redis;

/// How many changes are acknowledged at most before a kill, and how much later that comes.
const DONE_MAX: usize = 40;
const MICROSECONDS_MAX: usize = 4000;
/// How long anything may take while nothing but us is in the way.
const SLOWEST: Duration = Duration::from_secs(20);

#[test]
fn what_was_acknowledged_is_there_after_each_of_200_kills() {
    kill(Database::sqlite, 200);
}

#[test]
fn what_was_acknowledged_is_in_mariadb_after_each_of_40_kills() {
    kill(Database::mariadb, 40);
}

/// Kills a service that was started on a database, and starts it again, so many times.
#[track_caller]
fn kill(database: impl Fn() -> Option<Database>, rounds: usize) {
    let (Some(database), Some(redis)) = (database(), Redis::start()) else {
        return;
    };
    let url = redis.url();
    let environment = [
        ("ROUTING_REDIS_URL", &*url),
        ("ROUTING_CHECK_EVERY", "100ms"),
    ];
    let mut random = Random::new();
    let mut clients = Clients::new(4, &mut random);
    for round in 0..rounds {
        if round % 10 == 9 {
            kill_at_start(&database, &environment, &mut random);
        }
        let service = Service::with(&database, &environment);
        clients.check(&service);
        mirrored::is_equal(&service, &redis);
        mirrored::needed_no_repair(&service);
        let done = random.below(DONE_MAX);
        let later = random.below(MICROSECONDS_MAX);
        clients.work(&[service.address], SLOWEST, |progress| {
            wait_for_changes(progress, done);
            spin_for(Duration::from_micros(later as u64));
            service.kill();
        });
    }
    let service = Service::with(&database, &environment);
    clients.check(&service);
    mirrored::is_equal(&service, &redis);
    mirrored::needed_no_repair(&service);
}

/// Kills a service that has not listened yet.
fn kill_at_start(database: &Database, environment: &[(&str, &str)], random: &mut Random) {
    let mut command = command(database);
    command.envs(environment.iter().copied());
    let process = Process::start(command.stdout(std::process::Stdio::null()));
    spin_for(Duration::from_micros(random.below(40_000) as u64));
    // It is killed when it is dropped.
    drop(process);
}

fn wait_for_changes(progress: &Progress, count: usize) {
    let begin = Instant::now();
    while progress.done() < count {
        assert!(begin.elapsed() < SLOWEST, "changes are made");
        thread::yield_now();
    }
}

/// Lets a moment pass that nobody can wait for.
fn spin_for(duration: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < duration {
        spin_loop();
    }
}
