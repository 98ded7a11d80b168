//! MODULE: the file of a module.

use super::arguments::Arguments;
use super::directive::{Directive, Turn};
use super::draft::Draft;
use super::modules::Pin;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;

pub(super) static MODULE: Directive = Directive {
    word: "MODULE",
    places: &[Scope::Top],
    parameters: &[
        Parameter::required("name", Kind::Name, "the module's name"),
        Parameter::required(
            "path",
            Kind::LibraryPath,
            "its shared library, relative to this file",
        ),
    ],
    summary: "says which shared library a module is in, instead of searching for it",
    example: "MODULE ping modules/libping.so",
    turn: Turn::First,
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    let is_first = draft.declare("MODULE", &name, arguments.span_of("name"));
    let Some(given) = arguments
        .find("path")
        .filter(|given| !given.text.is_empty())
    else {
        return draft.modules.excuse(name);
    };
    if is_first {
        let (path, span) = (draft.file_of(given), arguments.span);
        draft.modules.pins.push(Pin {
            name,
            path,
            written: given.text.clone(),
            span,
        });
    }
}
