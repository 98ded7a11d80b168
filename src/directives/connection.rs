//! CONNECTION.

use std::time::Duration;

use micro_api::host;

use super::arguments::Arguments;
use super::bind::{missing, parameter};
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use super::server::PYTHON_CLASS;
use super::setting::Setting;
use crate::config::{CallLimits, Connection, TlsFiles, ValueKind};

pub(super) static CONNECTION: Directive = Directive {
    word: "CONNECTION",
    places: &[Scope::Top],
    opens: Some(Scope::Connection),
    parameters: &[
        Parameter::required("name", Kind::Name, "its name"),
        Parameter::optional(
            "url",
            Kind::Value(ValueKind::Url),
            "the first part of its URLs: `http://…`, `https://…` or `unix:///socket`",
        ),
        Parameter::optional("is_json", Kind::BOOL, "read answers as JSON").or("true"),
        Parameter::optional("is_verbose", Kind::BOOL, "log its calls")
            .or("true")
            .also(&["is_debug"]),
        Parameter::optional(
            "timeout",
            Kind::Value(ValueKind::Duration),
            "how long it may be silent",
        )
        .or("5.0"),
        Parameter::option("handler", PYTHON_CLASS, "of the Python family"),
        Parameter::option(
            "wrapper",
            Kind::Function(host::Kind::Transform),
            "what is made of an answer",
        ),
        Parameter::option(
            "setup",
            Kind::Function(host::Kind::Transform),
            "what may change a request before it is sent",
        ),
        Parameter::option("is_form", Kind::BOOL, "send arguments as a form").or("false"),
        Parameter::option(
            "code",
            Kind::Function(host::Kind::Transform),
            "a function that gives the URL at each call",
        ),
        Parameter::option(
            "deadline",
            Kind::Value(ValueKind::Duration),
            "how long a call may take, that of a stream until its head",
        )
        .or("30s"),
    ],
    settings: &[
        Setting::of(
            "connection.{name}.url",
            ValueKind::Url,
            "url",
            "the first part of its URLs, instead of what `code` gives",
        ),
        Setting::fixed(
            "connection.{name}.is_active",
            ValueKind::Bool,
            "true",
            "whether it may be called",
        ),
        Setting::of(
            "connection.{name}.is_verbose",
            ValueKind::Bool,
            "is_verbose",
            "log its calls",
        )
        .also(&["connection.{name}.is_debug"]),
        Setting::of(
            "connection.{name}.timeout",
            ValueKind::Duration,
            "timeout",
            "how long it may be silent; 0: for ever",
        ),
        Setting::of(
            "connection.{name}.deadline",
            ValueKind::Duration,
            "deadline",
            "how long a call may take, that of a stream until its head; 0: for ever",
        ),
        Setting::unset(
            "connection.{name}.ssl.cafile",
            ValueKind::File,
            "whom `https` trusts, as a file of certificates, instead of whom the system trusts",
        ),
        Setting::unset(
            "connection.{name}.ssl.certfile",
            ValueKind::File,
            "the file of the certificates that it shows",
        ),
        Setting::unset(
            "connection.{name}.ssl.keyfile",
            ValueKind::File,
            "the file of their private key",
        ),
    ],
    summary: "declares an HTTP service that handlers call",
    example: "CONNECTION users http://localhost:8080 timeout=2",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    draft.declare("CONNECTION", &name, arguments.span_of("name"));
    let is_addressed = arguments.find("url").is_some() || arguments.find("code").is_some();
    if !is_addressed && arguments.is_whole && arguments.find("name").is_some() {
        let doc = parameter(arguments.directive, "url").doc;
        draft.report(missing(arguments, "url", doc));
    }
    let connection = Connection {
        name,
        url: arguments.find_text("url").map(str::to_owned),
        url_function: draft.function(arguments, "code", host::Kind::Transform),
        is_json: arguments.is_true("is_json"),
        is_form: arguments.is_true("is_form"),
        is_verbose: arguments.is_true("is_verbose"),
        is_active: true,
        timeout: arguments.find_duration("timeout").unwrap_or(Duration::ZERO),
        deadline: arguments
            .find_duration("deadline")
            .unwrap_or(Duration::ZERO),
        wrapper: draft.function(arguments, "wrapper", host::Kind::Transform),
        setup: draft.function(arguments, "setup", host::Kind::Transform),
        limits: CallLimits::default(),
        tls: TlsFiles::default(),
        headers: Vec::new(),
        resources: Vec::new(),
        place: draft.place(arguments.span),
    };
    draft.connections.push(connection);
}
