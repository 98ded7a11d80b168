//! `micro routes FILE [PATH]`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches};

use super::command::Command;
use super::output::{answer, complain};
use super::{definition, table};
use crate::Micro;
use crate::config::{Action, Endpoint, Listener, Route};
use crate::router::{Pattern, explain};

pub(super) const COMMAND: Command = Command {
    name: "routes",
    summary: "List the routes; with a path, tell who takes it and why others do not",
    arguments: |parser| {
        definition::arguments_of_reader(parser).arg(
            Arg::new("path")
                .value_name("PATH")
                .value_parser(parse_path)
                .help("A path such as /users/5"),
        )
    },
    run,
};

fn run(matches: &ArgMatches, micro: Micro) -> ExitCode {
    let (file, path) = match file_and_path(matches, &micro) {
        Ok(both) => both,
        Err(mistake) => {
            complain(format_args!("error: {mistake}\n"));
            return ExitCode::from(definition::MISUSED);
        }
    };
    let service = definition::service_of(file, matches, micro);
    let loaded = match service.and_then(|micro| definition::load(matches, &micro)) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let service = loaded
        .service
        .as_ref()
        .expect("a definition without errors is a service");
    let mut text = String::new();
    let mut is_taken = path.is_none();
    for listener in &service.listeners {
        let Listener {
            name, port, host, ..
        } = listener;
        text += &format!("SERVER {name} {port} host={host}\n");
        match &path {
            None => text += &table::align(&rows(listener)),
            Some(path) => {
                let (told, takes) = explanation_of(listener, path);
                text += &told;
                is_taken |= takes;
            }
        }
    }
    let written = answer(&text);
    match is_taken {
        true => written,
        false => ExitCode::from(definition::FAILED),
    }
}

/// The file and the path that are asked about. A program that has its definition needs no file:
/// then the first word may be the path.
fn file_and_path<'m>(
    matches: &'m ArgMatches,
    micro: &Micro,
) -> Result<(Option<&'m PathBuf>, Option<String>), String> {
    let file = matches.get_one::<PathBuf>("file");
    let path = matches.get_one::<String>("path").cloned();
    match file.filter(|file| micro.has_definition() && !file.exists()) {
        Some(word) if path.is_none() && word.starts_with("/") => {
            Ok((None, Some(parse_path(&word.to_string_lossy())?)))
        }
        _ => Ok((file, path)),
    }
}

/// The path as it arrives in a request: without a query, and percent-encoded.
fn parse_path(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err("expected a path that begins with `/`".to_owned());
    }
    let path = text.split(['?', '#']).next().unwrap_or(text);
    let encode = |byte: u8| match byte.is_ascii_graphic() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    Ok(path.bytes().map(encode).collect())
}

fn rows(listener: &Listener) -> Vec<Vec<String>> {
    let row = |route: &Route, endpoint: &Endpoint| {
        vec![
            format!("  {}", endpoint.method),
            route.pattern.clone(),
            describe(endpoint),
            endpoint.place.to_string(),
        ]
    };
    let routes = listener.routes.iter();
    routes
        .flat_map(|route| route.endpoints.iter().map(move |one| row(route, one)))
        .collect()
}

fn describe(endpoint: &Endpoint) -> String {
    match &endpoint.action {
        Action::Handler(handler) => handler.to_string(),
        Action::File(path) => format!("file {}", path.display()),
    }
}

/// What becomes of a path, and whether any route takes it.
fn explanation_of(listener: &Listener, path: &str) -> (String, bool) {
    let parse = |route: &Route| Pattern::parse(&route.pattern).ok();
    let patterns: Vec<Pattern> = listener.routes.iter().filter_map(parse).collect();
    let explanation = explain(&patterns, path);
    let name = |index: usize| {
        let route = &listener.routes[index];
        format!("ROUTE {} ({})", route.pattern, route.place)
    };
    let mut lines = Vec::new();
    match explanation.winner {
        None => lines.push(format!("no route takes {path}")),
        Some(winner) => {
            lines.push(format!("{} takes {path}", name(winner)));
            let endpoints = listener.routes[winner].endpoints.iter();
            lines.extend(endpoints.map(|one| format!("  {} {}", one.method, describe(one))));
        }
    }
    for later in explanation.later {
        lines.push(format!("{} would take it, but comes later", name(later)));
    }
    for miss in explanation.nearest {
        let (route, agreed) = (name(miss.route), &path[..miss.agreed]);
        let (expected, found) = (&miss.expected, &miss.found);
        lines.push(format!(
            "{route} does not: after {agreed} it expects {expected}, found {found}"
        ));
    }
    let text = lines.iter().map(|line| format!("  {line}\n")).collect();
    (text, explanation.winner.is_some())
}
