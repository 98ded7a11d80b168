//! The functions that a service names, so that only the modules it uses are opened.

use crate::config::{Action, ArgumentType, Connection, Reference, Service};

/// Every function that a service names.
pub(super) fn references(service: &Service) -> Vec<Reference> {
    let mut all: Vec<&Reference> = Vec::new();
    all.extend(
        service
            .setups
            .iter()
            .chain(&service.teardowns)
            .chain(&service.turns),
    );
    all.extend(service.tasks.iter().map(|task| &task.function));
    for route in service
        .listeners
        .iter()
        .flat_map(|listener| &listener.routes)
    {
        all.extend(
            route
                .groups
                .iter()
                .filter_map(|group| named(&group.argument_type)),
        );
        for endpoint in &route.endpoints {
            if let Action::Handler(reference) = &endpoint.action {
                all.push(reference);
            }
            all.extend(&endpoint.wrappers);
            all.extend(
                endpoint
                    .content
                    .iter()
                    .filter_map(|one| named(&one.argument_type)),
            );
        }
    }
    for connection in &service.connections {
        all.extend(functions_of(connection));
    }
    all.into_iter().cloned().collect()
}

fn functions_of(connection: &Connection) -> impl Iterator<Item = &Reference> {
    let resources = &connection.resources;
    let own = [&connection.url_function].into_iter().flatten();
    let headers = resources.iter().flat_map(|resource| &resource.headers);
    let headers = connection.headers.iter().chain(headers);
    let steps = resources
        .iter()
        .flat_map(|resource| resource.setup.iter().chain(&resource.wrapper));
    own.chain(headers.filter_map(|header| header.function.as_ref()))
        .chain(steps)
}

pub(super) fn named(argument_type: &ArgumentType) -> Option<&Reference> {
    match argument_type {
        ArgumentType::Function(reference) => Some(reference),
        _ => None,
    }
}
