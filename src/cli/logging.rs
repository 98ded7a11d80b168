//! The log of the program: lines are gathered here and written by a thread of their own, so that
//! a slow or full disk, or a reader that has stopped reading, never holds the loop.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use env_logger::{Builder, Target};

use super::output::complain;
use crate::client::hide_values;
use crate::config;

/// How much may wait to be written; lines beyond it are dropped and counted.
const BYTES_MAX: usize = 4 << 20;
/// How long lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(5);
/// How long the end of the program waits for the last lines.
const FAREWELL: Duration = Duration::from_secs(2);

static SINK: OnceLock<Sink> = OnceLock::new();
/// Whether the program has no logger of its own.
static IS_OURS: AtomicBool = AtomicBool::new(false);

/// Begins to log as the definition says; `is_verbose` shows debug messages, too.
pub(super) fn start(log: &config::Log, is_verbose: bool) {
    let sink = Sink::default();
    if SINK.set(sink.clone()).is_err() {
        return;
    }
    let is_stdout = log.is_stdout;
    let writer = sink.clone();
    let thread = thread::Builder::new().name("micro-log".to_owned());
    let started = thread.spawn(move || match is_stdout {
        true => writer.write_to(io::stdout()),
        false => writer.write_to(io::stderr()),
    });
    if let Err(error) = started {
        complain(format_args!(
            "error: cannot start the thread that writes the log: {error}\n"
        ));
        return;
    }
    let name = log.name.clone();
    let started = Builder::new()
        // The level is switched while the service runs, by `log::set_max_level`.
        .filter_level(log::LevelFilter::Trace)
        .target(Target::Pipe(Box::new(sink)))
        .format(move |out, record| {
            let message = record.args().to_string();
            write_line(out, &name, record, &message)
        })
        .try_init();
    // A program that has a logger of its own keeps it.
    if started.is_ok() {
        IS_OURS.store(true, Ordering::Relaxed);
        log::set_max_level(level(log, is_verbose));
    }
}

/// Begins to log for a command that answers on the standard output: to the standard error, and
/// nothing below a warning unless `is_verbose`. What calls send and receive in full, if it is to be
/// logged at all, is shown as it is, but for these secrets.
pub(super) fn start_beside(log: &config::Log, is_verbose: bool, secrets: Vec<String>) {
    let name = log.name.clone();
    let level = match is_verbose {
        true => log::LevelFilter::Debug,
        false => log::LevelFilter::Warn,
    };
    // A program that has a logger of its own keeps it.
    let _ = Builder::new()
        .filter_level(level)
        .filter_module(TRACE, log::LevelFilter::Debug)
        .target(Target::Stderr)
        .format(move |out, record| {
            let message = record.args().to_string();
            match record.target() {
                TRACE => writeln!(out, "{}", hide_values(&message, &secrets)),
                _ => write_line(out, &name, record, &message),
            }
        })
        .try_init();
}

/// The target of what calls send and receive in full.
const TRACE: &str = "micro::trace";

fn write_line(
    out: &mut impl Write,
    name: &str,
    record: &log::Record<'_>,
    message: &str,
) -> io::Result<()> {
    let time = time(std::time::SystemTime::now());
    let (level, target) = (record.level(), record.target());
    let message = Printable(message);
    writeln!(out, "{time} {name} [{level}] {target}> {message}")
}

/// Logs as another definition says, as far as that can change while the program runs.
pub(super) fn follow(old: &config::Log, new: &config::Log, is_verbose: bool) {
    // Unless the definition says otherwise, a signal may have switched the level.
    if new.level != old.level && IS_OURS.load(Ordering::Relaxed) {
        log::set_max_level(level(new, is_verbose));
    }
    if (&new.name, new.is_stdout) != (&old.name, old.is_stdout) {
        log::warn!("`name` and `is_stdout` of LOG are taken from the definition at the start only");
    }
}

fn level(log: &config::Log, is_verbose: bool) -> log::LevelFilter {
    match is_verbose {
        true => log.level.max(log::LevelFilter::Debug),
        false => log.level,
    }
}

/// Sends what panics say to the log: those of handlers are failures like others.
pub(super) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let text = micro_api::host::panic_text(panic.payload());
        log::error!("panic at {place}: {text}");
    }));
}

/// Writes what was logged when it is dropped.
pub(super) struct Finish;

impl Drop for Finish {
    fn drop(&mut self) {
        finish();
    }
}

/// Writes what was logged before the program ends.
pub(super) fn finish() {
    if let Some(sink) = SINK.get() {
        let shared = &sink.shared;
        let lines = shared.lock();
        let wait = |lines| {
            shared
                .written
                .wait_timeout_while(lines, FAREWELL, |lines: &mut Lines| {
                    !lines.waiting.is_empty() || lines.is_writing
                })
        };
        drop(wait(lines));
    }
}

/// A message without control characters: no line of the log can be forged by a peer.
struct Printable<'a>(&'a str);

impl std::fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.0.contains(char::is_control) {
            return f.write_str(self.0);
        }
        for c in self.0.chars() {
            match c.is_control() {
                true => write!(f, "{}", c.escape_default())?,
                false => std::fmt::Write::write_char(f, c)?,
            }
        }
        Ok(())
    }
}

/// The time as `2026-01-31 23:59:59` (UTC).
fn time(now: std::time::SystemTime) -> String {
    // `Sat, 31 Jan 2026 23:59:59 GMT`, the only calendar at hand.
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let date = httpdate::fmt_http_date(now);
    let month = MONTHS.find(&date[8..11]).map_or(0, |at| at / 3 + 1);
    format!(
        "{}-{month:02}-{} {}",
        &date[12..16],
        &date[5..7],
        &date[17..25]
    )
}

#[derive(Clone, Default)]
struct Sink {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    lines: Mutex<Lines>,
    arrived: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct Lines {
    waiting: Vec<u8>,
    dropped: usize,
    is_writing: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink {
    fn write_to(&self, mut out: impl Write) {
        let mut batch = Vec::new();
        loop {
            let mut lines = self.shared.lock();
            lines.is_writing = false;
            self.shared.written.notify_all();
            while lines.waiting.is_empty() {
                lines = self
                    .shared
                    .arrived
                    .wait(lines)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            drop(lines);
            thread::sleep(GATHER);
            let mut lines = self.shared.lock();
            std::mem::swap(&mut lines.waiting, &mut batch);
            let dropped = std::mem::take(&mut lines.dropped);
            lines.is_writing = true;
            drop(lines);
            if dropped > 0 {
                batch.extend(format!("{dropped} lines of the log were dropped\n").bytes());
            }
            // There is nobody to tell that the log cannot be written.
            let _ = out.write_all(&batch).and_then(|()| out.flush());
            batch.clear();
        }
    }
}

impl Write for Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.shared.lock();
        if lines.waiting.len() + line.len() > BYTES_MAX {
            lines.dropped += 1;
        } else {
            let was_empty = lines.waiting.is_empty();
            lines.waiting.extend_from_slice(line);
            if was_empty {
                self.shared.arrived.notify_one();
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
