//! The table of subcommands; the parser, the help and the completions are made from it.

use std::process::ExitCode;

use clap::ArgMatches;

use crate::Micro;

use super::{
    call, check, completions, config, connections, crane, explain, mock, modules, new, routes, run,
};

/// A subcommand.
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Adds its arguments to its parser.
    pub arguments: fn(clap::Command) -> clap::Command,
    /// Does it, for this service.
    pub run: fn(&ArgMatches, Micro) -> ExitCode,
}

/// Every subcommand.
pub const COMMANDS: &[Command] = &[
    run::COMMAND,
    check::COMMAND,
    routes::COMMAND,
    config::COMMAND,
    connections::COMMAND,
    call::COMMAND,
    mock::COMMAND,
    modules::COMMAND,
    crane::COMMAND,
    explain::COMMAND,
    new::COMMAND,
    completions::COMMAND,
];

/// The parser of the whole command line.
pub(super) fn parser() -> clap::Command {
    let commands = COMMANDS.iter().map(|command| {
        (command.arguments)(clap::Command::new(command.name).about(command.summary))
    });
    clap::Command::new("micro")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Serves what a .micro file declares")
        .after_help("`micro FILE` is short for `micro run FILE`.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(commands)
}
