//! Programs that a test needs, and that not every machine has.

use std::io::Write;
use std::process::{Command, Stdio};

/// Whether a program runs with these arguments; if not, says that the test is left out.
#[track_caller]
pub(crate) fn has(program: &str, arguments: &[&str]) -> bool {
    if succeeds(program, arguments) {
        return true;
    }
    let why = format!("`{program} {}` does not work", arguments.join(" "));
    let is_asked_for = std::env::var_os("MICRO_TEST_ALL").is_some();
    assert!(!is_asked_for, "{why}");
    leave_out(&why);
    false
}

/// Whether a program runs, and ends well.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.output().is_ok_and(|output| output.status.success())
}

/// Says that the test is left out.
pub(crate) fn leave_out(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // Not with `eprintln`, which a test that passes keeps to itself.
    let said = format!("left out: {test}, because {why}\n");
    std::io::stderr()
        .write_all(said.as_bytes())
        .expect("it can be said");
}
