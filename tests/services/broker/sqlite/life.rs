//! Files and links that come and go.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use micro_broker::{Found, Provisioner};

use super::{App, Bound, bind, done, instance, ready};

fn names(provisioner: &dyn Provisioner, prefix: &str) -> Vec<(&'static str, String)> {
    let found = provisioner.list(prefix).expect("the folder is there");
    let mut names: Vec<_> = found.into_iter().map(|one| (one.kind, one.name)).collect();
    names.sort();
    names
}

#[test]
fn who_is_bound_writes_and_who_is_unbound_finds_nothing() {
    let bound = Bound::make();
    let Some(mut app) = bound.app() else { return };
    assert_eq!(app.run("CREATE TABLE t (x)"), "");
    assert_eq!(app.run("INSERT INTO t VALUES (7)"), "");
    let provisioner = bound.provisioner("64KiB");
    let other = bind("s", "other");
    for _ in 0..2 {
        done(provisioner.bind(&bound.instance, &bound.bind));
        done(provisioner.bind(&bound.instance, &other));
    }
    let path = bound.path(&other);
    assert_ne!(path, bound.path(&bound.bind));
    let mut second = App::open(&path).expect("there is a Python");
    assert_eq!(second.run("SELECT x FROM t"), "7");
    for _ in 0..2 {
        done(provisioner.unbind(&bound.instance, &other));
    }
    assert!(!path.exists());
    assert!(bound.path(&bound.bind).exists());
    for _ in 0..2 {
        done(provisioner.destroy(&bound.instance));
    }
    assert!(!bound.path(&bound.bind).exists());
}

#[test]
fn two_who_are_bound_write_to_one_file() {
    for mode in ["DELETE", "WAL"] {
        let bound = Bound::make();
        let other = bind("s", "other");
        done(bound.provisioner("64KiB").bind(&bound.instance, &other));
        let Some(mut one) = bound.app() else { return };
        one.run(&format!("PRAGMA journal_mode = {mode}"));
        assert_eq!(one.run("CREATE TABLE t (x)"), "");
        let mut two = App::open(&bound.path(&other)).expect("there is a Python");
        for app in [&mut one, &mut two] {
            assert_eq!(app.run("BEGIN IMMEDIATE"), "");
            assert_eq!(app.run("INSERT INTO t SELECT count(*) FROM t"), "");
            assert_eq!(app.run("COMMIT"), "");
        }
        assert_eq!(two.run("SELECT x FROM t ORDER BY x"), "0|1");
        assert_eq!(one.run("PRAGMA integrity_check"), "ok");
    }
}

#[test]
fn what_is_made_is_its_owners_alone() {
    let bound = Bound::make();
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    let file = fs::canonicalize(bound.path(&bound.bind)).expect("it is there");
    assert_eq!(mode(&file), 0o600);
    let folders = ["instances", "binds"].map(|part| bound.folder.path().join(part));
    let own = file.parent().expect("it is in a folder").to_owned();
    for folder in folders.into_iter().chain([own]) {
        assert_eq!(mode(&folder), 0o700);
    }
}

#[test]
fn what_is_there_is_listed_and_removed() {
    let bound = Bound::make();
    let provisioner = bound.provisioner("64KiB");
    let stranger = instance("other");
    done(provisioner.create(&stranger));
    fs::write(bound.folder.path().join("instances/s.txt"), "").expect("there is room");
    let (database, link) = (
        bound.instance.label.to_string(),
        bound.bind.label.to_string(),
    );
    let expected = [("database", database.clone()), ("link", link)];
    assert_eq!(names(&*provisioner, "s"), expected);
    for (kind, name) in expected {
        done(provisioner.remove(&Found { kind, name }));
    }
    assert!(names(&*provisioner, "s").is_empty());
    assert_eq!(names(&*provisioner, "").len(), 1);
    for name in ["..", "../binds", "/", "", "a/b"] {
        let name = name.to_owned();
        let kind = "database";
        assert!(provisioner.remove(&Found { kind, name }).is_err());
    }
    assert_eq!(names(&*provisioner, "").len(), 1);
}

#[test]
fn a_link_that_is_gone_is_lost_and_a_file_that_is_gone_is_down() {
    let bound = Bound::make();
    let provisioner = bound.provisioner("64KiB");
    let state = ready(&bound.instance, &[&bound.bind]);
    fs::remove_file(bound.path(&bound.bind)).expect("it is there");
    let tended = provisioner
        .tend(std::slice::from_ref(&state))
        .expect("it looks");
    assert_eq!(tended.lost, std::slice::from_ref(&bound.bind.label));
    done(provisioner.bind(&bound.instance, &bound.bind));
    done(provisioner.destroy(&bound.instance));
    let tended = provisioner.tend(&[state]).expect("it looks");
    let (label, why) = tended.down.into_iter().next().expect("it is down");
    assert_eq!(label, bound.instance.label);
    assert!(why.contains("cannot be measured"), "{why}");
    let failure = provisioner.bind(&bound.instance, &bound.bind);
    let why = format!("the database of {label} is gone");
    assert_eq!(failure.err().map(|failure| failure.to_string()), Some(why));
}

#[test]
fn people_are_told_how_large_it_is() {
    let bound = Bound::make();
    let info = bound.provisioner("64KiB").info(&bound.instance);
    let shown = ("Size".to_owned(), "0 B of 64.0 KiB".to_owned());
    assert_eq!(info.ok(), Some(vec![shown]));
}
