//! `micro config FILE`

use std::process::ExitCode;

use clap::ArgMatches;

use super::command::Command;
use super::output::answer;
use super::{definition, table};
use crate::Micro;

pub(super) const COMMAND: Command = Command {
    name: "config",
    summary: "List every setting: its value, where that is from, and its variable",
    arguments: definition::arguments_of_reader,
    run,
};

fn run(matches: &ArgMatches, micro: Micro) -> ExitCode {
    let service = definition::service(matches, micro);
    let loaded = match service.and_then(|micro| definition::load(matches, &micro)) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let rows: Vec<Vec<String>> = loaded
        .records
        .iter()
        .map(|record| {
            let value = record.shown_value().unwrap_or_default();
            vec![
                format!("{}={value}", record.name),
                record.origin.describe(&loaded.sources),
                record.environment.first().cloned().unwrap_or_default(),
            ]
        })
        .collect();
    answer(&table::align(&rows))
}
