//! SILENT.

use super::bind::Arguments;
use super::directive::{Directive, Kind, Parameter, Scope};
use super::draft::Draft;

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
    draft.route().route.is_silent = arguments.is_true("is_silent");
}
