//! GET, POST, PUT, PATCH, DELETE, HEAD and OPTIONS.

use micro_api::{Method, host};

use super::arguments::{Arguments, Given};
use super::directive::Directive;
use super::draft::{Draft, MethodDraft};
use super::parameter::{Kind, Parameter};
use super::response;
use super::scope::Scope;
use crate::config::{Action, Endpoint, Reference, ValueKind};
use crate::diagnostics::Diagnostic;

const METHOD: Directive = Directive {
    places: &[Scope::Route],
    opens: Some(Scope::Method),
    parameters: &[
        Parameter::required(
            "path",
            Kind::Function(host::Kind::Handler),
            "the handler as `module.function`, or a file with `file=true`",
        ),
        Parameter::option("wrap", Kind::Wrappers, "wrappers, the outermost first"),
        Parameter::option(
            "silent",
            Kind::BOOL,
            "keep it out of the access log, or in it; else as `SILENT` of the route says",
        ),
        Parameter::option(
            "timeout",
            Kind::Value(ValueKind::Duration),
            "how long the handler may take; 0 is for ever",
        ),
        Parameter::option("file", Kind::BOOL, "whether `path` is a file to serve").or("false"),
        Parameter::option(
            "cursor",
            Kind::Ignored("hands a cursor of aiomicro to the handler and means nothing here"),
            "of aiomicro",
        ),
        response::CONTENT_TYPE.rare(),
        response::STATUS.rare(),
        response::CACHE_CONTROL.rare(),
        response::CONTENT_DISPOSITION.rare(),
        response::CONTENT_LANGUAGE.rare(),
        response::LOCATION.rare(),
        response::RETRY_AFTER.rare(),
        response::VARY.rare(),
        response::COMPRESS.rare(),
    ],
    apply,
    ..Directive::BLANK
};

pub(super) static GET: Directive = Directive {
    word: "GET",
    summary: "answers GET, and HEAD with it",
    example: "GET ping.ping",
    ..METHOD
};
pub(super) static POST: Directive = Directive {
    word: "POST",
    summary: "answers POST",
    example: "POST tasks.create",
    ..METHOD
};
pub(super) static PUT: Directive = Directive {
    word: "PUT",
    summary: "answers PUT",
    example: "PUT tasks.update",
    ..METHOD
};
pub(super) static PATCH: Directive = Directive {
    word: "PATCH",
    summary: "answers PATCH",
    example: "PATCH tasks.change",
    ..METHOD
};
pub(super) static DELETE: Directive = Directive {
    word: "DELETE",
    summary: "answers DELETE",
    example: "DELETE tasks.remove",
    ..METHOD
};
pub(super) static HEAD: Directive = Directive {
    word: "HEAD",
    summary: "answers HEAD otherwise than GET does",
    example: "HEAD tasks.exists",
    ..METHOD
};
pub(super) static OPTIONS: Directive = Directive {
    word: "OPTIONS",
    summary: "answers OPTIONS otherwise than with the methods of the route",
    example: "OPTIONS tasks.options",
    ..METHOD
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let word = arguments.word.to_uppercase();
    let method = Method::find(&word).expect("the table has a method's token for each word");
    let given = arguments.find("path");
    let is_file = arguments.is_true("file");
    let action = match given {
        Some(given) if is_file => find_file(draft, given),
        Some(given) => draft
            .resolve(given, host::Kind::Handler)
            .map(Action::Handler),
        None => None,
    };
    let response = response::read(arguments);
    if response.is_some() && !is_file {
        let message = format!("`{word}` takes options for its answer only with `file=true`");
        let diagnostic = Diagnostic::error(message)
            .at(arguments.span)
            .help("put them on a `RESPONSE` line below it");
        draft.report(diagnostic);
    }
    let (wrappers, wrapper_spans) = draft.find_wrappers(arguments).into_iter().unzip();
    let key = draft.scoped(Scope::Route, &word);
    let what = format!("`{word}`");
    draft.declare_in("method", key, arguments.word_span, &what, " for this route");
    let place = draft.place(arguments.span);
    let endpoint = Endpoint {
        method,
        action: action.unwrap_or_else(|| Action::Handler(Reference::default())),
        wrappers,
        is_silent: false,
        timeout: arguments.find_duration("timeout"),
        content: Vec::new(),
        response,
        place,
    };
    let route = draft.route();
    route.route.endpoints.push(endpoint);
    route.methods.push(MethodDraft {
        silent: arguments.find_bool("silent"),
        handler: arguments.span_of("path"),
        wrappers: wrapper_spans,
        content: Vec::new(),
    });
}

fn find_file(draft: &mut Draft, given: &Given) -> Option<Action> {
    let path = draft.file_of(given);
    // `check --syntax` judges the language alone.
    if draft.options.catalogue.is_some() && !path.is_file() {
        draft.depend_on(&path);
        let message = format!("no file `{}` to serve", path.display());
        draft.report(Diagnostic::error(message).at(given.span));
        return None;
    }
    Some(Action::File(path))
}
