//! SERVER.

use super::arguments::Arguments;
use super::bind::{missing, parameter};
use super::directive::Directive;
use super::draft::{Draft, ListenerDraft};
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use super::setting::Setting;
use crate::config::{Limits, Listener, Origin, Record, ValueKind, environment_name};

/// Python classes have no counterpart here.
pub(super) const PYTHON_CLASS: Kind = Kind::Ignored("names a Python class and means nothing here");

pub(super) static SERVER: Directive = Directive {
    word: "SERVER",
    places: &[Scope::Top],
    opens: Some(Scope::Server),
    parameters: &[
        Parameter::required("name", Kind::Name, "its name in the log and in settings"),
        Parameter::optional(
            "port",
            Kind::Value(ValueKind::Port),
            "the port to listen at",
        ),
        Parameter::option("host", Kind::TEXT, "the address to listen at").or("0.0.0.0"),
        Parameter::option("handler", PYTHON_CLASS, "of rhc"),
    ],
    settings: &[
        Setting::of(
            "server.{name}.port",
            ValueKind::Port,
            "port",
            "the port; 0: any free one",
        )
        .also(&["{name}.port"]),
        Setting::of(
            "server.{name}.host",
            ValueKind::Text,
            "host",
            "the address to listen at",
        ),
        Setting::fixed(
            "server.{name}.is_active",
            ValueKind::Bool,
            "true",
            "whether it listens",
        )
        .also(&["{name}.is_active"]),
        Setting::fixed(
            "server.{name}.ssl.is_active",
            ValueKind::Bool,
            "false",
            "whether with TLS",
        )
        .also(&["{name}.ssl.is_active"]),
        Setting::unset(
            "server.{name}.ssl.keyfile",
            ValueKind::File,
            "the file of the private key",
        )
        .also(&["{name}.ssl.keyfile"]),
        Setting::unset(
            "server.{name}.ssl.certfile",
            ValueKind::File,
            "the file of certificates",
        )
        .also(&["{name}.ssl.certfile"]),
    ],
    summary: "listens at a port",
    example: "SERVER useless 12345",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    let name_span = arguments.span_of("name");
    draft.declare("SERVER", &name, name_span);
    find_port(draft, arguments, &name);
    let place = draft.place(arguments.span);
    let listener = Listener {
        name: name.clone(),
        host: arguments.text("host"),
        port: 0,
        limits: Limits::default(),
        routes: Vec::new(),
        place,
    };
    let routes = Vec::new();
    draft.listeners.push(ListenerDraft {
        listener,
        routes,
        span: arguments.span,
        name_span,
    });
}

// Where there was a CONFIG_SERVER, it says the port.
fn find_port(draft: &mut Draft, arguments: &Arguments, name: &str) {
    let mut declared = draft.config_servers.iter_mut();
    let declared = declared.find(|server| server.name == name);
    match (declared, arguments.find("port")) {
        (Some(server), None) => {
            server.is_used = true;
            let (port, kind) = (server.port.clone(), ValueKind::Port);
            draft.add_record(Record {
                name: format!("server.{name}.port"),
                aliases: vec![format!("{name}.port")],
                environment: environment_names(name, "port"),
                kind,
                value: Some(port.text).filter(|text| kind.accepts(text)),
                origin: Origin::Definition(port.span),
                is_secret: false,
                summary: "the port; 0: any free one".to_owned(),
                span: Some(arguments.span),
            });
        }
        (None, None) if !name.is_empty() && arguments.is_whole => {
            let doc = parameter(arguments.directive, "port").doc;
            draft.report(missing(arguments, "port", doc));
        }
        (Some(server), Some(_)) => server.is_used = true,
        _ => {}
    }
}

/// The variables of a server's setting: as all are named, and with the server's name in its own
/// case.
fn environment_names(server: &str, setting: &str) -> Vec<String> {
    let usual = environment_name(&format!("server.{server}.{setting}"));
    let spelled = format!(
        "SERVER_{}_{}",
        server.replace(['.', '-'], "_"),
        environment_name(setting)
    );
    let mut names = vec![usual, spelled];
    names.dedup();
    names
}
