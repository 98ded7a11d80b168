//! WRAP.

use micro_api::host;

use super::arguments::Arguments;
use super::directive::{Directive, Turn};
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;

pub(super) static WRAP: Directive = Directive {
    word: "WRAP",
    places: &[Scope::Top],
    parameters: &[
        Parameter::required("name", Kind::Name, "its name, for `wrap=`"),
        Parameter::required("path", Kind::Function(host::Kind::Wrapper), "the wrapper"),
    ],
    summary: "gives a wrapper a name that methods may use in `wrap=`",
    example: "WRAP login auth.check",
    turn: Turn::Early,
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    draft.declare("WRAP", &name, arguments.span_of("name"));
    let wrapper = draft.function(arguments, "path", host::Kind::Wrapper);
    // A name whose function is unknown is known all the same, or it would be told twice.
    draft.wrappers.push((name, wrapper.unwrap_or_default()));
}
