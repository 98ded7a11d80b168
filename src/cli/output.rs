//! What the program says: answers on the standard output, complaints on the standard error. A
//! reader that has gone is no mistake, a full disk is one, and neither is a panic.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use super::definition::FAILED;

/// Prints an answer.
pub(super) fn answer(text: &str) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!(
                "error: cannot write to the standard output: {error}\n"
            ));
            ExitCode::from(FAILED)
        }
    }
}

/// Says what is wrong. If that cannot be written, there is nobody left to tell.
pub(super) fn complain(text: impl Display) {
    let _ = write!(io::stderr(), "{text}");
}
