//! The RESOURCE that a command line names.

use crate::config::{Connection, Resource, Service};
use crate::diagnostics::{Diagnostic, Sources, render, suggest};

/// Finds `CONNECTION.RESOURCE`: the places of both.
///
/// # Errors
///
/// If there is none of this name: the text for people, with what there is.
pub(super) fn find(service: &Service, target: &str) -> Result<(usize, usize), String> {
    // Names may have dots in them.
    let candidates = service.connections.iter().enumerate();
    let mut candidates: Vec<(usize, &Connection, &str)> = candidates
        .filter_map(|(at, connection)| {
            let rest = target.strip_prefix(&connection.name)?;
            Some((at, connection, rest.strip_prefix('.')?))
        })
        .collect();
    candidates.sort_by_key(|(_, connection, _)| std::cmp::Reverse(connection.name.len()));
    for (at, connection, name) in &candidates {
        let mut resources = connection.resources.iter();
        if let Some(resource) = resources.position(|resource| resource.name == *name) {
            return Ok((*at, resource));
        }
    }
    let mistake = match candidates.first() {
        Some((_, connection, name)) => unknown_resource(connection, name),
        None => unknown_connection(&service.connections, target),
    };
    Err(render(&mistake, &Sources::default()))
}

fn unknown_resource(connection: &Connection, name: &str) -> Diagnostic {
    let message = format!(
        "connection `{}` declares no resource `{name}`",
        connection.name
    );
    let names = connection
        .resources
        .iter()
        .map(|resource| resource.name.as_str());
    let mistake = Diagnostic::error(message).help_if(suggest(name, names));
    with_signatures(mistake, [connection])
}

fn unknown_connection(connections: &[Connection], target: &str) -> Diagnostic {
    let (name, has_resource) = match target.split_once('.') {
        Some((name, _)) => (name, true),
        None => (target, false),
    };
    let is_there = connections.iter().any(|connection| connection.name == name);
    let message = match has_resource || !is_there {
        true => format!("the definition declares no connection `{name}`"),
        false => format!("expected a resource of it, such as `{name}.NAME`, found `{name}` alone"),
    };
    let names = connections
        .iter()
        .map(|connection| connection.name.as_str());
    let help = suggest(name, names).filter(|_| !is_there);
    with_signatures(Diagnostic::error(message).help_if(help), connections)
}

fn with_signatures<'c>(
    mistake: Diagnostic,
    connections: impl IntoIterator<Item = &'c Connection>,
) -> Diagnostic {
    let signature = |connection: &Connection, resource: &Resource| {
        format!("{}.{}", connection.name, resource.signature())
    };
    let all = connections.into_iter().flat_map(|connection| {
        let resources = connection.resources.iter();
        resources.map(move |resource| signature(connection, resource))
    });
    all.fold(mistake, |mistake, signature| {
        mistake.note(format!("there is `{signature}`"))
    })
}
