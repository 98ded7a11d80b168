//! REQUIRES.

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use crate::config::Requires;

pub(super) static REQUIRES: Directive = Directive {
    word: "REQUIRES",
    places: &[Scope::Top],
    parameters: &[
        Parameter::required("name", Kind::Name, "the name under which it is published"),
        Parameter::required("path", Kind::Path, "the function that is told"),
    ],
    summary: "is told of the servers that provide a name, through `discovery`",
    example: "REQUIRES website balancer.update",
    is_future: true,
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    draft.refuse_to_run("REQUIRES", arguments.word_span, None);
    let name = arguments.text("name");
    draft.declare("REQUIRES", &name, arguments.span_of("name"));
    let place = draft.place(arguments.span);
    if let Some(function) = draft.path(arguments, "path") {
        draft.requires.push(Requires {
            name,
            function,
            place,
        });
    }
}
