//! RESPONSE.

use micro_api::Value;

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use crate::config::{Response, ResponseKind, ValueKind};
use crate::diagnostics::Diagnostic;

pub(super) const CONTENT_TYPE: Parameter =
    Parameter::option("content_type", Kind::FieldValue, "the media type");
pub(super) const STATUS: Parameter = Parameter::option(
    "status",
    Kind::Value(ValueKind::Status),
    "the status, if not 200",
)
.also(&["code"]);
pub(super) const CACHE_CONTROL: Parameter = Parameter::option(
    "cache_control",
    Kind::FieldValue,
    "the field `Cache-Control`",
);
pub(super) const CONTENT_DISPOSITION: Parameter = Parameter::option(
    "content_disposition",
    Kind::FieldValue,
    "the field `Content-Disposition`",
);
pub(super) const CONTENT_LANGUAGE: Parameter = Parameter::option(
    "content_language",
    Kind::FieldValue,
    "the field `Content-Language`",
);
pub(super) const LOCATION: Parameter =
    Parameter::option("location", Kind::FieldValue, "the field `Location`");
pub(super) const RETRY_AFTER: Parameter =
    Parameter::option("retry_after", Kind::FieldValue, "the field `Retry-After`");
pub(super) const VARY: Parameter = Parameter::option("vary", Kind::FieldValue, "the field `Vary`");
pub(super) const COMPRESS: Parameter = Parameter::option(
    "compress",
    Kind::Ignored("asks for compression, which answers do not have here"),
    "of aiomicro",
);

/// The options that are header fields.
const FIELDS: &[(&str, &str)] = &[
    ("cache_control", "Cache-Control"),
    ("content_disposition", "Content-Disposition"),
    ("content_language", "Content-Language"),
    ("location", "Location"),
    ("retry_after", "Retry-After"),
    ("vary", "Vary"),
];

pub(super) static RESPONSE: Directive = Directive {
    word: "RESPONSE",
    places: &[Scope::Method],
    parameters: &[
        Parameter::optional(
            "kind",
            Kind::Value(ValueKind::Choice(&["str", "html", "json"])),
            "the form of a bare result: str, html or json",
        )
        .or("str"),
        Parameter::option(
            "default",
            Kind::TEXT,
            "what is sent when there is no result",
        ),
        CONTENT_TYPE,
        STATUS,
        CACHE_CONTROL.rare(),
        CONTENT_DISPOSITION.rare(),
        CONTENT_LANGUAGE.rare(),
        LOCATION.rare(),
        RETRY_AFTER.rare(),
        VARY.rare(),
        COMPRESS,
    ],
    summary: "says how a bare result is sent",
    example: "RESPONSE json",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let key = draft.scoped(Scope::Method, "");
    draft.declare_in(
        "RESPONSE",
        key,
        arguments.word_span,
        "`RESPONSE`",
        " for this method",
    );
    let mut response = read(arguments).unwrap_or_default();
    response.kind = match arguments.text("kind").to_ascii_lowercase().as_str() {
        "json" => ResponseKind::Json,
        "html" => ResponseKind::Html,
        _ => ResponseKind::Str,
    };
    response.default = arguments.find("default").map(|given| given.text.clone());
    if response.kind == ResponseKind::Json {
        warn_of_broken_json(draft, arguments);
    }
    draft.endpoint().response = Some(response);
}

// A default that is no JSON is sent as a text, but hardly one with a bracket at its start.
fn warn_of_broken_json(draft: &mut Draft, arguments: &Arguments) {
    let Some(given) = arguments.find("default") else {
        return;
    };
    if given.text.starts_with(['{', '[', '"'])
        && serde_json::from_str::<Value>(&given.text).is_err()
    {
        let message = "the default is no JSON, so it is sent as a text";
        draft.report(Diagnostic::warning(message).at(given.span));
    }
}

/// What the options of a line say of an answer, if they say anything.
pub(super) fn read(arguments: &Arguments) -> Option<Response> {
    let text = |name| arguments.find(name).map(|given| given.text.clone());
    let fields = FIELDS
        .iter()
        .filter_map(|(option, field)| text(option).map(|value| ((*field).to_owned(), value)));
    let response = Response {
        kind: ResponseKind::default(),
        default: None,
        content_type: text("content_type"),
        status: text("status").and_then(|status| status.parse().ok()),
        headers: fields.collect(),
    };
    (response != Response::default()).then_some(response)
}
