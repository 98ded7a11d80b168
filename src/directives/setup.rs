//! SETUP.

use micro_api::host;

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;

pub(super) static SETUP: Directive = Directive {
    word: "SETUP",
    places: &[Scope::Top],
    parameters: &[Parameter::required(
        "path",
        Kind::Function(host::Kind::Job),
        "what is called",
    )],
    summary: "calls a function before listening",
    example: "SETUP users.open",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let function = draft.function(arguments, "path", host::Kind::Job);
    draft.setups.extend(function);
}
