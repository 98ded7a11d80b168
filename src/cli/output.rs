//! What the program says: answers on the standard output, complaints on the standard error. A
//! reader that has gone is no mistake, a full disk is one, and neither is a panic.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use super::definition::FAILED;

/// Prints an answer.
pub(super) fn answer(text: &str) -> ExitCode {
    match print(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => code,
    }
}

/// Prints a piece of an answer at once.
///
/// # Errors
///
/// If it cannot be printed: how the program is to end then.
pub(super) fn print(bytes: &[u8]) -> Result<(), ExitCode> {
    let mut out = io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        _ => {
            complain(format_args!(
                "error: cannot write to the standard output: {error}\n"
            ));
            ExitCode::from(FAILED)
        }
    })
}

/// Says what is wrong. If that cannot be written, there is nobody left to tell.
pub(super) fn complain(text: impl Display) {
    let _ = write!(io::stderr(), "{text}");
}
