//! What waits together is done together, and each piece has its own result.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::task::{Context, Waker};

use micro_store::{Answer, Error, ErrorKind, values};

use crate::support::{DEADLINE, INSERT, Names, Place};

/// The results of inserting these names, which all wait before the first is done.
fn insert_together(names: &Names, all: &[&str]) -> Vec<Result<u64, Error>> {
    let (go_on, held) = names.hold();
    let answers: Vec<_> = all.iter().map(|name| names.insert(name)).collect();
    drop(go_on);
    held.wait().expect("it is let go on");
    answers.into_iter().map(Answer::wait).collect()
}

pub(crate) fn what_waits_is_done_in_order(place: &Place) {
    let names = place.names();
    let all: Vec<_> = (0..100).map(|index| format!("{index:03}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for (index, result) in insert_together(&names, &all).into_iter().enumerate() {
        assert_eq!(result.expect("it is new"), index as u64 + 1);
    }
    assert_eq!(names.all(), all);
}

pub(crate) fn a_bad_piece_costs_no_other(place: &Place) {
    let names = place.names();
    let results = insert_together(&names, &["a", "b", "a", "c"]);
    let results: Vec<_> = results
        .into_iter()
        .map(|result| result.map_err(|error| error.kind()).is_ok())
        .collect();
    assert_eq!(results, [true, true, false, true]);
    assert_eq!(names.all(), ["a", "b", "c"]);
}

pub(crate) fn many_bad_pieces_cost_no_other(place: &Place) {
    let names = place.names();
    names.insert("a").wait().expect("it is new");
    let mut all = vec!["a"; 100];
    all.insert(50, "b");
    for (index, result) in insert_together(&names, &all).into_iter().enumerate() {
        match result {
            Ok(_) => assert_eq!(index, 50),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Duplicate),
        }
    }
    assert_eq!(names.all(), ["a", "b"]);
}

pub(crate) fn more_than_a_group_is_done(place: &Place) {
    let names = place.names();
    let all: Vec<_> = (0..600).map(|index| format!("{index:03}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for result in insert_together(&names, &all) {
        result.expect("it is new");
    }
    assert_eq!(names.all(), all);
}

/// Each fails in its own way after it has changed something.
fn fail_late(names: &Names) -> [Answer<u64>; 4] {
    let changed_nothing = "UPDATE name SET count = 1 WHERE name = 'nobody'";
    [
        names.0.write(|transaction| {
            transaction.execute(INSERT, &values!["undone"])?;
            Err(Error::new(ErrorKind::Broken, "a mistake"))
        }),
        names.0.write(|transaction| {
            transaction.execute(INSERT, &values!["undone"])?;
            panic!("a broken promise")
        }),
        names.0.write(|transaction| {
            let sql = "INSERT INTO name (name) VALUES (?) RETURNING id";
            transaction.find(sql, &values!["undone"], |row| row.take::<u64>(0))?;
            Err(Error::refuse(micro_api::Error::new(409, "no")))
        }),
        names.0.write(move |transaction| {
            assert_eq!(transaction.execute(changed_nothing, &[])?, 0);
            Err(Error::refuse(micro_api::Error::new(404, "nobody")))
        }),
    ]
}

pub(crate) fn a_piece_that_fails_late_costs_no_other(place: &Place) {
    let names = place.names();
    let (go_on, held) = names.hold();
    let first = names.insert("a");
    let failing = fail_late(&names);
    let last = names.insert("b");
    drop(go_on);
    held.wait().expect("it is let go on");
    first.wait().expect("it is new");
    last.wait().expect("it is new");
    let kinds = failing.map(|answer| answer.wait().expect_err("it fails").kind());
    let [refused, broken] = [ErrorKind::Refused, ErrorKind::Broken];
    assert_eq!(kinds, [broken, broken, refused, refused]);
    assert_eq!(names.all(), ["a", "b"]);
}

pub(crate) fn large_work_is_alone(place: &Place) {
    let names = place.names();
    let (go_on, held) = names.hold();
    let times = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&times);
    let mut others = vec![names.insert("a"), names.insert("b")];
    let large = names.0.write_alone(move |transaction| {
        counted.fetch_add(1, Ordering::Relaxed);
        transaction.insert(INSERT, &values!["large"])
    });
    let failing = fail_late(&names);
    others.push(names.insert("c"));
    drop(go_on);
    held.wait().expect("it is let go on");
    assert_eq!(large.wait().expect("it is new"), 3);
    for answer in others {
        answer.wait().expect("it is new");
    }
    for answer in failing {
        answer.wait().expect_err("it fails");
    }
    assert_eq!(times.load(Ordering::Relaxed), 1, "once, whoever failed");
    assert_eq!(names.all(), ["a", "b", "large", "c"]);
}

/// The commit comes after all of them: who asked first could hear of it first.
pub(crate) fn nothing_is_acknowledged_before_the_commit(place: &Place) {
    let names = place.names();
    let (go_on, held) = names.hold();
    let (let_last, last_waits) = channel::<()>();
    let (begun, last_begins) = channel();
    let first = names.insert("a");
    let last = names.0.write(move |_| {
        let _ = begun.send(());
        let _ = last_waits.recv();
        Ok(())
    });
    drop(go_on);
    held.wait().expect("it is let go on");
    last_begins.recv_timeout(DEADLINE).expect("it begins");
    // The first is done, and not yet committed.
    assert!(names.all().is_empty());
    let mut first = first.into_future();
    let mut context = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut first).poll(&mut context).is_pending());
    drop(let_last);
    last.wait().expect("it is let go on");
    micro_api::testing::block_on(first).expect("it is new");
    assert_eq!(names.all(), ["a"]);
}
