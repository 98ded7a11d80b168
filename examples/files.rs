//! `cargo run --example files`, then `curl -i localhost:12345/`
//!
//! A file is served without any handler; those below a folder with the module `static`.

use std::process::ExitCode;

use micro::Micro;

const DEFINITION: &str = "
CONFIG static.root default=examples     # the folder; STATIC_ROOT in the environment

SERVER files 12345
  ROUTE /$
    GET README.md file=true
  ROUTE /examples/(?P<path>.*)$
    GET static.file
";

/// The service, ready to be started.
pub fn service() -> Micro {
    Micro::new().text("files", DEFINITION)
}

fn main() -> ExitCode {
    service().main()
}
