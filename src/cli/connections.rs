//! `micro connections FILE`

use std::process::ExitCode;

use clap::ArgMatches;

use super::command::Command;
use super::output::answer;
use super::{definition, table};
use crate::Micro;
use crate::diagnostics::mask_passwords;

pub(super) const COMMAND: Command = Command {
    name: "connections",
    summary: "List the services that a definition calls, and how",
    arguments: definition::arguments_of_reader,
    run,
};

fn run(matches: &ArgMatches, micro: Micro) -> ExitCode {
    let service = definition::service(matches, micro);
    let loaded = match service.and_then(|micro| definition::load(matches, &micro)) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let service = loaded
        .service
        .as_ref()
        .expect("a definition without errors is a service");
    let mut rows = Vec::new();
    for connection in &service.connections {
        let target = match (&connection.url, &connection.url_function) {
            (Some(url), _) => mask_passwords(url),
            (None, Some(function)) => format!("code={function}"),
            (None, None) => String::new(),
        };
        rows.push(vec![
            connection.name.clone(),
            target,
            connection.place.to_string(),
        ]);
        for resource in &connection.resources {
            let call = format!("{} {}", resource.method, mask_passwords(&resource.path));
            let signature = format!("  {}.{}", connection.name, resource.signature());
            rows.push(vec![signature, call, resource.place.to_string()]);
        }
    }
    answer(&table::align(&rows))
}
