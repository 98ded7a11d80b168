//! Checks that need the whole definition.

use super::draft::{Draft, ListenerDraft};
use super::{database, signature, variables};
use crate::config::{Origin, Place, Record};
use crate::diagnostics::{Diagnostic, FileId, Span, has_errors};
use crate::router::{Pattern, find_shadowed};

/// Checks what no line can know alone.
pub(super) fn check(draft: &mut Draft) {
    let mut found = Vec::new();
    for server in draft.config_servers.iter().filter(|server| !server.is_used) {
        let message = format!(
            "`CONFIG_SERVER` `{0}` has no `SERVER {0}` line",
            server.name
        );
        found.push(Diagnostic::warning(message).at(server.span));
    }
    // What is missing may be in a line that was told of already.
    let is_whole = !has_errors(&draft.diagnostics);
    if is_whole {
        found.extend(nothing_served(draft));
        draft.not_yet.extend(nothing_to_run(draft));
        found.extend(draft.idle_pins());
    }
    for listener in &draft.listeners {
        if is_whole {
            found.extend(idle_lines(listener));
        }
        found.extend(shadowed(listener));
        found.extend(slashless(listener));
    }
    found.extend(signature::contradictions(draft));
    found.extend(shared_ports(draft));
    found.extend(missing_certificates(draft));
    found.extend(variables::shared(draft));
    draft.diagnostics.extend(found);
    refuse_tls(draft);
    database::refuse_foreign(draft);
}

// Background tasks are a service, too, and connections alone are a library of calls.
fn nothing_served(draft: &Draft) -> Option<Diagnostic> {
    let serves = !draft.listeners.is_empty() || !draft.config_servers.is_empty();
    if serves || has_work(draft) || !draft.connections.is_empty() {
        return None;
    }
    Some(no_server(draft, Diagnostic::warning))
}

// A service without listeners and without work of its own would wait for ever.
fn nothing_to_run(draft: &Draft) -> Option<Diagnostic> {
    let listens = |listener: &ListenerDraft| {
        is_true(
            draft,
            &format!("server.{}.is_active", listener.listener.name),
        )
    };
    if has_work(draft) || draft.listeners.iter().any(listens) {
        return None;
    }
    let Some(first) = draft.listeners.first() else {
        return Some(no_server(draft, Diagnostic::error));
    };
    let setting = format!("server.{}.is_active", first.listener.name);
    let message = "nothing is served: every `SERVER` is switched off";
    let help = format!("`{setting}=true` switches this one on");
    Some(Diagnostic::error(message).at(first.span).help(help))
}

fn has_work(draft: &Draft) -> bool {
    !draft.tasks.is_empty() || !draft.turns.is_empty()
}

fn no_server(draft: &Draft, severity: fn(String) -> Diagnostic) -> Diagnostic {
    let name = draft.sources.name(FileId::default());
    let help = "put lines such as `SERVER hello 12345` and `ROUTE /hello` into it";
    severity(format!("nothing is served: `{name}` has no `SERVER`")).help(help)
}

fn idle_lines(listener: &ListenerDraft) -> Vec<Diagnostic> {
    if listener.routes.is_empty() {
        let message = format!("server `{}` has no `ROUTE`", listener.listener.name);
        let help = "put a line such as `ROUTE /hello` below it";
        return vec![Diagnostic::warning(message).at(listener.span).help(help)];
    }
    let idle = listener.routes.iter().filter(|route| {
        route.route.endpoints.is_empty() && !route.is_proxied && route.pattern.is_some()
    });
    idle.map(|route| {
        Diagnostic::warning("this route has no method")
            .at(route.span)
            .help("put a line such as `GET hello.greet` below it")
    })
    .collect()
}

fn slashless(listener: &ListenerDraft) -> Vec<Diagnostic> {
    let routes = listener.routes.iter().filter(|route| {
        route
            .pattern
            .as_ref()
            .is_some_and(|pattern| !pattern.starts_with_slash())
    });
    routes
        .map(|route| {
            let pattern = &route.route.pattern;
            let help = match pattern.strip_prefix(['"', '\'']) {
                Some(pattern) => format!("write `ROUTE {pattern}`, or close the quote"),
                None => format!("write `ROUTE /{pattern}`"),
            };
            Diagnostic::warning("this route can never match: paths begin with `/`")
                .at(route.span)
                .help(help)
        })
        .collect()
}

fn shadowed(listener: &ListenerDraft) -> Vec<Diagnostic> {
    let routes: Vec<_> = listener
        .routes
        .iter()
        .filter(|route| route.pattern.is_some())
        .collect();
    let patterns: Vec<Pattern> = routes
        .iter()
        .filter_map(|route| route.pattern.clone())
        .collect();
    find_shadowed(&patterns)
        .into_iter()
        .map(|shadow| {
            let Place { file, line } = &routes[shadow.by].route.place;
            let message =
                format!("this route can never match: the route at {file}:{line} takes it");
            Diagnostic::warning(message)
                .at(routes[shadow.route].span)
                .note(format!("for example `{}`", shadow.witness))
        })
        .collect()
}

/// Where a listener listens.
struct Address<'d> {
    name: &'d str,
    host: &'d str,
    port: u16,
    span: Span,
    origin: &'d Origin,
}

fn shared_ports(draft: &Draft) -> Vec<Diagnostic> {
    let mut known: Vec<Address> = Vec::new();
    let mut found = Vec::new();
    for listener in &draft.listeners {
        let Some(address) = address(draft, listener) else {
            continue;
        };
        if let Some(first) = known.iter().find(|first| clashes(first, &address)) {
            found.push(shared_port(draft, first, &address));
        }
        known.push(address);
    }
    found
}

fn address<'d>(draft: &'d Draft, listener: &'d ListenerDraft) -> Option<Address<'d>> {
    let name = &listener.listener.name;
    let port = find(draft, &format!("server.{name}.port"))?;
    let host = find(draft, &format!("server.{name}.host"))?;
    if !is_true(draft, &format!("server.{name}.is_active")) {
        return None;
    }
    let span = match port.origin {
        Origin::Definition(span) if span.file == listener.span.file => span,
        _ => listener.name_span,
    };
    Some(Address {
        name,
        host: host.value.as_deref().unwrap_or_default(),
        port: port
            .value
            .as_deref()?
            .parse()
            .ok()
            .filter(|port| *port != 0)?,
        span,
        origin: &port.origin,
    })
}

fn clashes(first: &Address, second: &Address) -> bool {
    let is_any = |host: &str| matches!(host, "" | "0.0.0.0" | "::" | "[::]");
    first.port == second.port
        && first.name != second.name
        && (first.host == second.host || is_any(first.host) || is_any(second.host))
}

fn shared_port(draft: &Draft, first: &Address, second: &Address) -> Diagnostic {
    let message = format!(
        "servers `{}` and `{}` both listen at port {}",
        first.name, second.name, second.port
    );
    let mut diagnostic = Diagnostic::error(message)
        .at(second.span)
        .label(first.span, "first used here");
    for address in [first, second] {
        if !matches!(address.origin, Origin::Definition(_)) {
            let origin = address.origin.describe(&draft.sources);
            diagnostic =
                diagnostic.note(format!("the port of `{}` is from {origin}", address.name));
        }
    }
    diagnostic
}

fn missing_certificates(draft: &Draft) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for listener in draft
        .listeners
        .iter()
        .filter(|listener| has_tls(draft, listener))
    {
        let name = &listener.listener.name;
        for what in ["keyfile", "certfile"] {
            let setting = format!("server.{name}.ssl.{what}");
            if find(draft, &setting).is_some_and(|record| record.value.is_none()) {
                let message = format!("server `{name}` uses TLS and needs `{setting}`");
                found.push(Diagnostic::error(message).at(listener.name_span));
            }
        }
    }
    found
}

fn refuse_tls(draft: &mut Draft) {
    let with_tls = draft
        .listeners
        .iter()
        .filter(|listener| has_tls(draft, listener));
    let spans: Vec<(Span, String)> = with_tls
        .map(|listener| {
            (
                listener.span,
                format!("server.{}.ssl.is_active", listener.listener.name),
            )
        })
        .collect();
    for (span, setting) in spans {
        draft.refuse_to_run(&setting, span, None);
    }
}

fn has_tls(draft: &Draft, listener: &ListenerDraft) -> bool {
    let name = &listener.listener.name;
    is_true(draft, &format!("server.{name}.is_active"))
        && is_true(draft, &format!("server.{name}.ssl.is_active"))
}

/// The setting of this name.
pub(super) fn find<'d>(draft: &'d Draft, name: &str) -> Option<&'d Record> {
    draft.records.iter().find(|record| record.name == name)
}

/// Whether a setting is true.
pub(super) fn is_true(draft: &Draft, name: &str) -> bool {
    let value = find(draft, name).and_then(|record| record.value.as_deref());
    value
        .and_then(micro_api::units::find_bool)
        .unwrap_or_default()
}
