//! `micro completions SHELL`

use std::process::ExitCode;

use clap::{Arg, ArgMatches, value_parser};
use clap_complete::Shell;

use super::command::{self, Command};
use crate::Micro;

pub(super) const COMMAND: Command = Command {
    name: "completions",
    summary: "Print the completions for a shell",
    arguments: |parser| {
        parser.arg(
            Arg::new("shell")
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
    clap_complete::generate(
        shell,
        &mut command::parser(),
        "micro",
        &mut std::io::stdout(),
    );
    ExitCode::SUCCESS
}
