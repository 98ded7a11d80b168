//! Files and links that come and go.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use micro_broker::{Found, Provisioner};

use super::{App, Bound, Disk, bind, done, instance, ready};

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
    // Nor can anything be made there.
    let opened = rusqlite::Connection::open(&path);
    assert!(opened.is_err() && !path.exists());
    assert!(bound.path(&bound.bind).exists());
    for _ in 0..2 {
        done(provisioner.destroy(&bound.instance));
    }
    assert!(!bound.path(&bound.bind).exists());
}

#[test]
fn instances_and_binds_do_not_share_anything() {
    let bound = Bound::make();
    let Some(mut app) = bound.app() else { return };
    let provisioner = bound.provisioner("64KiB");
    let (instance, bind) = (instance("s"), bind("s", "other"));
    done(provisioner.create(&instance));
    done(provisioner.bind(&instance, &bind));
    let mut other = App::open(&bound.path(&bind)).expect("there is a Python");
    assert_eq!(app.run("CREATE TABLE t (x)"), "");
    assert_eq!(other.run("SELECT x FROM t"), "error: no such table: t");
    // What is taken away from one stays with the other.
    done(provisioner.unbind(&instance, &bind));
    done(provisioner.destroy(&instance));
    assert_eq!(app.run("INSERT INTO t VALUES (7)"), "");
    assert!(bound.path(&bound.bind).exists());
    // What was never made is gone already.
    let [instance, bind] = [super::instance("s").label, super::bind("s", "").label];
    for (kind, label) in [("database", instance), ("link", bind)] {
        let name = label.to_string();
        done(provisioner.remove(&Found { kind, name }));
    }
}

#[test]
fn what_is_in_the_place_of_a_link_gives_way() {
    let bound = Bound::make();
    let provisioner = bound.provisioner("64KiB");
    let link = bound.path(&bound.bind);
    let link = link.parent().expect("it is in a folder");
    for is_file in [true, false] {
        fs::remove_file(link).expect("it is there");
        match is_file {
            true => fs::write(link, "").expect("there is room"),
            false => std::os::unix::fs::symlink("..", link).expect("there is room"),
        }
        done(provisioner.bind(&bound.instance, &bound.bind));
        assert!(bound.path(&bound.bind).exists());
    }
}

#[test]
fn no_secret_is_part_of_a_path() {
    let bound = Bound::make();
    let secret = bound.bind.secret.reveal();
    let provisioner = bound.provisioner("64KiB");
    for (name, value) in provisioner.environment(&bound.instance, &bound.bind) {
        assert!(!value.contains(secret), "{name}");
    }
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
    bound.remove_link();
    let tended = provisioner
        .tend(std::slice::from_ref(&state))
        .expect("it looks");
    assert_eq!(tended.lost, std::slice::from_ref(&bound.bind.label));
    done(provisioner.bind(&bound.instance, &bound.bind));
    done(provisioner.destroy(&bound.instance));
    let tended = provisioner.tend(&[state]).expect("it looks");
    let (label, why) = tended.down.into_iter().next().expect("it is down");
    assert_eq!(label, bound.instance.label);
    assert!(why.contains("cannot be measured: No such file"), "{why}");
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

#[test]
fn a_disk_that_is_not_mounted_is_not_written_to() {
    let bound = Bound::make();
    let provisioner = bound.provisioner("64KiB");
    let (here, away) = (bound.folder.path().join("instances"), "away");
    fs::rename(&here, bound.folder.path().join(away)).expect("it is there");
    let gone = format!("the folder `{}` is gone", here.display());
    let tended = provisioner.tend(&[ready(&bound.instance, &[&bound.bind])]);
    let failures = [
        tended.map(drop),
        provisioner.bind(&bound.instance, &bound.bind),
    ];
    for failure in failures {
        let failure = failure.err().map(|failure| failure.to_string());
        assert_eq!(failure.as_deref(), Some(gone.as_str()));
    }
    assert!(provisioner.create(&bound.instance).is_err());
    assert!(provisioner.destroy(&bound.instance).is_err());
    assert!(!here.exists());
    fs::rename(bound.folder.path().join(away), &here).expect("it is there");
    assert_eq!(bound.find_trouble(&*provisioner), None);
}

#[test]
fn what_would_keep_the_broker_waiting_or_lead_it_elsewhere_is_not_opened() {
    let bound = Bound::make();
    let provisioner = bound.provisioner("64KiB");
    let file = fs::canonicalize(bound.path(&bound.bind)).expect("it is there");
    for command in ["mkfifo", "ln -s /dev/zero"] {
        fs::remove_file(&file).expect("it is there");
        let words: Vec<&str> = command.split(' ').collect();
        let done = Command::new(words[0]).args(&words[1..]).arg(&file).status();
        assert!(done.is_ok_and(|status| status.success()), "{command}");
        let trouble = bound.find_trouble(&*provisioner).expect("it is none");
        assert!(trouble.ends_with("` is no file"), "{trouble}");
        assert!(provisioner.create(&bound.instance).is_err());
    }
    done(provisioner.destroy(&bound.instance));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    let file = place.path().join("file");
    fs::write(&file, "").expect("there is room");
    let folder = file.join("data").display().to_string();
    let opened = super::super::open("sqlite", &[("folder", &folder)]);
    let why = opened.err().expect("it is no folder");
    let expected = format!("the folder `{folder}/instances` cannot be made: ");
    assert!(why.starts_with(&expected), "{why}");
}

#[test]
fn a_full_disk_is_said_and_gone_on_with() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    // The folder itself, that of all instances and that of all binds.
    let Some(disk) = Disk::with_files(folder.path(), 3) else {
        return;
    };
    let path = folder.path().display().to_string();
    let opened = super::super::open("sqlite", &[("folder", &path)]);
    let provisioner = opened.expect("there is room");
    let (instance, bind) = (instance("s"), bind("s", "secret"));
    // The folder of the instance; its file; the link.
    for files in 3..5 {
        disk.allow(files);
        let failure = provisioner.create(&instance).expect_err("it is full");
        assert!(failure.to_string().contains("No space left"), "{failure}");
    }
    disk.allow(5);
    done(provisioner.create(&instance));
    let failure = provisioner.bind(&instance, &bind).expect_err("it is full");
    assert!(failure.to_string().contains("No space left"), "{failure}");
    disk.allow(6);
    done(provisioner.bind(&instance, &bind));
    done(provisioner.unbind(&instance, &bind));
    done(provisioner.destroy(&instance));
}
