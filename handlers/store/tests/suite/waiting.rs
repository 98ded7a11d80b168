//! Whoever awaits an answer is told when it takes too long, and what has become of the work.

use std::future::IntoFuture;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use micro_api::{join, testing};
use micro_store::{Answer, Error, ErrorKind, Store, Transaction, values};

use crate::support::{DEADLINE, INSERT, NAMES, Names, Place, store_with};

const SOON: Duration = Duration::from_millis(20);

/// Awaits an answer as a handler does.
fn awaited<T>(answer: Answer<T>) -> Result<T, Error> {
    testing::block_on(answer.into_future())
}

/// Work that has begun, and goes on when what is given is dropped.
#[track_caller]
fn begun<T>(ask: impl FnOnce(Box<dyn FnMut() + Send>) -> Answer<T>) -> (Sender<()>, Answer<T>) {
    let (go_on, wait): (Sender<()>, Receiver<()>) = channel();
    let (begun, is_begun) = channel();
    let answer = ask(Box::new(move || {
        let _ = begun.send(());
        let _ = wait.recv();
    }));
    is_begun.recv_timeout(DEADLINE).expect("it begins");
    (go_on, answer)
}

fn nothing(_: &mut Transaction<'_>) -> Result<(), Error> {
    Ok(())
}

pub(crate) fn what_did_not_begin_in_time_is_never_done(place: &Place) {
    let names = place.names();
    let (go_on, held) = names.hold();
    let error = awaited(names.insert("late").within(SOON)).expect_err("it does not begin");
    assert_eq!(error.kind(), ErrorKind::Busy);
    let why = "the database did not come to it within 0.02 s: nothing was changed";
    assert_eq!(error.to_string(), why);
    drop(go_on);
    held.wait().expect("it is let go on");
    names.insert("next").wait().expect("it is new");
    assert_eq!(names.all(), ["next"]);
}

pub(crate) fn what_began_and_takes_long_is_uncertain(place: &Place) {
    let names = place.names();
    let (go_on, answer) = begun(|mut hold| {
        names.0.write(move |transaction| {
            hold();
            transaction.execute(INSERT, &values!["begun"])
        })
    });
    let error = awaited(answer.within(SOON)).expect_err("it does not end");
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    let why = "it took more than 0.02 s: look whether it was done";
    assert_eq!(error.to_string(), why);
    let told = micro_api::Error::from(error);
    assert_eq!(told.status(), 503);
    let why = "the database did not tell whether it was done: look whether it was, or try again";
    assert_eq!(told.message(), why);
    drop(go_on);
    names.insert("next").wait().expect("it is new");
    assert_eq!(names.all(), ["begun", "next"]);
}

pub(crate) fn what_takes_long_to_read_is_busy(place: &Place) {
    let names = place.names();
    let reads: [fn(&Store, Box<dyn FnMut() + Send>) -> Answer<()>; 2] = [
        |store, mut hold| store.read(move |_| Ok(hold())),
        |store, mut hold| store.snapshot(move |_| Ok(hold())),
    ];
    for read in reads {
        let (go_on, answer) = begun(|hold| read(&names.0, hold));
        let error = awaited(answer.within(SOON)).expect_err("it does not end");
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert_eq!(error.to_string(), "it took more than 0.02 s to read");
        drop(go_on);
    }
}

/// Alarms of several answers, which are given up in another order than they were set.
pub(crate) fn who_is_in_time_is_not_disturbed(place: &Place) {
    let names = place.names();
    let (go_on, held) = names.hold();
    let (insert, late) = (names.insert("in time"), names.insert("late"));
    let (insert, late, never) = testing::block_on(async {
        let first = async {
            let error = late.within(SOON).await;
            // Only now can the others be done.
            drop(go_on);
            error.map_err(|error| error.kind())
        };
        let never = names.0.read(nothing).within(Duration::MAX);
        let insert = insert.within(DEADLINE).into_future();
        join((insert, first, never.into_future())).await
    });
    held.wait().expect("it is let go on");
    insert.expect("it is in time");
    assert_eq!(late, Err(ErrorKind::Busy));
    never.expect("it is waited for");
    assert_eq!(names.all(), ["in time"]);
}

pub(crate) fn the_time_is_a_setting(place: &Place) {
    let names = Names(store_with(&place.url, NAMES, &[("answer_timeout", "1s")]));
    names.0.ready().wait().expect("it opens");
    let (_go_on, _held) = names.hold();
    let begin = Instant::now();
    let error = awaited(names.insert("late")).expect_err("it does not begin");
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(begin.elapsed() >= Duration::from_secs(1));
    assert!(begin.elapsed() < Duration::from_secs(9));
}
