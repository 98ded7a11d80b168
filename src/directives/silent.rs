//! SILENT.

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;

pub(super) static SILENT: Directive = Directive {
    word: "SILENT",
    places: &[Scope::Route],
    parameters: &[Parameter::required(
        "is_silent",
        Kind::BOOL,
        "whether the access log leaves the route out",
    )],
    summary: "keeps a route out of the access log",
    example: "SILENT true",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let key = draft.scoped(Scope::Route, "");
    draft.note_again("SILENT", key, arguments);
    draft.route().route.is_silent = arguments.is_true("is_silent");
}
