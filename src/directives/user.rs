//! USER.

use micro_api::host;

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;

pub(super) static USER: Directive = Directive {
    word: "USER",
    places: &[Scope::Top],
    parameters: &[Parameter::required(
        "path",
        Kind::Function(host::Kind::Turn),
        "what is called",
    )],
    summary: "calls a function once a turn of the loop",
    example: "USER jobs.turn",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let function = draft.function(arguments, "path", host::Kind::Turn);
    draft.turns.extend(function);
}
