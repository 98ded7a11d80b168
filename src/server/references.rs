//! The functions that a service names, so that only the modules it uses are opened.

use crate::config::{Action, ArgumentType, Reference, Service};

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
    all.into_iter().cloned().collect()
}

pub(super) fn named(argument_type: &ArgumentType) -> Option<&Reference> {
    match argument_type {
        ArgumentType::Function(reference) => Some(reference),
        _ => None,
    }
}
