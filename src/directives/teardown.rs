//! TEARDOWN.

use micro_api::host;

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;

pub(super) static TEARDOWN: Directive = Directive {
    word: "TEARDOWN",
    places: &[Scope::Top],
    parameters: &[Parameter::required(
        "path",
        Kind::Function(host::Kind::Job),
        "what is called",
    )],
    summary: "calls a function after the last answer",
    example: "TEARDOWN users.close",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let function = draft.function(arguments, "path", host::Kind::Job);
    draft.teardowns.extend(function);
}
