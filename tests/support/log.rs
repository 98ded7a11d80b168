//! What a service under test says in its log, panics included. A process has one log.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::sync::{Mutex, Once, PoisonError};
use std::time::Instant;

use ::log::{LevelFilter, Log, Metadata, Record};

use super::support::DEADLINE;

/// Every line that was logged. One with `BREAK THE LOG` is not, but panics.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Memory;

impl Log for Memory {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {}", record.level(), record.args());
        assert!(!line.contains("BREAK THE LOG"), "the log is broken");
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line);
    }

    fn flush(&self) {}
}

/// Begins to note what is logged.
pub fn begin() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        ::log::set_logger(&Memory).expect("there is no other");
        ::log::set_max_level(LevelFilter::Info);
    });
}

/// The same, and notes panics as the program `micro` does.
pub fn begin_with_panics() {
    static BEGUN: Once = Once::new();
    begin();
    BEGUN.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(ToString::to_string);
            let text = micro_api::host::panic_text(panic.payload());
            ::log::error!("panic at {}: {text}", place.unwrap_or_default());
            usual(panic);
        }));
    });
}

/// Everything so far.
pub fn all() -> Vec<String> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The lines that hold this text; waits until there is one.
#[track_caller]
pub fn lines_with(text: &str) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let found: Vec<String> = all()
            .into_iter()
            .filter(|line| line.contains(text))
            .collect();
        if !found.is_empty() {
            return found;
        }
        assert!(
            begin.elapsed() < DEADLINE,
            "no line with {text}: {:#?}",
            all()
        );
        std::thread::yield_now();
    }
}

/// Waits for a line with this text, which must be the only one.
#[track_caller]
pub fn expect(text: &str) -> String {
    let found = lines_with(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.into_iter().next().expect("it was counted")
}
