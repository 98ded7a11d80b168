//! Files that have grown too large.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;

use super::{App, Bound, done};

const READ_ONLY: &str = "error: attempt to write a readonly database";

/// Fills the file up to a size.
fn fill(app: &mut App, bound: &Bound, bytes: u64) {
    assert_eq!(app.run("CREATE TABLE IF NOT EXISTS t (x BLOB)"), "");
    let file = fs::canonicalize(bound.path(&bound.bind)).expect("it is there");
    while fs::metadata(&file).expect("it is there").len() < bytes {
        assert_eq!(app.run("INSERT INTO t VALUES (zeroblob(500))"), "");
    }
    assert_eq!(fs::metadata(&file).expect("it is there").len(), bytes);
}

fn is_whole(app: &mut App) -> bool {
    app.run("PRAGMA integrity_check") == "ok"
}

#[test]
fn a_file_that_has_grown_too_large_is_read_only_for_everybody() {
    let bound = Bound::make();
    let Some(mut app) = bound.app() else { return };
    let provisioner = bound.provisioner("64KiB");
    for pages in [15, 16] {
        fill(&mut app, &bound, pages * 4096);
        assert_eq!(bound.find_trouble(&*provisioner), None, "{pages} pages");
    }
    fill(&mut app, &bound, 17 * 4096);
    let why = "it has 68.0 KiB of 64.0 KiB: it is read-only until its plan allows more";
    for _ in 0..2 {
        assert_eq!(bound.find_trouble(&*provisioner).as_deref(), Some(why));
    }
    // The one that has it open, and one that opens it.
    let mut other = bound.app().expect("there is a Python");
    for app in [&mut app, &mut other] {
        assert_eq!(app.run("INSERT INTO t VALUES (1)"), READ_ONLY);
        assert_ne!(app.run("SELECT count(*) FROM t"), "0");
        assert!(is_whole(app));
    }
}

#[test]
fn a_plan_that_allows_more_has_it_be_written_again() {
    let bound = Bound::make();
    let Some(mut app) = bound.app() else { return };
    fill(&mut app, &bound, 17 * 4096);
    assert!(bound.find_trouble(&*bound.provisioner("64KiB")).is_some());
    let larger = bound.provisioner("1MiB");
    done(larger.create(&bound.instance));
    assert_eq!(bound.find_trouble(&*larger), None);
    let mut other = bound.app().expect("there is a Python");
    assert_eq!(other.run("INSERT INTO t VALUES (1)"), "");
    assert!(is_whole(&mut other));
    // A broker that has just started finds out by itself.
    assert!(bound.find_trouble(&*bound.provisioner("64KiB")).is_some());
    assert_eq!(bound.find_trouble(&*bound.provisioner("1MiB")), None);
    let mut other = bound.app().expect("there is a Python");
    assert_eq!(other.run("INSERT INTO t VALUES (1)"), "");
}

/// An app with a write-ahead log that has a table.
fn logging_app(bound: &Bound) -> Option<App> {
    let mut app = bound.app()?;
    assert_eq!(app.run("PRAGMA journal_mode = WAL"), "wal");
    assert_eq!(app.run("CREATE TABLE t (x BLOB)"), "");
    Some(app)
}

#[test]
fn with_a_write_ahead_log_it_is_read_only_for_everybody_too() {
    let bound = Bound::make();
    let Some(mut app) = logging_app(&bound) else {
        return;
    };
    let mut reader = bound.app().expect("there is a Python");
    assert_eq!(app.run("INSERT INTO t VALUES (zeroblob(70000))"), "");
    assert_eq!(reader.run("SELECT count(*) FROM t"), "1");
    let small = bound.provisioner("64KiB");
    for _ in 0..2 {
        let trouble = bound.find_trouble(&*small).expect("the log counts, too");
        assert!(trouble.contains(": it is read-only until"), "{trouble}");
    }
    let mut other = bound.app().expect("there is a Python");
    for app in [&mut app, &mut reader, &mut other] {
        assert_eq!(app.run("INSERT INTO t VALUES (1)"), READ_ONLY);
        assert_eq!(app.run("SELECT count(*) FROM t"), "1");
        assert!(is_whole(app));
    }
    let larger = bound.provisioner("1MiB");
    assert_eq!(bound.find_trouble(&*larger), None);
    let mut other = bound.app().expect("there is a Python");
    assert_eq!(other.run("PRAGMA journal_mode"), "wal");
    assert_eq!(other.run("INSERT INTO t VALUES (1)"), "");
    assert!(is_whole(&mut other));
}

#[test]
fn a_log_that_is_longer_than_what_is_in_it_makes_no_file_read_only() {
    let bound = Bound::make();
    let Some(mut app) = logging_app(&bound) else {
        return;
    };
    let provisioner = bound.provisioner("64KiB");
    for _ in 0..3 {
        for _ in 0..30 {
            assert_eq!(app.run("REPLACE INTO t (rowid, x) VALUES (1, 1)"), "");
        }
        assert_eq!(bound.find_trouble(&*provisioner), None);
    }
    assert!(is_whole(&mut app));
}

#[test]
fn who_reads_from_a_log_is_not_disturbed() {
    let bound = Bound::make();
    let Some(mut app) = logging_app(&bound) else {
        return;
    };
    let mut reader = bound.app().expect("there is a Python");
    assert_eq!(reader.run("BEGIN"), "");
    assert_eq!(reader.run("SELECT count(*) FROM t"), "0");
    assert_eq!(app.run("INSERT INTO t VALUES (zeroblob(70000))"), "");
    let provisioner = bound.provisioner("64KiB");
    let trouble = bound.find_trouble(&*provisioner).expect("it is too large");
    assert!(trouble.contains("yet: somebody is at `"), "{trouble}");
    assert_eq!(reader.run("SELECT count(*) FROM t"), "0");
    assert_eq!(reader.run("COMMIT"), "");
    let trouble = bound.find_trouble(&*provisioner).expect("it is too large");
    assert!(trouble.contains(": it is read-only until"), "{trouble}");
    for app in [&mut app, &mut reader] {
        assert_eq!(app.run("INSERT INTO t VALUES (1)"), READ_ONLY);
        assert!(is_whole(app));
    }
}

#[test]
fn who_was_not_told_because_the_broker_was_killed_is_told_later() {
    let bound = Bound::make();
    let Some(mut app) = logging_app(&bound) else {
        return;
    };
    assert_eq!(app.run("INSERT INTO t VALUES (zeroblob(70000))"), "");
    assert!(app.run("PRAGMA wal_checkpoint(TRUNCATE)").starts_with("0|"));
    // What the broker does first, and nothing else.
    let file = OpenOptions::new().write(true).open(bound.path(&bound.bind));
    let file = file.expect("it is there");
    file.write_all_at(&[3], 18).expect("there is room");
    drop(file);
    assert_eq!(app.run("INSERT INTO t VALUES (1)"), "");
    let provisioner = bound.provisioner("64KiB");
    for _ in 0..2 {
        let trouble = bound.find_trouble(&*provisioner).expect("it is too large");
        assert!(trouble.contains(": it is read-only until"), "{trouble}");
        assert_eq!(app.run("INSERT INTO t VALUES (1)"), READ_ONLY);
    }
    assert_eq!(app.run("SELECT count(*) FROM t"), "2");
    assert!(is_whole(&mut app));
}

#[test]
fn somebody_in_the_middle_of_a_transaction_is_not_disturbed() {
    let bound = Bound::make();
    let Some(mut app) = bound.app() else { return };
    fill(&mut app, &bound, 17 * 4096);
    assert_eq!(app.run("BEGIN IMMEDIATE"), "");
    assert_eq!(app.run("INSERT INTO t VALUES (1)"), "");
    let provisioner = bound.provisioner("64KiB");
    let trouble = bound.find_trouble(&*provisioner).expect("it is too large");
    let why = "it has 68.0 KiB of 64.0 KiB, and cannot be made read-only yet: somebody is at `";
    assert!(trouble.starts_with(why), "{trouble}");
    // A plan that allows less is no reason to wait for him.
    done(provisioner.create(&bound.instance));
    assert_eq!(app.run("COMMIT"), "");
    let trouble = bound.find_trouble(&*provisioner).expect("it is too large");
    assert!(trouble.contains(": it is read-only until"), "{trouble}");
    assert_eq!(app.run("INSERT INTO t VALUES (1)"), READ_ONLY);
    assert!(is_whole(&mut app));
}

#[test]
fn what_a_former_plan_has_made_read_only_is_made_writable() {
    let bound = Bound::make();
    let Some(mut app) = bound.app() else { return };
    fill(&mut app, &bound, 17 * 4096);
    let (small, large) = (bound.provisioner("64KiB"), bound.provisioner("1MiB"));
    // It may look at the file once more after the plan was changed.
    for _ in 0..2 {
        done(large.create(&bound.instance));
        assert_eq!(bound.find_trouble(&*large), None);
        assert!(bound.find_trouble(&*small).is_some());
        assert_eq!(bound.find_trouble(&*large), None);
        let mut other = bound.app().expect("there is a Python");
        assert_eq!(other.run("INSERT INTO t VALUES (1)"), "");
        assert!(is_whole(&mut other));
    }
}

#[test]
fn what_is_no_database_is_left_as_it_is() {
    let bound = Bound::make();
    let file = bound.path(&bound.bind);
    let provisioner = bound.provisioner("64KiB");
    for (length, is_too_large) in [(3, false), (65536, false), (65537, true)] {
        // Among others, where a database would say that it is read-only.
        fs::write(&file, vec![3; length]).expect("there is room");
        let trouble = bound.find_trouble(&*provisioner);
        assert_eq!(trouble.is_some(), is_too_large, "{trouble:?}");
        assert_eq!(fs::read(&file).ok(), Some(vec![3; length]));
    }
}

#[test]
fn a_cap_has_bounds() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = folder.path().display().to_string();
    let open = |size: &str| {
        let settings = [("folder", folder.as_str()), ("size_max", size)];
        super::super::open("sqlite", &settings).map(drop)
    };
    for (size, is_right) in [
        ("65535", false),
        ("65536", true),
        ("1099511627776", true),
        ("1099511627777", false),
    ] {
        assert_eq!(open(size).is_ok(), is_right, "{size}");
    }
    let why = "`broker.plan.small.size_max` is 1, expected 65536 to 1099511627776";
    assert_eq!(open("1").err().as_deref(), Some(why));
}
