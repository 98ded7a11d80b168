//! HEADER.

use micro_api::host;

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use super::setting::{Setting, When};
use crate::client::follows_from_request;
use crate::config::{HeaderField, ValueKind};
use crate::diagnostics::Diagnostic;

pub(super) static HEADER: Directive = Directive {
    word: "HEADER",
    places: &[Scope::Connection, Scope::Resource],
    parameters: &[
        Parameter::required("key", Kind::FieldName, "the field's name"),
        Parameter::optional("default", Kind::FieldValue, "its value"),
        Parameter::optional(
            "config",
            Kind::SettingName,
            "the setting that gives its value",
        ),
        Parameter::optional(
            "code",
            Kind::Function(host::Kind::Transform),
            "a function that gives its value at each call",
        ),
        Parameter::option("secret", Kind::BOOL, "whether its value is never shown").or("false"),
    ],
    settings: &[
        Setting::of(
            "connection.{connection}.header.{config}",
            ValueKind::Text,
            "default",
            "the value of a header field",
        )
        .secret_by(&["key", "config"])
        .when(When::In(Scope::Connection)),
        Setting::of(
            "connection.{connection}.resource.{resource}.header.{config}",
            ValueKind::Text,
            "default",
            "the value of a header field",
        )
        .secret_by(&["key", "config"])
        .when(When::In(Scope::Resource)),
    ],
    summary: "sends a header field along",
    example: "HEADER Authorization config=token",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let key = arguments.text("key");
    let sources = ["default", "config", "code"];
    let is_given = sources.iter().any(|name| arguments.find(name).is_some());
    if !is_given && arguments.is_whole && !key.is_empty() {
        let message = format!("`HEADER` needs `default`, `config` or `code` for `{key}`");
        let help = format!("write it like `HEADER {key} default=value`");
        draft.report(
            Diagnostic::error(message)
                .at(arguments.word_span)
                .help(help),
        );
    }
    if follows_from_request(&key) {
        let message = format!("`{key}` follows from what is sent, and cannot be declared");
        draft.report(Diagnostic::error(message).at(arguments.span_of("key")));
    }
    let templates = arguments.directive.settings.iter();
    let template = templates
        .filter(|setting| matches!(setting.when, When::In(scope) if scope == arguments.scope))
        .find_map(|setting| draft.fill(setting.name, arguments));
    let field = HeaderField {
        key,
        value: arguments.find_text("default").map(str::to_owned),
        setting: template.map(|(name, _)| name),
        function: draft.function(arguments, "code", host::Kind::Transform),
        is_marked_secret: arguments.is_marked_secret(),
    };
    if arguments.scope == Scope::Resource {
        draft.resource().headers.push(field);
    } else {
        draft.connection().headers.push(field);
    }
}
