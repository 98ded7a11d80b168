//! REQUIRED and OPTIONAL: the arguments of a resource, beside those in its path.

use super::arguments::Arguments;
use super::config;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use super::setting::{Setting, When};
use crate::config::{OptionalArgument, ValueKind};
use crate::diagnostics::Diagnostic;

pub(super) static REQUIRED: Directive = Directive {
    word: "REQUIRED",
    places: &[Scope::Resource],
    parameters: &[Parameter::required(
        "name",
        Kind::Name,
        "the argument's name",
    )],
    summary: "declares an argument that each call of a resource must give",
    example: "REQUIRED name",
    apply: apply_required,
    ..Directive::BLANK
};

pub(super) static OPTIONAL: Directive = Directive {
    word: "OPTIONAL",
    places: &[Scope::Resource],
    parameters: &[
        Parameter::required("name", Kind::Name, "the argument's name"),
        Parameter::optional(
            "default",
            Kind::TEXT,
            "what is sent if a call does not give it",
        ),
        Parameter::optional(
            "config",
            Kind::SettingName,
            "the setting that gives the default",
        ),
        Parameter::optional(
            "validate",
            Kind::Validator,
            "what the default must be: int, float, bool, file, duration, size or url",
        ),
    ],
    settings: &[Setting::of(
        "connection.{connection}.resource.{resource}.{config}",
        ValueKind::Text,
        "default",
        "the default of an optional argument",
    )
    .secret_by(&["config", "name"])
    .when(When::Given("config"))],
    summary: "declares an argument that a call of a resource may give",
    example: "OPTIONAL limit default=10 validate=int",
    apply: apply_optional,
    ..Directive::BLANK
};

fn apply_required(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    check_twice(draft, arguments, &name);
    draft.resource().required.push(name);
}

fn apply_optional(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    check_twice(draft, arguments, &name);
    let kind = config::find_kind(draft, arguments);
    let default = arguments.find("default");
    if let Some(given) = default.filter(|given| !kind.accepts(&given.text)) {
        let found = match arguments.is_secret() {
            true => "***",
            false => &given.text,
        };
        let message = format!("the default must be {}, found `{found}`", kind.expected());
        draft.report(Diagnostic::error(message).at(given.span));
    }
    let template = arguments.directive.settings[0].name;
    let setting = arguments
        .find("config")
        .and_then(|_| draft.fill(template, arguments));
    let setting = setting.map(|(name, _)| name);
    let default = default.map(|given| given.text.clone());
    draft.resource().optional.push(OptionalArgument {
        name,
        default,
        setting,
        kind,
        is_marked_secret: false,
    });
}

fn check_twice(draft: &mut Draft, arguments: &Arguments, name: &str) {
    if name.is_empty() {
        return;
    }
    let span = arguments.span_of("name");
    if draft
        .resource()
        .path_arguments
        .iter()
        .any(|known| known == name)
    {
        let message = format!("argument `{name}` is already in the path of the resource");
        return draft.report(Diagnostic::error(message).at(span));
    }
    let key = draft.scoped(Scope::Resource, name);
    let what = format!("argument `{name}`");
    draft.declare_in("argument", key, span, &what, " for this resource");
}
