//! A piece of work is done as a whole, or not at all.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use micro_store::{Error, ErrorKind, Transaction, values};

use crate::support::{DEADLINE, INSERT, Names, Place};

fn fail(transaction: &mut Transaction<'_>) -> Result<(), Error> {
    transaction.execute(INSERT, &values!["undone"])?;
    Err(Error::new(ErrorKind::Broken, "a mistake"))
}

pub(crate) fn numbers_of_rows_are_told(place: &Place) {
    let names = place.names();
    assert_eq!(names.insert("a").wait().expect("it is new"), 1);
    assert_eq!(names.insert("b").wait().expect("it is new"), 2);
    let counts = names.0.write(|transaction| {
        Ok([
            transaction.execute("UPDATE name SET count = 0", &[])?,
            transaction.execute("UPDATE name SET count = 0 WHERE name = ?", &values!["a"])?,
            transaction.execute("DELETE FROM name WHERE name = ?", &values!["nobody"])?,
            transaction.execute("DELETE FROM name", &[])?,
        ])
    });
    // What was found counts, also if it is as before.
    assert_eq!(counts.wait().expect("they are right"), [2, 1, 0, 2]);
}

pub(crate) fn an_error_undoes_its_piece(place: &Place) {
    let names = place.names();
    let error = names.0.write(fail).wait().expect_err("it failed");
    assert_eq!(error.to_string(), "a mistake");
    names.insert("done").wait().expect("it is new");
    assert_eq!(names.all(), ["done"]);
}

pub(crate) fn a_panic_undoes_its_piece(place: &Place) {
    let names = place.names();
    let error = names.0.write(|transaction| -> Result<(), Error> {
        transaction.execute(INSERT, &values!["undone"])?;
        panic!("a broken promise");
    });
    let error = error.wait().expect_err("it failed");
    assert_eq!(error.kind(), ErrorKind::Broken);
    assert_eq!(
        error.to_string(),
        "panic in the work of a database: a broken promise"
    );
    names.insert("done").wait().expect("it is new");
    assert_eq!(names.all(), ["done"]);
}

pub(crate) fn a_duplicate_is_told(place: &Place) {
    let names = place.names();
    names.insert("a").wait().expect("it is new");
    let error = names.insert("a").wait().expect_err("it is there");
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    assert!(!error.is_retryable());
    names.insert("A").wait().expect("it is another");
    assert_eq!(names.all(), ["a", "A"]);
}

pub(crate) fn work_may_go_on_after_a_duplicate(place: &Place) {
    let names = place.names();
    let work = |names: &Names| {
        names.0.write(|transaction| {
            transaction.execute(INSERT, &values!["a"])?;
            let again = transaction.execute(INSERT, &values!["a"]);
            assert_eq!(
                again.map_err(|error| error.kind()),
                Err(ErrorKind::Duplicate)
            );
            transaction.execute(INSERT, &values!["b"])
        })
    };
    work(&names).wait().expect("it goes on");
    assert_eq!(names.all(), ["a", "b"]);
}

pub(crate) fn a_refusal_is_passed_on(place: &Place) {
    let names = place.names();
    let refused = names.0.write(|transaction| -> Result<(), Error> {
        transaction.execute(INSERT, &values!["undone"])?;
        Err(Error::refuse(micro_api::Error::new(
            409,
            "it is somebody else's",
        )))
    });
    let error = refused.wait().expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Refused);
    let told = micro_api::Error::from(error);
    assert_eq!(
        (told.status(), told.to_string().as_str()),
        (409, "409 it is somebody else's")
    );
    assert!(names.all().is_empty());
}

pub(crate) fn a_mistake_is_told_in_the_log_only(place: &Place) {
    let names = place.names();
    let wrong = names
        .0
        .write(|transaction| transaction.execute("SELEKT 1", &[]));
    let error = wrong.wait().expect_err("it is no statement");
    assert_eq!(error.kind(), ErrorKind::Broken);
    assert_eq!(micro_api::Error::from(error).status(), 500);
    let wrong = names
        .0
        .write(|transaction| transaction.execute(INSERT, &values![1, 2]));
    assert_eq!(
        wrong.wait().map_err(|error| error.kind()),
        Err(ErrorKind::Broken)
    );
    names.insert("done").wait().expect("it goes on");
}

pub(crate) fn work_that_nobody_waits_for_is_not_begun(place: &Place) {
    let names = place.names();
    let (go_on, held) = names.hold();
    let first = names.insert("first");
    drop(names.insert("given up"));
    // As a handler does that ran out of time.
    drop(names.insert("awaited and given up").into_future());
    let last = names.insert("last");
    drop(go_on);
    for answer in [first, last] {
        answer.wait().expect("it is waited for");
    }
    held.wait().expect("it is let go on");
    names.insert("alone").wait().expect("it is new");
    assert_eq!(names.all(), ["first", "last", "alone"]);
}

/// Whoever gives up in the middle has to look.
pub(crate) fn work_that_is_begun_is_done(place: &Place) {
    let names = place.names();
    let (go_on, wait) = channel::<()>();
    let (begun, is_begun) = channel();
    let given_up = names.0.write(move |transaction| {
        let _ = begun.send(());
        let _ = wait.recv();
        transaction.execute(INSERT, &values!["begun"])
    });
    is_begun.recv_timeout(DEADLINE).expect("it begins");
    drop(given_up);
    drop(go_on);
    names.insert("next").wait().expect("it is new");
    assert_eq!(names.all(), ["begun", "next"]);
}

pub(crate) fn others_are_not_crowded_by_attempts(place: &Place) {
    let names = place.names();
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let busy = names.0.write(move |_| -> Result<(), Error> {
        counted.fetch_add(1, Ordering::Relaxed);
        Err(Error::new(ErrorKind::Busy, "somebody is at it"))
    });
    let error = busy.wait().expect_err("it is busy");
    assert_eq!(error.kind(), ErrorKind::Busy);
    let attempts = attempts.load(Ordering::Relaxed);
    assert!((10..60).contains(&attempts), "{attempts} in two seconds");
}

pub(crate) fn work_is_done_after_the_last_store_is_gone(place: &Place) {
    let names = place.names();
    let answers: Vec<_> = (0..20)
        .map(|index| names.insert(&index.to_string()))
        .collect();
    drop(names);
    for answer in answers {
        answer.wait().expect("it is done");
    }
    assert_eq!(place.names().all().len(), 20);
}
