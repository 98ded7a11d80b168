//! A disk that is full, and one that cannot be written.

use std::path::Path;
use std::process::Command;

use micro_store::{Error, ErrorKind, values};

use crate::support::{NAMES, Names, Place, close, store_at, wait_for};
use crate::tools;

/// A small disk in memory, as long as it is needed.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// One of so many KiB. Nothing, if we may not make any.
    #[track_caller]
    fn small(size: u32) -> Option<Disk> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let place = folder.path().display().to_string();
        let options = format!("size={size}k");
        let arguments = ["-t", "tmpfs", "-o", &options, "micro-test", &place];
        tools::has("mount", &arguments).then_some(Disk { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    #[track_caller]
    fn remount(&self, options: &str) {
        let mut command = Command::new("mount");
        command.args(["-o", &format!("remount,{options}")]);
        let done = command.arg(self.path()).status();
        assert!(done.is_ok_and(|status| status.success()), "{options}");
    }

    /// Takes all room that is left.
    fn fill(&self) {
        use std::io::Write;
        let mut filler = std::fs::File::create(self.path().join("filler")).expect("it can be made");
        for size in [4096, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.path().join("filler")).expect("it is there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: threads of a store may be about to close their files.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// Inserts names until there is no room: those that were acknowledged, and why the next was not.
fn fill(names: &Names) -> (Vec<String>, Error) {
    let mut done = Vec::new();
    loop {
        let name = format!("{:090}", done.len());
        match names.insert(&name).wait() {
            Ok(_) => done.push(name),
            Err(error) => return (done, error),
        }
    }
}

#[track_caller]
fn check(place: &Path) {
    let file = rusqlite::Connection::open(place.join("test.db")).expect("it is there");
    let sound: String = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("it can be checked");
    assert_eq!(sound, "ok");
}

#[test]
fn what_was_acknowledged_before_the_disk_was_full_is_there() {
    let Some(disk) = Disk::small(6144) else {
        return;
    };
    let names = Place::sqlite_in(disk.path()).names();
    let (mut done, error) = fill(&names);
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    assert_eq!(micro_api::Error::from(error).status(), 507);
    assert!(done.len() > 1000);
    assert_eq!(names.all(), done);
    // Many at once fail as one does.
    let (go_on, held) = names.hold();
    let large = "x".repeat(1 << 20);
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let large = large.clone();
            names.0.write(move |transaction| {
                transaction.execute("UPDATE name SET name = ?", &values![&large])
            })
        })
        .collect();
    drop(go_on);
    held.wait().expect("it changes nothing");
    for answer in waiting {
        let error = answer.wait().expect_err("there is no room");
        assert!(
            matches!(error.kind(), ErrorKind::Full | ErrorKind::Duplicate),
            "{error}"
        );
    }
    assert_eq!(names.all(), done);
    check(disk.path());
    disk.remount("size=12m");
    names.insert("after").wait().expect("there is room again");
    done.push("after".to_owned());
    assert_eq!(names.all(), done);
    check(disk.path());
}

#[test]
fn a_full_disk_is_said_when_a_new_file_is_opened() {
    let Some(disk) = Disk::small(256) else {
        return;
    };
    disk.fill();
    let place = Place::sqlite_in(disk.path());
    let error = place
        .store(NAMES)
        .ready()
        .wait()
        .expect_err("there is no room");
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    disk.make_room();
    place
        .names()
        .insert("a")
        .wait()
        .expect("there is room again");
    check(disk.path());
}

#[test]
fn a_full_disk_is_said_when_an_older_file_is_opened() {
    let Some(disk) = Disk::small(256) else {
        return;
    };
    let place = Place::sqlite_in(disk.path());
    close(place.names(), &disk.path().join("test.db-wal"));
    disk.fill();
    let store = place.store(NAMES);
    let error = store
        .ready()
        .wait()
        .expect_err("there is no room for a log");
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    disk.make_room();
    wait_for("the next attempt", || store.ready().wait().is_ok());
    Names(store)
        .insert("a")
        .wait()
        .expect("there is room again");
    check(disk.path());
}

#[test]
fn a_disk_that_only_reads_is_said() {
    let Some(disk) = Disk::small(1024) else {
        return;
    };
    let place = Place::sqlite_in(disk.path());
    close(place.names(), &disk.path().join("test.db-wal"));
    disk.remount("ro");
    for name in ["test.db", "other.db"] {
        let url = format!("sqlite:{}", disk.path().join(name).display());
        let error = store_at(&url, NAMES)
            .ready()
            .wait()
            .expect_err("it cannot be written");
        let path = &url["sqlite:".len()..];
        let why = "it or its folder cannot be written";
        let expected = format!("cannot open the database `{path}`: {why}");
        assert_eq!(error.to_string(), expected);
    }
}
