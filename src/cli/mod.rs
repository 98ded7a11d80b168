//! The command line: one file a subcommand, one table of them all.
//!
//! Answers go to the standard output, errors to the standard error. Exit codes: 0 done, 1 the
//! definition has errors or cannot be served, 2 the command line has errors.

mod answers;
mod call;
mod check;
mod command;
mod completions;
mod config;
mod connections;
mod crane;
mod definition;
mod explain;
mod logging;
mod mock;
mod modules;
mod new;
mod output;
mod routes;
mod run;
mod table;
mod watch;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

pub use self::command::{COMMANDS, Command};

use crate::Micro;
use crate::diagnostics::nearest;

/// Runs the program with these arguments, the first of which is its own name, for a service that
/// may have modules and a definition of its own already.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>, micro: Micro) -> ExitCode {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.len() == 1 && micro.has_definition() {
        arguments.push(run::COMMAND.name.into());
    }
    let arguments = with_default_command(arguments);
    let matches = match command::parser().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let (name, matches) = matches
        .subcommand()
        .expect("the parser requires a subcommand");
    let command = COMMANDS.iter().find(|command| command.name == name);
    // Also when a panic ends the program: what it said is in the log.
    let _finished = logging::Finish;
    (command.expect("the parser is made from the table").run)(matches, micro)
}

/// `micro FILE` means `micro run FILE`, unless the word is a command or looks like one misspelt.
fn with_default_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(word) = arguments.get(1).and_then(|word| word.to_str()) else {
        return arguments;
    };
    let names = || COMMANDS.iter().map(|command| command.name).chain(["help"]);
    let is_for_clap = ["-h", "--help", "-V", "--version"].contains(&word)
        || names().any(|name| name == word)
        || (!Path::new(word).exists()
            && !word.contains(['.', '/', '-'])
            && !nearest(word, names()).is_empty());
    if !is_for_clap {
        arguments.insert(1, "run".into());
    }
    arguments
}
