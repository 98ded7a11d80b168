//! `micro check FILE`

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches};

use super::command::Command;
use super::definition;
use crate::Micro;

pub(super) const COMMAND: Command = Command {
    name: "check",
    summary: "Check a definition without serving it",
    arguments: |parser| {
        definition::arguments(parser)
            .arg(
                Arg::new("syntax")
                    .long("syntax")
                    .action(ArgAction::SetTrue)
                    .help("Judge the language alone: look up no handlers"),
            )
            .arg(
                Arg::new("json")
                    .long("json")
                    .action(ArgAction::SetTrue)
                    .help("Print what is found as JSON, on the standard output"),
            )
    },
    run,
};

fn run(matches: &ArgMatches, micro: Micro) -> ExitCode {
    let micro = match definition::service(matches, micro) {
        Ok(micro) => micro,
        Err(code) => return code,
    };
    let loaded = match matches.get_flag("syntax") {
        true => micro.load_syntax(),
        false => micro.load(),
    };
    if matches.get_flag("json") {
        println!("{:#}", loaded.to_json());
    } else {
        eprint!("{}", loaded.render());
    }
    let Some(service) = loaded.service.as_ref().filter(|_| !loaded.has_errors()) else {
        return ExitCode::from(definition::FAILED);
    };
    if !matches.get_flag("json") {
        let routes = service
            .listeners
            .iter()
            .map(|listener| listener.routes.len())
            .sum();
        println!(
            "ok: {}, {}, {}",
            count(service.listeners.len(), "server"),
            count(routes, "route"),
            count(service.connections.len(), "connection"),
        );
    }
    ExitCode::SUCCESS
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
