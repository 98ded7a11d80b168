//! `micro connections FILE`

use std::process::ExitCode;
use std::time::Duration;

use clap::ArgMatches;
use micro_api::Method;

use super::command::Command;
use super::output::{answer, complain};
use super::{definition, table};
use crate::Micro;
use crate::config::{Connection, Resource, Url};
use crate::diagnostics::mask_secrets;

pub(super) const COMMAND: Command = Command {
    name: "connections",
    summary: "List the services that a definition calls, and how",
    arguments: definition::arguments_of_reader,
    run,
};

fn run(matches: &ArgMatches, micro: Micro) -> ExitCode {
    let loaded = definition::service(matches, micro)
        .map(|micro| definition::read(matches, &micro))
        .and_then(definition::told_of_calls);
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let service = loaded
        .service
        .as_ref()
        .expect("a definition without errors is a service");
    if service.connections.is_empty() {
        complain("the definition declares no connection\n");
    }
    let mut text = String::new();
    for connection in &service.connections {
        let target = match (&connection.url, &connection.url_function) {
            (Some(url), _) => mask_secrets(url),
            (None, Some(function)) => format!("code={function}"),
            (None, None) => String::new(),
        };
        let off = if connection.is_active {
            ""
        } else {
            "  switched off"
        };
        let (name, place) = (&connection.name, &connection.place);
        text += &format!("CONNECTION {name} {target}  ({place}){off}\n");
        let resources = connection.resources.iter();
        let rows: Vec<Vec<String>> = resources.map(|one| row(connection, one)).collect();
        text += &table::align(&rows);
    }
    answer(&text)
}

fn row(connection: &Connection, resource: &Resource) -> Vec<String> {
    let url = connection
        .url
        .as_deref()
        .and_then(|url| Url::parse(url).ok());
    let path = match url {
        Some(url) => url.join(&resource.path),
        None => resource.path.clone(),
    };
    vec![
        format!("  {}.{}", connection.name, resource.signature()),
        format!("{} {}", resource.method, mask_secrets(&path)),
        exchange(resource),
        times(resource),
        resource.place.to_string(),
    ]
}

/// What is sent, and what is made of the answer.
fn exchange(resource: &Resource) -> String {
    let has_others = !resource.required.is_empty() || !resource.optional.is_empty();
    let sent = match (resource.method, resource.is_form) {
        _ if !has_others => "",
        (Method::Get | Method::Head, _) => "query -> ",
        (_, true) => "form -> ",
        (_, false) => "json -> ",
    };
    let answer = match resource.is_json {
        true => "json",
        false => "text",
    };
    let mut told = format!("{sent}{answer}");
    if let Some(function) = &resource.setup {
        told += &format!(" setup={function}");
    }
    if let Some(function) = &resource.wrapper {
        told += &format!(" wrapper={function}");
    }
    told
}

fn times(resource: &Resource) -> String {
    let shown = |name: &str, time: Duration| match time.is_zero() {
        true => format!("{name}=0"),
        false => format!("{name}={time:?}"),
    };
    let (timeout, deadline) = (resource.timeout, resource.deadline);
    format!(
        "{} {}",
        shown("timeout", timeout),
        shown("deadline", deadline)
    )
}
