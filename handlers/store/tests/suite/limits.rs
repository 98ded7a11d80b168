//! What is more than a limit is refused at once, and what is within it is done.

use std::sync::mpsc::channel;

use micro_store::{ErrorKind, Limits};

use crate::support::{Place, wait_for};

pub(crate) fn work_waits_up_to_a_limit(place: &Place) {
    let names = place.names();
    let (go_on, held) = names.hold();
    let waiting: Vec<_> = (0..Limits::default().waiting_max)
        .map(|index| names.insert(&index.to_string()))
        .collect();
    let error = names.insert("over").wait().expect_err("it is too much");
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!(micro_api::Error::from(error).status(), 503);
    drop(go_on);
    held.wait().expect("it is let go on");
    for answer in waiting {
        answer.wait().expect("it was within the limit");
    }
    names.insert("after").wait().expect("there is room again");
    assert_eq!(names.all().len(), Limits::default().waiting_max + 1);
}

pub(crate) fn snapshots_have_a_limit(place: &Place) {
    let names = place.names();
    let waiting: Vec<_> = (0..Limits::default().snapshots_max)
        .map(|_| {
            let (go_on, wait) = channel::<()>();
            let answer = names.0.snapshot(move |_| {
                let _ = wait.recv();
                Ok(())
            });
            (go_on, answer)
        })
        .collect();
    let error = names
        .0
        .snapshot(|_| Ok(()))
        .wait()
        .expect_err("it is one too many");
    assert_eq!(error.kind(), ErrorKind::Busy);
    for (go_on, answer) in waiting {
        drop(go_on);
        answer.wait().expect("it was within the limit");
    }
    wait_for("room for a snapshot", || {
        names.0.snapshot(|_| Ok(())).wait().is_ok()
    });
}
