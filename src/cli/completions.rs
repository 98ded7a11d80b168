//! `micro completions SHELL`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, value_parser};
use clap_complete::Shell;

use super::command::{self, Command};
use super::output::answer;
use crate::Micro;

pub(super) const COMMAND: Command = Command {
    name: "completions",
    summary: "Print the completions for a shell",
    arguments: |parser| {
        parser.arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(value_parser!(Shell)),
        )
    },
    run,
};

fn run(matches: &ArgMatches, _: Micro) -> ExitCode {
    let shell = *matches
        .get_one::<Shell>("shell")
        .expect("the parser requires it");
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command::parser(), name(), &mut script);
    answer(&String::from_utf8_lossy(&script))
}

/// What the program is called: a service of one's own has the commands of `micro`, too.
fn name() -> String {
    let program = std::env::args_os().next().map(PathBuf::from);
    let name = program.as_deref().and_then(Path::file_stem);
    name.map_or("micro".into(), |name| name.to_string_lossy().into_owned())
}
