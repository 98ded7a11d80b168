//! The arguments of every subcommand that reads a definition.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use micro_api::units::find_duration;

use super::output::complain;
use crate::Micro;
use crate::diagnostics::{Diagnostic, Severity};
use crate::directives::{DIRECTIVES, Loaded, Scope};

/// The exit code when the definition has errors, or cannot be served.
pub(super) const FAILED: u8 = 1;
/// The exit code when the command line has errors.
pub(super) const MISUSED: u8 = 2;

/// The definition, and the file of settings.
pub(super) fn arguments(parser: clap::Command) -> clap::Command {
    parser
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The definition; `-` reads the standard input"),
        )
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Settings, one `name=value` a line; the environment comes first"),
        )
        .arg(
            Arg::new("modules")
                .long("modules")
                .value_name("DIR")
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf))
                .help("Search this folder for modules first; may be said again, and then comes MICRO_PATH"),
        )
}

/// The same, for commands that only read.
pub(super) fn arguments_of_reader(parser: clap::Command) -> clap::Command {
    let syntax = Arg::new("syntax")
        .long("syntax")
        .action(ArgAction::SetTrue)
        .help("Judge the language alone: look up no handlers");
    arguments(parser)
        .arg(syntax)
        .arg(argument_of_loading().conflicts_with("syntax"))
}

/// Reads a duration of the command line.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    find_duration(text).ok_or_else(|| "expected a duration such as `30s`".to_owned())
}

/// Whether code of modules may run.
pub(super) fn argument_of_loading() -> Arg {
    Arg::new("load")
        .long("load")
        .action(ArgAction::SetTrue)
        .help(
            "Load modules from their libraries, which runs code of them; else only read the files",
        )
}

/// The service that the arguments name.
pub(super) fn service(matches: &ArgMatches, micro: Micro) -> Result<Micro, ExitCode> {
    service_of(matches.get_one("file"), matches, micro)
}

/// The service of this file, or else of the definition that the program has.
pub(super) fn service_of(
    file: Option<&PathBuf>,
    matches: &ArgMatches,
    micro: Micro,
) -> Result<Micro, ExitCode> {
    let mut micro = micro.environment(environment());
    if let Some(file) = file {
        micro = match file.as_os_str() == "-" {
            true => micro.text("<stdin>", standard_input()?),
            false => micro.definition(file),
        };
    } else if !micro.has_definition() {
        complain("error: no definition is named, expected a file behind the command\n");
        return Err(ExitCode::from(MISUSED));
    }
    for folder in matches.get_many::<PathBuf>("modules").unwrap_or_default() {
        if !folder.is_dir() {
            let folder = folder.display();
            complain(format_args!(
                "error: no folder `{folder}` for `--modules`\n"
            ));
            return Err(ExitCode::from(MISUSED));
        }
        micro = micro.modules_dir(folder);
    }
    if matches!(matches.try_get_one("load"), Ok(Some(true))) {
        micro = micro.load_libraries();
    }
    Ok(match matches.get_one::<PathBuf>("config") {
        Some(config) => micro.config_file(config),
        None => micro,
    })
}

/// Reads the definition, with its handlers unless the arguments say `--syntax`.
pub(super) fn read(matches: &ArgMatches, micro: &Micro) -> Loaded {
    match matches.get_flag("syntax") {
        true => micro.load_syntax(),
        false => micro.load(),
    }
}

/// Reads the definition and shows what is wrong with it; ends here if it has errors.
pub(super) fn load(matches: &ArgMatches, micro: &Micro) -> Result<Loaded, ExitCode> {
    told(read(matches, micro))
}

/// Shows what is wrong with a definition; ends here if it has errors.
pub(super) fn told(loaded: Loaded) -> Result<Loaded, ExitCode> {
    complain(loaded.render());
    match loaded.has_errors() {
        true => Err(ExitCode::from(FAILED)),
        false => Ok(loaded),
    }
}

/// The same for a command that only calls: warnings of what serves are none of its business.
pub(super) fn told_of_calls(mut loaded: Loaded) -> Result<Loaded, ExitCode> {
    let mut diagnostics = std::mem::take(&mut loaded.diagnostics);
    diagnostics.retain(|one| one.severity == Severity::Error || !is_of_serving(one, &loaded));
    loaded.diagnostics = diagnostics;
    told(loaded)
}

fn is_of_serving(warning: &Diagnostic, loaded: &Loaded) -> bool {
    let Some(span) = warning.span() else {
        // That nothing is served is also why it cannot run.
        let mut refused = loaded.refuse_to_run().iter();
        return refused.any(|one| one.message == warning.message);
    };
    let line = loaded.sources.line(span);
    let word = line.split_whitespace().next().unwrap_or_default();
    let mut directives = DIRECTIVES.iter();
    let directive = directives.find(|directive| directive.is_written(word));
    directive.is_some_and(|directive| {
        let serves = |scope| matches!(scope, Scope::Server | Scope::Route | Scope::Method);
        let places = directive.places;
        directive.opens.is_some_and(serves)
            || !places.is_empty() && places.iter().copied().all(serves)
            || directive.word == "CONFIG_SERVER"
    })
}

/// Variables that are not text cannot be settings.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// What is on the standard input, as text.
pub(super) fn standard_input() -> Result<String, ExitCode> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| {
            complain(format_args!(
                "error: cannot read the standard input: {error}\n"
            ));
            ExitCode::from(FAILED)
        })?;
    Ok(text)
}
