//! Files that have grown too large.

use std::fs;

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

#[test]
fn with_a_write_ahead_log_whoever_opens_the_file_cannot_write() {
    let bound = Bound::make();
    let Some(mut app) = bound.app() else { return };
    assert_eq!(app.run("PRAGMA journal_mode = WAL"), "wal");
    assert_eq!(app.run("CREATE TABLE t (x BLOB)"), "");
    assert_eq!(app.run("INSERT INTO t VALUES (zeroblob(70000))"), "");
    let small = bound.provisioner("64KiB");
    let trouble = bound.find_trouble(&*small).expect("the log counts, too");
    assert!(trouble.starts_with("it has "), "{trouble}");
    let mut other = bound.app().expect("there is a Python");
    assert_eq!(other.run("INSERT INTO t VALUES (1)"), READ_ONLY);
    assert_eq!(other.run("SELECT count(*) FROM t"), "1");
    assert!(is_whole(&mut other));
    drop((app, other));
    let larger = bound.provisioner("1MiB");
    assert_eq!(bound.find_trouble(&*larger), None);
    let mut other = bound.app().expect("there is a Python");
    assert_eq!(other.run("PRAGMA journal_mode"), "wal");
    assert_eq!(other.run("INSERT INTO t VALUES (1)"), "");
    assert!(is_whole(&mut other));
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
    assert!(trouble.starts_with("somebody is at `"), "{trouble}");
    assert_eq!(app.run("COMMIT"), "");
    let trouble = bound.find_trouble(&*provisioner).expect("it is too large");
    assert!(trouble.contains("read-only"), "{trouble}");
    assert_eq!(app.run("INSERT INTO t VALUES (1)"), READ_ONLY);
    assert!(is_whole(&mut app));
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
