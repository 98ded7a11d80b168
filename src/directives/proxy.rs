//! PROXY.

use micro_api::host;

use super::arguments::Arguments;
use super::directive::{Directive, Rest};
use super::draft::Draft;
use super::scope::Scope;
use crate::config::{Proxy, Upstreams, ValueKind};
use crate::diagnostics::Diagnostic;

pub(super) static PROXY: Directive = Directive {
    word: "PROXY",
    places: &[Scope::Route],
    rest: Some(Rest {
        name: "url",
        least: 1,
        doc: "an upstream, or a handler that names some",
    }),
    summary: "forwards a route to these upstreams, or to those that a handler names",
    example: "PROXY http://10.0.0.1:8080 http://10.0.0.2:8080",
    is_future: true,
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    draft.refuse_to_run("PROXY", arguments.word_span, None);
    let key = draft.scoped(Scope::Route, "");
    draft.declare_in(
        "PROXY",
        key,
        arguments.word_span,
        "`PROXY`",
        " for this route",
    );
    draft.route().is_proxied = true;
    let upstreams = match arguments.rest.as_slice() {
        [only] if !only.text.contains([':', '/']) => draft
            .resolve(only, host::Kind::Handler)
            .map(Upstreams::Handler),
        urls => {
            check_urls(draft, arguments);
            Some(Upstreams::Fixed(
                urls.iter().map(|url| url.text.clone()).collect(),
            ))
        }
    };
    let place = draft.place(arguments.span);
    let listener = draft.listener();
    let (server, route) = (listener.listener.name.clone(), listener.routes.len() - 1);
    draft.proxies.extend(upstreams.map(|upstreams| Proxy {
        server,
        route,
        upstreams,
        place,
    }));
}

fn check_urls(draft: &mut Draft, arguments: &Arguments) {
    for url in &arguments.rest {
        if !ValueKind::Url.accepts(&url.text) {
            let expected = ValueKind::Url.expected();
            let message = format!("an upstream must be {expected}, found `{}`", url.text);
            draft.report(Diagnostic::error(message).at(url.span));
        }
    }
}
