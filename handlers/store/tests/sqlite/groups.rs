//! What waits together costs one commit, and nothing is acknowledged before it.

use std::path::PathBuf;

use micro_store::Answer;

use crate::support::Place;

const FRAME_HEAD: u64 = 24;
const LOG_HEAD: u64 = 32;

/// The commits in the log of a file: frames that say how large the database is now
/// (<https://sqlite.org/fileformat2.html#the_write_ahead_log>).
fn commits(place: &Place) -> usize {
    let log = std::fs::read(log_of(place)).expect("there is a log");
    if log.is_empty() {
        return 0;
    }
    let number = |at: u64| {
        let at = usize::try_from(at).expect("it is small");
        u32::from_be_bytes(log[at..at + 4].try_into().expect("four bytes"))
    };
    let frame = FRAME_HEAD + u64::from(number(8));
    let frames = (log.len() as u64 - LOG_HEAD) / frame;
    // The rest is of an earlier round, with another salt.
    (0..frames)
        .map(|index| LOG_HEAD + index * frame)
        .filter(|&at| number(at + 8) == number(16) && number(at + 4) != 0)
        .count()
}

fn log_of(place: &Place) -> PathBuf {
    let folder = place.folder.as_ref().expect("it is a file");
    folder.path().join("test.db-wal")
}

#[test]
fn what_waits_together_is_one_commit() {
    let place = Place::sqlite();
    let names = place.names();
    let before = commits(&place);
    let (go_on, held) = names.hold();
    let answers: Vec<_> = (0..100)
        .map(|index| names.insert(&index.to_string()))
        .collect();
    drop(go_on);
    held.wait().expect("it is let go on");
    for answer in answers {
        answer.wait().expect("it is new");
    }
    // What was held changed nothing, and left nothing in the log.
    assert_eq!(commits(&place) - before, 1);
}

#[test]
fn what_comes_one_by_one_is_committed_so() {
    let place = Place::sqlite();
    let names = place.names();
    let before = commits(&place);
    for index in 0..10 {
        names.insert(&index.to_string()).wait().expect("it is new");
        assert_eq!(
            commits(&place) - before,
            index + 1,
            "it is there when it is acknowledged"
        );
    }
}

#[test]
fn another_program_is_waited_for() {
    let place = Place::sqlite();
    let names = place.names();
    let file = log_of(&place).with_extension("db");
    let other = rusqlite::Connection::open(file).expect("it is there");
    other
        .execute_batch("BEGIN IMMEDIATE")
        .expect("nobody writes");
    let before = commits(&place);
    let answers: Vec<_> = (0..100)
        .map(|index| names.insert(&index.to_string()))
        .collect();
    assert!(names.all().is_empty(), "who reads does not wait");
    other.execute_batch("ROLLBACK").expect("it was begun");
    let results: Result<Vec<_>, _> = answers.into_iter().map(Answer::wait).collect();
    results.expect("they are done once it is their turn");
    // The first may have been alone.
    assert!(commits(&place) - before <= 2);
}

#[test]
fn another_program_is_not_waited_for_for_ever() {
    let place = Place::sqlite();
    let names = place.names();
    let file = log_of(&place).with_extension("db");
    let other = rusqlite::Connection::open(file).expect("it is there");
    other
        .execute_batch("BEGIN IMMEDIATE")
        .expect("nobody writes");
    let begin = std::time::Instant::now();
    let answers: Vec<_> = (0..300)
        .map(|index| names.insert(&index.to_string()))
        .collect();
    for answer in answers {
        let error = answer.wait().expect_err("it is not its turn");
        assert_eq!(error.kind(), micro_store::ErrorKind::Busy);
    }
    assert!(begin.elapsed() < crate::support::DEADLINE);
    other.execute_batch("ROLLBACK").expect("it was begun");
    names.insert("a").wait().expect("it is its turn");
    assert_eq!(names.all(), ["a"]);
}
