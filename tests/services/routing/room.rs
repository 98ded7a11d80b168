//! The disk is full: what cannot be kept is refused, what is there is read, and nothing is lost.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::clients::read;
use super::mirrored::{becomes_equal, is_equal};
use super::service::{Service, line, mapping};
use crate::database::Database;
use crate::redis::Redis;
use crate::support::Answer;
use crate::tools;

/// A small disk in memory.
struct Disk(tempfile::TempDir);

impl Disk {
    /// One of some MiB. Nothing, if nobody may make one here.
    #[track_caller]
    fn new() -> Option<Disk> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().display().to_string();
        let arguments = ["-t", "tmpfs", "-o", "size=8m", "micro-test", &path];
        tools::has("mount", &arguments).then_some(Disk(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves so many bytes on it.
    fn fill(&self, left: usize) {
        let mut file = File::create(self.path().join("ballast")).expect("it can be made");
        while file.write_all(&[0; 4096]).is_ok() {}
        let length = file.metadata().expect("it is there").len() as usize;
        let kept = length.saturating_sub(left) as u64;
        file.set_len(kept).expect("it can be cut");
    }

    /// Leaves not even a page of memory on it, once there is little left.
    fn fill_up(&self) {
        let path = self.path().join("ballast");
        let mut file = File::options()
            .append(true)
            .open(path)
            .expect("it is there");
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    fn empty(&self) {
        std::fs::remove_file(self.path().join("ballast")).expect("it is there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also if a service still has files open there.
        let unmounted = tools::succeeds("umount", &["-l", &self.path().display().to_string()]);
        assert!(unmounted || std::thread::panicking());
    }
}

fn put(service: &Service, at: usize) -> Answer {
    let path = "x".repeat(1500);
    let domain = format!("n{at}.example.org");
    let wanted = mapping(&domain, &[&format!("http://a:1/{path}")]);
    service.put("/v1/acme/mapping", &wanted)
}

/// Makes mappings until there is no room: how many were acknowledged.
#[track_caller]
fn fill(service: &Service, from: usize) -> usize {
    for at in from.. {
        let answer = put(service, at);
        if answer.status != 201 {
            answer.is_failure(507, "the database has no room left");
            return at;
        }
    }
    unreachable!("there is always a next one");
}

/// Checks that so many mappings are there, and no others.
#[track_caller]
fn has(service: &Service, count: usize) {
    let exported = read(&service.export());
    assert_eq!(exported.len(), count);
    assert!((0..count).all(|at| exported.contains_key(&format!("n{at}.example.org"))));
    assert_eq!(service.pages("acme", 100).len(), count);
    let last = format!("/v1/acme/mapping/n{}.example.org", count - 1);
    assert_eq!(service.get(&last).status, 200);
}

#[test]
fn a_disk_is_full_and_has_room_again() {
    let (Some(disk), Some(redis)) = (Disk::new(), Redis::start()) else {
        return;
    };
    let database = Database::in_folder(disk.path());
    let url = redis.url();
    let start = || Service::with(&database, &[("ROUTING_REDIS_URL", &url)]);
    let service = start();
    assert_eq!(put(&service, 0).status, 201);
    disk.fill(1_000_000);
    let count = fill(&service, 1);
    assert!(count > 10, "{count}");
    has(&service, count);
    // It stays like that; what is small may still find room.
    for _ in 0..3 {
        put(&service, count).is_failure(507, "the database has no room left");
        let small = line("acme", "small.example.org", &["http://s:1"]);
        let answer = service.post("/v1/import", &small);
        assert!(matches!(answer.status, 200 | 507), "{}", answer.text());
        let answer = service.delete("/v1/acme/mapping/small.example.org");
        let is_expected = matches!(answer.status, 200 | 404 | 507);
        assert!(is_expected, "{}", answer.text());
    }
    service.kill();
    disk.empty();
    let service = start();
    let answer = service.delete("/v1/acme/mapping/small.example.org");
    assert!(matches!(answer.status, 200 | 404), "{}", answer.text());
    has(&service, count);
    assert_eq!(put(&service, count).status, 201);
    // And once more, without a restart.
    disk.fill(400_000);
    let count = fill(&service, count + 1);
    has(&service, count);
    disk.empty();
    assert_eq!(put(&service, count).status, 201);
    has(&service, count + 1);
    becomes_equal(&service, &redis);
    is_equal(&service, &redis);
    service.end();
    let sound = database.run("SELECT integrity_check = 'ok' FROM pragma_integrity_check");
    assert_eq!(sound, Some(1));
}

#[test]
fn a_deletion_needs_room_too_and_is_mirrored_once_it_has_some() {
    let (Some(disk), Some(redis)) = (Disk::new(), Redis::start()) else {
        return;
    };
    let database = Database::in_folder(disk.path());
    let service = Service::with(&database, &[("ROUTING_REDIS_URL", &redis.url())]);
    assert_eq!(put(&service, 0).status, 201);
    disk.fill(400_000);
    let count = fill(&service, 1);
    becomes_equal(&service, &redis);
    disk.fill_up();
    let path = |at| format!("/v1/acme/mapping/n{at}.example.org");
    // What the changes that failed have taken of the disk is there for a few more.
    let gone = (0..count).find(|&at| {
        let answer = service.delete(&path(at));
        if answer.status != 200 {
            answer.is_failure(507, "the database has no room left");
        }
        answer.status != 200
    });
    let gone = gone.expect("there is an end of it");
    let kept = read(&service.export());
    assert_eq!(kept.len(), count - gone);
    assert!((gone..count).all(|at| kept.contains_key(&format!("n{at}.example.org"))));
    becomes_equal(&service, &redis);
    disk.empty();
    assert_eq!(service.delete(&path(gone)).status, 200);
    assert_eq!(service.get(&path(gone)).status, 404);
    becomes_equal(&service, &redis);
    assert_eq!(redis.keys("frontend:*").len(), count - gone - 1);
    is_equal(&service, &redis);
}

#[test]
fn a_redis_that_was_emptied_is_filled_though_the_disk_is_full() {
    let (Some(disk), Some(redis)) = (Disk::new(), Redis::start()) else {
        return;
    };
    let database = Database::in_folder(disk.path());
    let environment = [
        ("ROUTING_REDIS_URL", &*redis.url()),
        ("ROUTING_CHECK_EVERY", "100ms"),
    ];
    let service = Service::with(&database, &environment);
    assert_eq!(put(&service, 0).status, 201);
    disk.fill(400_000);
    let count = fill(&service, 1);
    becomes_equal(&service, &redis);
    disk.fill_up();
    for _ in 0..3 {
        redis.command(&["FLUSHALL"]);
        becomes_equal(&service, &redis);
        put(&service, count).is_failure(507, "the database has no room left");
    }
    disk.empty();
    assert_eq!(put(&service, count).status, 201);
    is_equal(&service, &redis);
    assert_eq!(redis.keys("frontend:*").len(), count + 1);
}
