//! `CONFIG_SERVER`: rhc's older spelling, in which SERVER names it later.

use super::arguments::Arguments;
use super::directive::{Directive, Turn};
use super::draft::{ConfigServer, Draft};
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use super::server::PYTHON_CLASS;
use crate::config::ValueKind;

pub(super) static CONFIG_SERVER: Directive = Directive {
    word: "CONFIG_SERVER",
    places: &[Scope::Top],
    parameters: &[
        Parameter::required("name", Kind::Name, "the name of the `SERVER`"),
        Parameter::required(
            "port",
            Kind::Value(ValueKind::Port),
            "the port to listen at",
        ),
        Parameter::option("handler", PYTHON_CLASS, "of rhc"),
    ],
    summary: "says the port of a SERVER line without one (rhc)",
    example: "CONFIG_SERVER useless 12345",
    turn: Turn::Early,
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    if !draft.declare("CONFIG_SERVER", &name, arguments.span_of("name")) {
        return;
    }
    if let Some(port) = arguments.find("port").cloned() {
        let span = arguments.span_of("name");
        draft.config_servers.push(ConfigServer {
            name,
            port,
            span,
            is_used: false,
        });
    }
}
