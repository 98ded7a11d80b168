//! ARG, also TYPE: the type of the next group of a route's pattern.

use super::arguments::Arguments;
use super::bind::{missing, parameter};
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use crate::config::ArgumentType;
use crate::diagnostics::Diagnostic;

pub(super) static ARG: Directive = Directive {
    word: "ARG",
    aliases: &["TYPE"],
    places: &[Scope::Route],
    parameters: &[
        Parameter::optional(
            "type",
            Kind::Type,
            "int, count, float, bool, uuid, str, or a function as `module.function`",
        ),
        Parameter::optional("enum", Kind::Enum, "the name of an `ENUM`"),
    ],
    one_of: &["type", "enum"],
    summary: "gives the next group of the pattern a type",
    example: "ARG int",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let word = arguments.word.to_uppercase();
    let is_given = arguments.find("type").is_some() || arguments.find("enum").is_some();
    if !is_given && arguments.is_whole {
        let doc = parameter(arguments.directive, "type").doc;
        draft.report(missing(arguments, "type", doc));
    }
    let argument_type = draft.argument_type(arguments);
    let route = draft.route();
    let position = route.arguments;
    route.arguments += 1;
    if route.pattern.is_none() {
        return;
    }
    let (pattern, count) = (route.route.pattern.clone(), route.route.groups.len());
    let diagnostic = match route.route.groups.get_mut(position) {
        Some(group) if group.argument_type == ArgumentType::Text => {
            group.argument_type = argument_type;
            return;
        }
        Some(group) if group.argument_type == argument_type => return,
        Some(group) => {
            let message = format!("group `{}` has its type from the pattern", group.name);
            Diagnostic::error(message).at(arguments.span)
        }
        None => {
            let groups = match count {
                0 => "without groups".to_owned(),
                1 => "with 1 group".to_owned(),
                _ => format!("with {count} groups"),
            };
            let message = format!("`{word}` number {} for a pattern {groups}", position + 1);
            let help = format!("put a group such as `{{name}}` or `(\\d+)` into `{pattern}`");
            Diagnostic::error(message).at(arguments.span).help(help)
        }
    };
    draft.report(diagnostic);
}
