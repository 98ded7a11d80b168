//! PROVIDES.

use super::arguments::Arguments;
use super::directive::Directive;
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use crate::config::Provides;

pub(super) static PROVIDES: Directive = Directive {
    word: "PROVIDES",
    places: &[Scope::Server],
    parameters: &[Parameter::required(
        "name",
        Kind::Name,
        "the name under which others find it",
    )],
    summary: "publishes a server through `discovery`",
    example: "PROVIDES website",
    is_future: true,
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    draft.refuse_to_run("PROVIDES", arguments.word_span, None);
    let name = arguments.text("name");
    draft.declare("PROVIDES", &name, arguments.span_of("name"));
    let server = draft.listener().listener.name.clone();
    let place = draft.place(arguments.span);
    draft.provides.push(Provides {
        name,
        server,
        place,
    });
}
