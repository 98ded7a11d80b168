//! What may be said once: names, and lines of which one is enough.

use super::arguments::Arguments;
use super::draft::Draft;
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, Span};

/// What CONFIG lines declare, as [`Draft::declare`] calls it.
pub(super) const SETTING: &str = "setting";

impl Draft<'_> {
    /// Takes a name that may be declared once; `space` is what shares its names.
    pub(super) fn declare(&mut self, space: &'static str, name: &str, span: Span) -> bool {
        if name.is_empty() {
            return false;
        }
        let what = match space {
            SETTING => format!("setting `{name}`"),
            _ => format!("`{space} {name}`"),
        };
        self.declare_in(space, name.to_owned(), span, &what, "")
    }

    /// Takes what may be declared once: by a key in its space, and in words, such as
    /// «`GET`» and « for this route».
    pub(super) fn declare_in(
        &mut self,
        space: &'static str,
        key: String,
        span: Span,
        what: &str,
        inside: &str,
    ) -> bool {
        let first = *self.names.entry((space, key)).or_insert(span);
        if first == span {
            return true;
        }
        let diagnostic = Diagnostic::error(format!("{what} is declared twice{inside}"))
            .at(span)
            .label(first, "first declared here");
        self.report(diagnostic);
        false
    }

    /// Warns of a line that makes an earlier one of its kind void.
    pub(super) fn note_again(&mut self, word: &'static str, key: String, arguments: &Arguments) {
        let span = arguments.word_span;
        if let Some(first) = self.names.insert((word, key), span) {
            let message = format!("`{word}` is said twice, the last one counts");
            let diagnostic = Diagnostic::warning(message)
                .at(span)
                .label(first, "an earlier one is here");
            self.report(diagnostic);
        }
    }

    /// What tells a name inside the route, method or resource that is open from others.
    pub(super) fn scoped(&self, scope: Scope, name: &str) -> String {
        let route = self.listeners.last().and_then(|open| open.routes.last());
        let endpoints = route.map_or(0, |open| open.route.endpoints.len());
        let routes = self.listeners.last().map_or(0, |open| open.routes.len());
        let resources = self
            .connections
            .last()
            .map_or(0, |open| open.resources.len());
        match scope {
            Scope::Method => format!("{}.{routes}.{endpoints}.{name}", self.listeners.len()),
            Scope::Resource => format!("{}.{resources}.{name}", self.connections.len()),
            _ => format!("{}.{routes}.{name}", self.listeners.len()),
        }
    }
}
