//! RESOURCE.

use std::ops::Range;

use micro_api::{Method, host};

use super::arguments::{Arguments, Given};
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use super::server::PYTHON_CLASS;
use super::setting::Setting;
use crate::config::{Resource, ValueKind};
use crate::diagnostics::{Diagnostic, mask_secrets};

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

pub(super) static RESOURCE: Directive = Directive {
    word: "RESOURCE",
    places: &[Scope::Connection],
    opens: Some(Scope::Resource),
    parameters: &[
        Parameter::required("name", Kind::Name, "its name"),
        Parameter::required(
            "path",
            Kind::TEXT,
            "what follows the URL; `{x}` is an argument",
        ),
        Parameter::optional(
            "method",
            Kind::Value(ValueKind::Choice(METHODS)),
            "the method",
        )
        .or("GET"),
        Parameter::optional("is_json", Kind::BOOL, "instead of the connection's"),
        Parameter::optional("is_verbose", Kind::BOOL, "instead of the connection's")
            .also(&["is_debug"]),
        Parameter::optional("trace", Kind::BOOL, "log what is sent and received").or("false"),
        Parameter::optional(
            "timeout",
            Kind::Value(ValueKind::Duration),
            "instead of the connection's",
        ),
        Parameter::option("handler", PYTHON_CLASS, "of the Python family"),
        Parameter::option(
            "wrapper",
            Kind::Function(host::Kind::Transform),
            "instead of the connection's",
        ),
        Parameter::option(
            "setup",
            Kind::Function(host::Kind::Transform),
            "instead of the connection's",
        ),
        Parameter::option("is_form", Kind::BOOL, "instead of the connection's"),
        Parameter::option(
            "deadline",
            Kind::Value(ValueKind::Duration),
            "instead of the connection's",
        ),
    ],
    settings: &[
        Setting::of(
            "connection.{connection}.resource.{name}.is_verbose",
            ValueKind::Bool,
            "is_verbose",
            "log its calls, instead of what the connection says",
        )
        .also(&["connection.{connection}.resource.{name}.is_debug"]),
        Setting::of(
            "connection.{connection}.resource.{name}.timeout",
            ValueKind::Duration,
            "timeout",
            "how long it may be silent, instead of what the connection says",
        ),
        Setting::of(
            "connection.{connection}.resource.{name}.deadline",
            ValueKind::Duration,
            "deadline",
            "how long a call may take, instead of what the connection says",
        ),
    ],
    summary: "declares one call of a connection",
    example: "RESOURCE find /users/{id}",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    if !name.is_empty() {
        let key = format!("{}.{name}", draft.connections.len());
        let what = format!("`RESOURCE {name}`");
        let span = arguments.span_of("name");
        draft.declare_in("RESOURCE", key, span, &what, " for this connection");
    }
    let path = arguments.find("path");
    if let Some(path) = path.filter(|path| is_url(&path.text)) {
        let message = format!(
            "expected a path such as `/users/{{id}}`, found the URL `{}`",
            mask_secrets(&path.text)
        );
        let help = "the URL is that of the `CONNECTION`";
        draft.report(Diagnostic::error(message).at(path.span).help(help));
    }
    let path_arguments = path
        .map(|path| find_arguments(draft, path))
        .unwrap_or_default();
    let (wrapper, setup) = (
        draft.function(arguments, "wrapper", host::Kind::Transform),
        draft.function(arguments, "setup", host::Kind::Transform),
    );
    let place = draft.place(arguments.span);
    let connection = draft.connection();
    let resource = Resource {
        name,
        path: arguments.text("path"),
        path_arguments,
        method: Method::find(&arguments.text("method").to_uppercase()).unwrap_or_default(),
        is_json: arguments.find_bool("is_json").unwrap_or(connection.is_json),
        is_form: arguments.find_bool("is_form").unwrap_or(connection.is_form),
        is_verbose: arguments
            .find_bool("is_verbose")
            .unwrap_or(connection.is_verbose),
        is_traced: arguments.is_true("trace"),
        timeout: arguments
            .find_duration("timeout")
            .unwrap_or(connection.timeout),
        deadline: arguments
            .find_duration("deadline")
            .unwrap_or(connection.deadline),
        wrapper: wrapper.or_else(|| connection.wrapper.clone()),
        setup: setup.or_else(|| connection.setup.clone()),
        headers: Vec::new(),
        required: Vec::new(),
        optional: Vec::new(),
        place,
    };
    connection.resources.push(resource);
}

fn is_url(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.contains("://")
}

fn find_arguments(draft: &mut Draft, path: &Given) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, range) in braces(&path.text) {
        let span = path.part(range);
        let Some(name) = name else {
            let message = "`{` without `}` in a path";
            draft.report(Diagnostic::error(message).at(span));
            break;
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            let message = format!("expected an argument such as `{{id}}`, found `{{{name}}}`");
            draft.report(Diagnostic::error(message).at(span));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// What stands in braces, and where; nothing where a brace is not closed.
fn braces(text: &str) -> Vec<(Option<&str>, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|open| at + open) {
        let Some(close) = text[open..].find('}').map(|close| open + close) else {
            found.push((None, open..text.len()));
            break;
        };
        found.push((Some(&text[open + 1..close]), open..close + 1));
        at = close + 1;
    }
    found
}
