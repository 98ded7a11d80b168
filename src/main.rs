//! The `micro` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    micro::Micro::new().main()
}
