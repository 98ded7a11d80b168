//! What is read is what was acknowledged, as it was at one moment.

use std::ops::ControlFlow;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use micro_store::{Error, ErrorKind, Limits, Transaction, values};

use crate::support::{DEADLINE, INSERT, NAMES, Names, Place, store_with, wait_for};

fn count(transaction: &mut Transaction<'_>) -> Result<u64, Error> {
    let sql = "SELECT COUNT(*) FROM name";
    let count = transaction.find(sql, &[], |row| row.take::<u64>(0))?;
    Ok(count.expect("there is a row"))
}

pub(crate) fn what_was_acknowledged_is_seen(place: &Place) {
    let names = place.names();
    for index in 1..=50 {
        names.insert(&index.to_string()).wait().expect("it is new");
        let read = names.0.read(count);
        let snapshot = names.0.snapshot(count);
        assert_eq!(read.wait().expect("it can be read"), index);
        assert_eq!(snapshot.wait().expect("it can be read"), index);
    }
}

pub(crate) fn one_moment_is_seen(place: &Place) {
    let names = place.names();
    names.insert("a").wait().expect("it is new");
    let (tell, told) = channel();
    let (go_on, wait) = channel::<()>();
    let snapshot = names.0.snapshot(move |transaction| {
        let before = count(transaction)?;
        let _ = tell.send(());
        let _ = wait.recv();
        Ok((before, count(transaction)?))
    });
    told.recv_timeout(DEADLINE).expect("it begins");
    names
        .insert("b")
        .wait()
        .expect("who reads is in nobody's way");
    drop(go_on);
    assert_eq!(snapshot.wait().expect("it can be read"), (1, 1));
    assert_eq!(names.0.read(count).wait().expect("it can be read"), 2);
}

pub(crate) fn a_snapshot_is_not_held_for_ever(place: &Place) {
    let names = Names(store_with(&place.url, NAMES, &[("snapshot_timeout", "1s")]));
    names.0.ready().wait().expect("it opens");
    names.insert("a").wait().expect("it is new");
    names.insert("b").wait().expect("it is new");
    let held = names.0.snapshot(|transaction| {
        let begin = Instant::now();
        let mut seen = 0;
        let sql = "SELECT name FROM name";
        let first = transaction.each(sql, &[], |_| {
            seen += 1;
            wait_for("time to go by", || begin.elapsed().as_secs() >= 1);
            Ok(ControlFlow::Continue(()))
        });
        let first = first.expect_err("it takes too long").to_string();
        Ok((seen, first, count(transaction).expect_err("it is over")))
    });
    let (seen, first, second) = held.wait().expect("all is told");
    assert_eq!(seen, 1);
    let why = "a snapshot was read for more than 1 s (`database.test.snapshot_timeout`)";
    assert_eq!(first, why);
    assert_eq!(second.to_string(), why);
    assert_eq!(names.0.snapshot(count).wait().expect("it is short"), 2);
}

pub(crate) fn what_nobody_waits_for_is_not_read(place: &Place) {
    let names = place.names();
    let (begun, is_begun) = channel();
    let (go_on, held): (Vec<_>, Vec<_>) = (0..Limits::default().readers_max)
        .map(|_| {
            let (go_on, wait) = channel::<()>();
            let begun = begun.clone();
            let answer = names.0.read(move |_| {
                let _ = begun.send(());
                let _ = wait.recv();
                Ok(())
            });
            is_begun.recv_timeout(DEADLINE).expect("it begins");
            (go_on, answer)
        })
        .unzip();
    drop(names.0.read(move |_| {
        let _ = begun.send(());
        Ok(())
    }));
    drop(go_on);
    for answer in held {
        answer.wait().expect("it is let go on");
    }
    // The last who could say so is gone.
    let told = is_begun.recv_timeout(DEADLINE);
    assert_eq!(told, Err(RecvTimeoutError::Disconnected));
}

pub(crate) fn a_reader_changes_nothing(place: &Place) {
    let names = place.names();
    let changed = names
        .0
        .read(|transaction| transaction.execute(INSERT, &values!["a"]));
    assert_eq!(
        changed.wait().map_err(|error| error.kind()),
        Err(ErrorKind::Broken)
    );
    let changed = names
        .0
        .snapshot(|transaction| transaction.execute("DELETE FROM name", &[]));
    assert_eq!(
        changed.wait().map_err(|error| error.kind()),
        Err(ErrorKind::Broken)
    );
    assert!(names.all().is_empty());
}

pub(crate) fn rows_come_one_by_one(place: &Place) {
    let names = place.names();
    for name in ["a", "b", "c"] {
        names.insert(name).wait().expect("it is new");
    }
    let seen = names.0.read(|transaction| {
        let mut seen = Vec::new();
        transaction.each("SELECT name FROM name ORDER BY id", &[], |row| {
            seen.push(row.take::<String>(0)?);
            Ok(if seen.len() == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        let sql = "SELECT name FROM name ORDER BY id DESC";
        seen.extend(transaction.find(sql, &[], |row| row.take::<String>(0))?);
        let none = transaction.find("SELECT id FROM name WHERE id < 0", &[], |row| {
            row.take::<i64>(0)
        })?;
        assert_eq!(none, None);
        Ok(seen)
    });
    assert_eq!(seen.wait().expect("they can be read"), ["a", "b", "c"]);
}

pub(crate) fn a_panic_is_told(place: &Place) {
    let names = place.names();
    let panic = names
        .0
        .read(|_| -> Result<(), Error> { panic!("a broken promise") });
    let error = panic.wait().expect_err("it failed");
    assert_eq!(
        error.to_string(),
        "panic in the work of a database: a broken promise"
    );
    // On each of the threads that read.
    for _ in 0..8 {
        assert!(names.all().is_empty());
    }
}
