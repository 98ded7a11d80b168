//! `micro call FILE CONNECTION.RESOURCE`

mod answer;
mod arguments;
mod interrupt;
mod target;

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use micro_api::serde_json::Map;
use micro_api::{CallErrorKind, Value};

use self::answer::{Answer, Manner, make, make_stream};
use self::arguments::Given;
use self::interrupt::Interrupt;
use super::answers::{self, Recorded};
use super::command::Command;
use super::definition::{self, FAILED, MISUSED};
use super::logging;
use super::output::complain;
use crate::Micro;
use crate::client::{Prepared, encode, prepare};
use crate::config::{Resource, Service};
use crate::directives::Loaded;

pub(super) const COMMAND: Command = Command {
    name: "call",
    summary: "Call a RESOURCE once, and print the answer",
    arguments: |parser| definition::arguments_of_reader(parser).args(arguments()),
    run: |matches, micro| run(matches, micro).unwrap_or_else(|code| code),
};

fn arguments() -> [Arg; 9] {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    [
        Arg::new("resource")
            .value_name("CONNECTION.RESOURCE")
            .help("What to call"),
        Arg::new("argument")
            .value_name("ARGUMENT")
            .num_args(0..)
            .allow_negative_numbers(true)
            .help("`TEXT` or, by name, `NAME=TEXT`; `:=JSON` or `NAME:=JSON`; `@FILE` for what is in a file"),
        flag("stream").help("Print the answer piece by piece, as it comes"),
        flag("raw").help("Print the content byte for byte"),
        flag("include")
            .short('i')
            .help("Print the status and the header fields first"),
        flag("trace").help("Show what is sent and received on the standard error, without secrets"),
        flag("verbose").short('v').help("Show debug messages"),
        Arg::new("timeout")
            .long("timeout")
            .value_name("TIME")
            .value_parser(definition::parse_duration)
            .help("How long the call may take, instead of what the definition says; `0`: for ever"),
        Arg::new("record")
            .long("record")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .help("Write the answer to DIR/CONNECTION.RESOURCE.json, for `micro mock`"),
    ]
}

fn run(matches: &ArgMatches, micro: Micro) -> Result<ExitCode, ExitCode> {
    let (file, target, words) = words(matches, &micro)?;
    let micro = definition::service_of(file, matches, micro)?;
    let is_input_free = file.is_none_or(|file| file.as_os_str() != OsStr::new("-"));
    let given = arguments::parse(words.into_iter(), is_input_free).map_err(misused)?;
    let loaded = load(matches, &micro)?;
    let mut service = only_calls(&loaded);
    let at = target::find(&service, target).map_err(|mistake| {
        complain(mistake);
        ExitCode::from(MISUSED)
    })?;
    let (connection, resource) = adjust(&mut service, at, matches);
    if matches.get_flag("syntax") {
        service = alone(service, &connection, &resource)?;
    }
    let given_secrets = check(&connection, &resource, &given).map_err(misused)?;
    let record = matches.get_one::<PathBuf>("record");
    let record = record.map(|folder| (folder, answers::file_name(&connection, &resource.name)));
    if let Some((folder, file)) = &record {
        // Before the call, which may be one that cannot be made again.
        answers::expect_room(folder, file, &resource).map_err(told)?;
    }

    let is_verbose = matches.get_flag("verbose");
    let mut secrets = service.secrets.0.clone();
    secrets.extend(given_secrets);
    logging::start_beside(&service.log, is_verbose, secrets.clone());
    let manner = Manner {
        is_raw: matches.get_flag("raw"),
        has_head: matches.get_flag("include"),
        is_recorded: matches.contains_id("record"),
    };
    let mut running = micro.start_service(&service).map_err(failed)?;
    let callee = running.connection(&connection).map_err(failed)?;
    let callee = callee.resource(&resource.name).map_err(failed)?;
    let call = callee.call(given.by_position.clone());
    let named = given.by_name.iter();
    let call = named.fold(call, |call, (name, value)| call.with(name, value));
    let outcome = match matches.get_flag("stream") {
        false => running.wait(make(call)),
        true => {
            let interrupt = Interrupt::watch().map_err(failed)?;
            running.wait(make_stream(call, manner, interrupt))
        }
    };
    let outcome = outcome.map_err(failed)?;
    // What cannot be kept has been an answer all the same.
    let printed = outcome.print(manner);
    // A failure is told also to those who do not read the answer.
    if let Some(failure) = &outcome.failure {
        complain(format_args!("error: {failure}\n"));
    }
    let kept = match (record, &outcome.answer) {
        (Some((folder, file)), Some(answer)) => {
            keep(folder, &file, when(&resource, given), answer, &secrets).map_err(told)
        }
        _ => Ok(()),
    };
    if let Some(signal) = outcome.signal {
        interrupt::end(signal);
    }
    match outcome.failure.map(|failure| failure.kind()) {
        Some(CallErrorKind::Arguments) => Err(ExitCode::from(MISUSED)),
        Some(_) => Err(ExitCode::from(FAILED)),
        None => kept.and(printed).map(|()| ExitCode::SUCCESS),
    }
}

/// Says what stands there already as people read it.
fn told(mistake: String) -> ExitCode {
    complain(mistake);
    ExitCode::from(FAILED)
}

fn failed(error: impl Display) -> ExitCode {
    complain(format_args!("{error}\n"));
    ExitCode::from(FAILED)
}

fn misused(mistake: String) -> ExitCode {
    complain(format_args!("error: {mistake}\n"));
    ExitCode::from(MISUSED)
}

type Words<'m> = (Option<&'m PathBuf>, &'m str, Vec<&'m String>);

/// The file, what is called, and its arguments. A program that has its definition needs no file: then
/// the first word may be what is called.
fn words<'m>(matches: &'m ArgMatches, micro: &Micro) -> Result<Words<'m>, ExitCode> {
    let file = matches.get_one::<PathBuf>("file");
    let target = matches.get_one::<String>("resource");
    let mut words: Vec<&String> = matches.get_many("argument").into_iter().flatten().collect();
    let is_target = |word: &&PathBuf| micro.has_definition() && !word.exists();
    if let Some(word) = file.filter(is_target).and_then(|word| word.to_str()) {
        words.splice(0..0, target);
        return Ok((None, word, words));
    }
    match target {
        Some(target) => Ok((file, target, words)),
        None => Err(misused(
            "nothing to call is named, expected CONNECTION.RESOURCE behind the file\n  \
             = help: `micro connections FILE` lists what there is"
                .to_owned(),
        )),
    }
}

fn load(matches: &ArgMatches, micro: &Micro) -> Result<Loaded, ExitCode> {
    definition::told_of_calls(match matches.get_flag("syntax") {
        true => micro.load_syntax(),
        // The functions of a connection run, so their libraries may be loaded.
        false => micro.load_to_start(),
    })
}

/// The service without anything that would run beside the call.
fn only_calls(loaded: &Loaded) -> Service {
    let service = loaded.service.as_ref();
    let service = service.expect("a definition without errors is a service");
    Service {
        log: service.log.clone(),
        modules: service.modules.clone(),
        connections: service.connections.clone(),
        config: service.config.clone(),
        secrets: service.secrets.clone(),
        ..Service::default()
    }
}

/// Makes a resource as the command line wants it; gives the name of its connection, and itself.
fn adjust(
    service: &mut Service,
    (connection, resource): (usize, usize),
    matches: &ArgMatches,
) -> (String, Resource) {
    let connection = &mut service.connections[connection];
    let resource = &mut connection.resources[resource];
    resource.is_traced = matches.get_flag("trace");
    resource.is_verbose = matches.get_flag("verbose");
    if let Some(timeout) = matches.get_one::<Duration>("timeout") {
        connection.timeout = silence(connection.timeout, *timeout);
        resource.timeout = silence(resource.timeout, *timeout);
        resource.deadline = *timeout;
    }
    if matches.contains_id("record") {
        // What is recorded is what the service has said, not what is made of it here.
        resource.wrapper = None;
    }
    (connection.name.clone(), resource.clone())
}

/// The service with nothing but this call, of which no function was looked up.
///
/// # Errors
///
/// If it cannot do without one.
fn alone(service: Service, connection: &str, resource: &Resource) -> Result<Service, ExitCode> {
    let mut connections = service.connections;
    connections.retain(|one| one.name == connection);
    for one in &mut connections {
        one.resources.retain(|known| known.name == resource.name);
    }
    let url = connections
        .first()
        .and_then(|one| one.url_function.as_ref());
    let function = url
        .or(resource.setup.as_ref())
        .or(resource.wrapper.as_ref());
    if let Some(function) = function {
        return Err(misused(format!(
            "`{connection}.{}` needs `{function}`, and `--syntax` looks up no functions: call it without that",
            resource.name
        )));
    }
    Ok(Service {
        connections,
        ..service
    })
}

/// Whether a call can be made of these arguments.
fn check(connection: &str, resource: &Resource, given: &Given) -> Result<Vec<String>, String> {
    let prepared = prepare(connection, resource, &given.by_position, &given.by_name)?;
    let Prepared {
        path,
        body,
        secrets,
        ..
    } = prepared;
    if resource.setup.is_some() {
        // It may make something else of them.
        return Ok(secrets.values);
    }
    let sent = encode(resource.method, &path, body, resource.is_form);
    sent.map(|_| secrets.values).map_err(|sentence| {
        let signature = resource.signature();
        format!("argument of `{connection}.{signature}`: {sentence}")
    })
}

/// How long a service may be silent, so that it is not this that ends a call which may take longer.
fn silence(declared: Duration, deadline: Duration) -> Duration {
    match declared.is_zero() || deadline.is_zero() {
        true => Duration::ZERO,
        false => declared.max(deadline),
    }
}

/// The arguments as an answer for them names them. Secrets are none of the file's business.
fn when(resource: &Resource, given: Given) -> Map<String, Value> {
    let needed = resource.path_arguments.iter().chain(&resource.required);
    let by_position = needed.cloned().zip(given.by_position);
    by_position
        .chain(given.by_name)
        .filter(|(name, _)| !resource.is_secret(name))
        .collect()
}

fn keep(
    folder: &Path,
    file: &str,
    when: Map<String, Value>,
    answer: &Answer,
    secrets: &[String],
) -> Result<(), String> {
    let recorded = Recorded {
        when,
        status: answer.status,
        headers: &answer.headers,
        content: &answer.content,
        is_stream: answer.is_stream,
        secrets,
    };
    let kept = answers::record(folder, file, &recorded);
    kept.map_err(|error| answers::unwritten(&folder.join(file), &error))
}
