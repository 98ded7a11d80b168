//! `micro run FILE`, for short `micro FILE`

use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches};

use super::command::Command;
use super::output::complain;
use super::{definition, logging, watch};
use crate::config::Log;
use crate::{Micro, StartError};

pub(super) const COMMAND: Command = Command {
    name: "run",
    summary: "Serve a definition",
    arguments: |parser| {
        definition::arguments(parser)
            .arg(
                Arg::new("grace")
                    .long("grace")
                    .value_name("TIME")
                    .value_parser(definition::parse_duration)
                    .default_value("30s")
                    .help("How long running requests may take after SIGTERM or SIGINT"),
            )
            .arg(
                Arg::new("verbose")
                    .short('v')
                    .long("verbose")
                    .action(ArgAction::SetTrue)
                    .help("Show debug messages"),
            )
            .arg(
                Arg::new("watch")
                    .long("watch")
                    .action(ArgAction::SetTrue)
                    .help("Serve anew when the definition, or what it is made of, has changed"),
            )
    },
    run,
};

fn run(matches: &ArgMatches, micro: Micro) -> ExitCode {
    let grace = *matches
        .get_one::<Duration>("grace")
        .expect("it has a default");
    let micro = match definition::service(matches, micro) {
        Ok(micro) => micro.grace(grace).signals(),
        Err(code) => return code,
    };
    match serve(matches, micro) {
        Ok(()) => ExitCode::SUCCESS,
        Err(StartError::Definition(text)) => {
            complain(text);
            ExitCode::from(definition::FAILED)
        }
        Err(error) => {
            logging::finish();
            complain(format_args!("{error}\n"));
            ExitCode::from(definition::FAILED)
        }
    }
}

fn serve(matches: &ArgMatches, micro: Micro) -> Result<(), StartError> {
    let is_verbose = matches.get_flag("verbose");
    if matches.get_flag("watch") {
        return watch::serve(micro.copy_libraries(), is_verbose);
    }
    let loaded = micro.load_to_start();
    if let Some(service) = &loaded.service {
        prepare(&service.log, is_verbose);
    }
    let running = micro.start_loaded(&loaded)?;
    complain(loaded.render());
    running.run()
}

/// Makes the process ready to serve.
pub(super) fn prepare(log: &Log, is_verbose: bool) {
    logging::start(log, is_verbose);
    logging::report_panics();
    raise_descriptor_limit();
}

/// Every connection takes a descriptor; the system's first offer is often 1024.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        log::debug!("the limit of descriptors stays as it is: {error}");
    }
}
