//! What Redis has of the mappings.

use std::collections::BTreeMap;

use super::clients::read;
use super::service::Service;
use crate::daemon::wait_for;
use crate::redis::Redis;

/// The sets of Redis: their keys, and their members in alphabetical order.
pub(super) fn sets(redis: &Redis) -> BTreeMap<String, Vec<String>> {
    let keys = redis.keys("frontend:*").into_iter();
    keys.map(|key| {
        let members = redis.members(&key);
        (key, members)
    })
    .collect()
}

/// What Redis must have, by an export.
pub(super) fn wanted(exported: &str) -> BTreeMap<String, Vec<String>> {
    let mappings = read(exported).into_iter();
    mappings
        .map(|(domain, (_, mut backends))| {
            backends.sort();
            (format!("frontend:{domain}"), backends)
        })
        .collect()
}

/// Waits until the mirror says that it has everything, and has seen everything since its service
/// was started; then checks that Redis has what the database has.
#[track_caller]
pub(super) fn is_equal(service: &Service, redis: &Redis) {
    wait_for("the mirror to be live", || {
        let told = service.get("/v1/drift").json();
        told["state"] == "live" && told["last_sweep"].is_object()
    });
    assert_eq!(sets(redis), wanted(&service.export()));
}

/// Checks that whatever the service has changed in Redis since it was started was noted in the
/// database: sweeps have found nothing to repair.
#[track_caller]
pub(super) fn needed_no_repair(service: &Service) {
    let told = service.get("/v1/drift").json();
    let sweep = &told["last_sweep"];
    let found = ["missing", "wrong", "extra"].map(|name| sweep[name].as_u64());
    assert_eq!(found, [Some(0); 3], "{told}");
    assert_eq!(told["repaired"], 0, "{told}");
}

/// Waits until Redis has what the database has.
#[track_caller]
pub(super) fn becomes_equal(service: &Service, redis: &Redis) {
    let wanted = wanted(&service.export());
    wait_for("Redis to have what the database has", || {
        sets(redis) == wanted
    });
}
