//! ROUTE.

use super::arguments::{Arguments, Given};
use super::directive::Directive;
use super::draft::{Draft, RouteDraft};
use super::parameter::{Kind, Parameter};
use super::scope::Scope;
use crate::config::{ArgumentType, Group, Route};
use crate::diagnostics::Diagnostic;
use crate::router::{Pattern, PatternError, PatternGroup, SegmentKind};

pub(super) static ROUTE: Directive = Directive {
    word: "ROUTE",
    places: &[Scope::Server],
    opens: Some(Scope::Route),
    parameters: &[Parameter::required(
        "pattern",
        Kind::Pattern,
        "a regular expression for the path, with segments such as `{name}` or `{id:int}`",
    )],
    summary: "watches for a path; the first match in the file's order wins",
    example: "ROUTE /users/{id:int}$",
    apply,
    ..Directive::BLANK
};

fn apply(draft: &mut Draft, arguments: &Arguments) {
    let given = arguments.find("pattern").filter(|_| arguments.is_whole);
    let text = arguments.text("pattern");
    let pattern = given.and_then(|given| parse(draft, given));
    let groups = pattern.iter().flat_map(Pattern::groups).enumerate();
    let groups = groups
        .map(|(position, group)| typed(position, group))
        .collect();
    let place = draft.place(arguments.span);
    let route = Route {
        pattern: text,
        groups,
        is_silent: false,
        endpoints: Vec::new(),
        place,
    };
    let span = arguments.span;
    let route = RouteDraft {
        route,
        pattern,
        arguments: 0,
        is_proxied: false,
        methods: Vec::new(),
        span,
    };
    draft.listener().routes.push(route);
}

fn parse(draft: &mut Draft, given: &Given) -> Option<Pattern> {
    let PatternError {
        span,
        message,
        help,
    } = match Pattern::parse(&given.text) {
        Ok(pattern) => {
            warn_of_foreign_letters(draft, given);
            warn_of_foreign_segments(draft, given);
            return Some(pattern);
        }
        Err(error) => error,
    };
    draft.report(
        Diagnostic::error(message)
            .at(given.part(span))
            .help_if(help),
    );
    None
}

// Paths are ASCII (RFC 3986 section 2).
fn warn_of_foreign_letters(draft: &mut Draft, given: &Given) {
    for (at, letter) in given.text.char_indices().filter(|(_, c)| !c.is_ascii()) {
        let end = at + letter.len_utf8();
        let mut encoded = String::new();
        for byte in given.text[at..end].bytes() {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        let message = format!("`{letter}` can never match: it arrives as `{encoded}`");
        draft.report(Diagnostic::warning(message).at(given.part(at..end)));
    }
}

// Other frameworks write `:id` or `<id>` for a segment; here, they match as they stand.
fn warn_of_foreign_segments(draft: &mut Draft, given: &Given) {
    let mut at = 0;
    for segment in given.text.split('/') {
        let start = at;
        at += segment.len() + 1;
        let segment = segment.strip_suffix('$').unwrap_or(segment);
        let brackets = segment
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'));
        let Some(name) = segment.strip_prefix(':').or(brackets) else {
            continue;
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.is_empty() && name.chars().all(is_name) {
            let message = format!("`{segment}` matches as it stands, and is no argument");
            let diagnostic = Diagnostic::warning(message)
                .at(given.part(start..start + segment.len()))
                .help(format!("write `{{{name}}}` for a segment that is one"));
            draft.report(diagnostic);
        }
    }
}

fn typed(position: usize, group: &PatternGroup) -> Group {
    let argument_type = match group.kind {
        None | Some(SegmentKind::Text | SegmentKind::Path) => ArgumentType::Text,
        Some(SegmentKind::Int) => ArgumentType::Int,
        Some(SegmentKind::Count) => ArgumentType::Count,
        Some(SegmentKind::Float) => ArgumentType::Float,
        Some(SegmentKind::Bool) => ArgumentType::Bool,
        Some(SegmentKind::Uuid) => ArgumentType::Uuid,
    };
    Group {
        name: group.name.clone().unwrap_or_else(|| position.to_string()),
        argument_type,
    }
}
