//! `micro routes FILE [PATH]`

use std::process::ExitCode;

use clap::{Arg, ArgMatches};

use super::command::Command;
use super::{definition, table};
use crate::Micro;
use crate::config::{Action, Endpoint, Listener, Route};
use crate::router::{Pattern, explain};

pub(super) const COMMAND: Command = Command {
    name: "routes",
    summary: "List the routes; with a path, tell who takes it and why others do not",
    arguments: |parser| {
        definition::arguments(parser).arg(
            Arg::new("path")
                .value_name("PATH")
                .help("A path such as /users/5"),
        )
    },
    run,
};

fn run(matches: &ArgMatches, micro: Micro) -> ExitCode {
    // `routes /path` of a program that has its definition names no file.
    let path = matches.get_one::<String>("path");
    let loaded = match definition::load(matches, micro) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let service = loaded
        .service
        .as_ref()
        .expect("a definition without errors is a service");
    let mut is_taken = path.is_none();
    for listener in &service.listeners {
        println!(
            "SERVER {} {} host={}",
            listener.name, listener.port, listener.host
        );
        match path {
            None => print!("{}", table::align(&rows(listener))),
            Some(path) => is_taken |= print_explanation(listener, path),
        }
    }
    ExitCode::from(if is_taken { 0 } else { definition::FAILED })
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

/// Tells what becomes of a path; whether any route takes it.
fn print_explanation(listener: &Listener, path: &str) -> bool {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let parse = |route: &Route| Pattern::parse(&route.pattern).ok();
    let patterns: Vec<Pattern> = listener.routes.iter().filter_map(parse).collect();
    let explanation = explain(&patterns, path);
    let name = |index: usize| {
        let route = &listener.routes[index];
        format!("ROUTE {} ({})", route.pattern, route.place)
    };
    match explanation.winner {
        None => println!("  no route takes {path}"),
        Some(winner) => {
            println!("  {} takes {path}", name(winner));
            for endpoint in &listener.routes[winner].endpoints {
                println!("    {} {}", endpoint.method, describe(endpoint));
            }
        }
    }
    for later in explanation.later {
        println!("  {} would take it, but comes later", name(later));
    }
    for miss in explanation.nearest {
        let (route, agreed) = (name(miss.route), &path[..miss.agreed]);
        println!(
            "  {route} does not: after {agreed} it expects {}, found {}",
            miss.expected, miss.found
        );
    }
    explanation.winner.is_some()
}
