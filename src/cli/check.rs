//! `micro check FILE`

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches};

use super::command::Command;
use super::definition;
use super::output::{answer, complain};
use crate::Micro;
use crate::config::Service;

pub(super) const COMMAND: Command = Command {
    name: "check",
    summary: "Check a definition without serving it",
    arguments: |parser| {
        definition::arguments_of_reader(parser).arg(
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
    let loaded = definition::read(matches, &micro);
    let service = loaded.service.as_ref().filter(|_| !loaded.has_errors());
    let written = match (matches.get_flag("json"), service) {
        (true, _) => answer(&format!("{:#}\n", loaded.to_json())),
        (false, service) => {
            complain(loaded.render());
            service.map_or(ExitCode::SUCCESS, |service| answer(&summary(service)))
        }
    };
    match service {
        Some(_) => written,
        None => ExitCode::from(definition::FAILED),
    }
}

fn summary(service: &Service) -> String {
    let routes = service.listeners.iter().map(|one| one.routes.len()).sum();
    format!(
        "ok: {}, {}, {}\n",
        count(service.listeners.len(), "server"),
        count(routes, "route"),
        count(service.connections.len(), "connection"),
    )
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
