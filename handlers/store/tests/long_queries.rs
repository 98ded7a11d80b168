//! Statements that take long are in the log.

#[path = "support/mod.rs"]
mod support;

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::Instant;

use log::{LevelFilter, Log, Metadata, Record};
use micro_store::values;

use support::Place;

const COUNT: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
                     SELECT COUNT(*) FROM n";

/// What was logged.
static LOG: Lines = Lines(Mutex::new(Vec::new()));

struct Lines(Mutex<Vec<String>>);

impl Lines {
    /// The lines about this statement.
    fn about(&self, sql: &str) -> Vec<String> {
        let lines = self.0.lock().expect("nobody panics");
        lines
            .iter()
            .filter(|line| line.ends_with(sql))
            .cloned()
            .collect()
    }
}

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut lines = self.0.lock().expect("nobody panics");
        lines.push(format!("{} {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

#[test]
fn they_are_said_without_their_values() {
    log::set_logger(&LOG).expect("there is no other");
    log::set_max_level(LevelFilter::Warn);
    let place = Place::sqlite();
    let names = place.names();
    names.insert("short").wait().expect("it is new");
    let mut limit = 1 << 20;
    while LOG.about(COUNT).is_empty() {
        let count = names.0.read(move |transaction| {
            transaction.find(COUNT, &values![limit], |row| row.take::<u64>(0))
        });
        assert_eq!(count.wait().expect("it can be counted"), Some(limit));
        limit *= 2;
        assert!(limit < 1 << 32, "it does not take long");
    }
    let line = LOG.about(COUNT).remove(0);
    let told = line
        .strip_prefix("WARN a statement took ")
        .expect("it says so");
    let (seconds, _) = told.split_once(" s: ").expect("it says what");
    assert!(
        seconds.parse::<f64>().expect("it is a number") >= 0.5,
        "{line}"
    );
    assert!(LOG.about(support::INSERT).is_empty(), "it was short");
    time_of_who_sees_the_rows_is_not_counted(&names);
}

fn time_of_who_sees_the_rows_is_not_counted(names: &support::Names) {
    let sql = "SELECT name FROM name";
    let seen = names.0.read(move |transaction| {
        transaction.each(sql, &[], |_| {
            let begin = Instant::now();
            support::wait_for("time to go by", || begin.elapsed().as_millis() > 600);
            Ok(ControlFlow::Break(()))
        })
    });
    seen.wait().expect("it can be read");
    assert!(LOG.about(sql).is_empty(), "the statement was short");
}
