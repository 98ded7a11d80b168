//! What waits together is done together, and each piece has its own result.

use micro_store::{Answer, Error, ErrorKind};

use crate::support::{Names, Place};

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
