//! ENUM.

use std::rc::Rc;

use super::arguments::Arguments;
use super::directive::{Directive, Rest, Turn};
use super::draft::Draft;
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use crate::config::EnumType;
use crate::diagnostics::Diagnostic;

pub(super) static ENUM: Directive = Directive {
    word: "ENUM",
    places: &[Scope::Top],
    parameters: &[
        Parameter::required("name", Kind::Name, "its name, for `enum=`"),
        Parameter::option("to_upper", Kind::BOOL, "put the text in upper case first").or("false"),
        Parameter::option("to_lower", Kind::BOOL, "put the text in lower case first").or("false"),
    ],
    rest: Some(Rest {
        name: "item",
        least: 1,
        doc: "a word that it allows",
    }),
    summary: "declares the words that an ARG or CONTENT may be",
    example: "ENUM direction ASC DESC to_upper=true",
    turn: Turn::Early,
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let name = arguments.text("name");
    let (to_upper, to_lower) = (arguments.is_true("to_upper"), arguments.is_true("to_lower"));
    if to_upper && to_lower {
        let diagnostic = Diagnostic::error("`to_upper` and `to_lower` exclude each other")
            .at(arguments.span_of("to_lower"));
        draft.report(diagnostic);
    }
    for (index, item) in arguments.rest.iter().enumerate() {
        let before = arguments.rest[..index].iter();
        let same: Vec<_> = before.filter(|before| before.text == item.text).collect();
        if same.len() > 1 {
            continue;
        }
        if let [first] = same.as_slice() {
            let diagnostic = Diagnostic::warning(format!("`{}` is listed twice", item.text))
                .at(item.span)
                .label(first.span, "first listed here");
            draft.report(diagnostic);
            continue;
        }
        let cased = if to_upper {
            item.text.to_uppercase()
        } else {
            item.text.to_lowercase()
        };
        if to_upper != to_lower && cased != item.text {
            let option = if to_upper { "to_upper" } else { "to_lower" };
            let message = format!(
                "`{}` can never be sent: `{option}` makes it `{cased}`",
                item.text
            );
            draft.report(Diagnostic::warning(message).at(item.span));
        }
    }
    draft.declare("ENUM", &name, arguments.span_of("name"));
    let items = arguments
        .rest
        .iter()
        .map(|item| item.text.clone())
        .collect();
    draft.enums.push(Rc::new(EnumType {
        name,
        items,
        to_upper,
        to_lower,
    }));
}
