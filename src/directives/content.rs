//! CONTENT.

use micro_api::Value;
use micro_api::units::find_bool;

use super::arguments::{Arguments, Given};
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use crate::config::{ArgumentType, Content, EnumType};
use crate::diagnostics::Diagnostic;

pub(super) static CONTENT: Directive = Directive {
    word: "CONTENT",
    places: &[Scope::Method],
    parameters: &[
        Parameter::required("name", Kind::Name, "its name in the body or query"),
        Parameter::optional(
            "type",
            Kind::Type,
            "int, count, float, bool, uuid, str, or a function as `module.function`",
        ),
        Parameter::optional("enum", Kind::Enum, "the name of an `ENUM`"),
        Parameter::optional("is_required", Kind::BOOL, "whether a request must have it").or("true"),
        Parameter::option("default", Kind::TEXT, "what it is if it is absent"),
    ],
    summary: "takes an argument from JSON body, query or form",
    example: "CONTENT age type=int",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    let argument_type = draft.argument_type(arguments);
    let default = match arguments.find("default") {
        Some(given) => find_default(draft, given, &argument_type),
        None => None,
    };
    check_name(draft, arguments, &name);
    let is_said = arguments.find("is_required").is_some() && arguments.is_true("is_required");
    if let (true, Some(given)) = (is_said, arguments.find("default")) {
        let message = format!("`CONTENT {name}` is required, its default is never used");
        draft.report(Diagnostic::warning(message).at(given.span));
    }
    // What has a default need not be sent, unless that is said.
    let has_default = arguments.find("default").is_some();
    let is_required = is_said || (arguments.is_true("is_required") && !has_default);
    let methods = &mut draft.route().methods;
    let method = methods.last_mut().expect("each endpoint has one");
    method.content.push(arguments.span_of("name"));
    draft.endpoint().content.push(Content {
        name,
        argument_type,
        is_required,
        default,
    });
}

fn check_name(draft: &mut Draft, arguments: &Arguments, name: &str) {
    if name.is_empty() {
        return;
    }
    let span = arguments.span_of("name");
    let route = draft.route();
    let mut groups = route.route.groups.iter();
    if groups.any(|group| group.name == name) {
        let message = format!("argument `{name}` is already a group of the route's pattern");
        let route_span = route.span;
        let diagnostic = Diagnostic::error(message)
            .at(span)
            .label(route_span, "the route is here");
        return draft.report(diagnostic);
    }
    let key = draft.scoped(Scope::Method, name);
    let what = format!("`CONTENT {name}`");
    draft.declare_in("CONTENT", key, span, &what, " for this method");
}

fn find_default(draft: &mut Draft, given: &Given, argument_type: &ArgumentType) -> Option<Value> {
    let value = convert(&given.text, argument_type);
    if let Err(expected) = &value {
        let message = format!("the default must be {expected}, found `{}`", given.text);
        draft.report(Diagnostic::error(message).at(given.span));
    }
    value.ok()
}

fn convert(text: &str, argument_type: &ArgumentType) -> Result<Value, String> {
    let int = text.parse::<i64>().ok();
    let (value, expected) = match argument_type {
        ArgumentType::Text | ArgumentType::Function(_) => (Some(Value::from(text)), ""),
        ArgumentType::Int => (int.map(Value::from), "a whole number"),
        ArgumentType::Count => (
            int.filter(|int| *int > 0).map(Value::from),
            "a whole number of 1 or more",
        ),
        ArgumentType::Float => {
            let float = text.parse::<f64>().ok().filter(|float| float.is_finite());
            (float.map(Value::from), "a number")
        }
        ArgumentType::Bool => (find_bool(text).map(Value::from), "`true` or `false`"),
        ArgumentType::Uuid => {
            let uuid = uuid::Uuid::try_parse(text).ok();
            (
                uuid.map(|uuid| Value::from(uuid.hyphenated().to_string())),
                "a UUID",
            )
        }
        ArgumentType::Enum(known) => return convert_enum(text, known),
    };
    value.ok_or_else(|| expected.to_owned())
}

fn convert_enum(text: &str, known: &EnumType) -> Result<Value, String> {
    let text = match (known.to_upper, known.to_lower) {
        (true, _) => text.to_uppercase(),
        (_, true) => text.to_lowercase(),
        _ => text.to_owned(),
    };
    if known.items.contains(&text) {
        return Ok(Value::from(text));
    }
    let items: Vec<String> = known.items.iter().map(|item| format!("`{item}`")).collect();
    Err(format!("one of {}", items.join(", ")))
}
