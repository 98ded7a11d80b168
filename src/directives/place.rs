//! What each line belongs to: it follows from the order of the lines alone.

use super::directive::Directive;
use super::scope::Scope;
use super::table::DIRECTIVES;
use crate::diagnostics::{Diagnostic, Sources, Span, nearest, suggest};
use crate::syntax::Line;

/// A line with its directive and what it belongs to.
pub(super) struct Placed {
    pub(super) directive: &'static Directive,
    pub(super) line: Line,
    pub(super) scope: Scope,
    /// Whether it stands where it may not, or belongs to a line that does: its words are checked,
    /// it says nothing.
    pub(super) is_lost: bool,
}

/// Finds out what each line belongs to.
pub(super) struct Placer {
    open: Vec<Open>,
}

struct Open {
    scope: Scope,
    is_lost: bool,
}

impl Placer {
    pub(super) fn new() -> Placer {
        Placer {
            open: vec![Open {
                scope: Scope::Top,
                is_lost: false,
            }],
        }
    }

    /// The innermost open scope in which the word may stand wins.
    pub(super) fn place(
        &mut self,
        line: Line,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Placed> {
        let span = line.words[0].span;
        let word = sources.slice(span);
        if line.is_broken {
            self.open_as_meant(word);
            return None;
        }
        let Some(directive) = find_directive(word) else {
            diagnostics.push(unknown(word, span));
            self.open_as_meant(word);
            return None;
        };
        let (scope, is_lost) = self.open_for(directive).unwrap_or_else(|| {
            diagnostics.push(misplaced(directive, word, span));
            self.open_lost(directive);
            (Scope::Top, true)
        });
        Some(Placed {
            directive,
            line,
            scope,
            is_lost,
        })
    }

    fn open_for(&mut self, directive: &Directive) -> Option<(Scope, bool)> {
        let may_stand = |open: &Open| {
            directive.places.is_empty() && open.scope == Scope::Top
                || directive.places.contains(&open.scope)
        };
        let at = self.open.iter().rposition(may_stand)?;
        let Open { scope, is_lost } = self.open[at];
        if let Some(opened) = directive.opens {
            self.open.truncate(at + 1);
            self.open.push(Open {
                scope: opened,
                is_lost,
            });
        }
        Some((scope, is_lost))
    }

    // What follows a line in the wrong place is not wrong for that.
    fn open_lost(&mut self, directive: &Directive) {
        let Some(opened) = directive.opens else {
            return;
        };
        self.open.truncate(1);
        self.open.push(Open {
            scope: opened,
            is_lost: true,
        });
    }

    fn open_as_meant(&mut self, word: &str) {
        let meant = nearest(word, spellings())
            .first()
            .and_then(|word| find_directive(word));
        let Some(directive) = meant else { return };
        let may_stand = |open: &Open| directive.places.contains(&open.scope);
        if let Some(at) = self.open.iter().rposition(may_stand)
            && directive.opens.is_some()
        {
            self.open.truncate(at + 1);
        }
        if let Some(scope) = directive.opens {
            self.open.push(Open {
                scope,
                is_lost: true,
            });
        }
    }
}

/// The directive of this word.
pub(super) fn find_directive(word: &str) -> Option<&'static Directive> {
    DIRECTIVES
        .iter()
        .copied()
        .find(|directive| directive.is_written(word))
}

/// Every word of the language.
pub(super) fn spellings() -> impl Iterator<Item = &'static str> {
    DIRECTIVES
        .iter()
        .flat_map(|directive| directive.spellings())
}

fn unknown(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error(format!("unknown directive `{word}`"))
        .at(span)
        .help(
            suggest(word, spellings())
                .unwrap_or_else(|| "`micro explain` lists them all".to_owned()),
        )
}

fn misplaced(directive: &Directive, word: &str, span: Span) -> Diagnostic {
    let places: Vec<&str> = directive
        .places
        .iter()
        .map(|place| place.describe())
        .collect();
    let example = directive
        .places
        .first()
        .map(|place| place.example())
        .unwrap_or_default();
    let message = format!(
        "`{}` must stand inside {}",
        word.to_uppercase(),
        places.join(" or ")
    );
    Diagnostic::error(message)
        .at(span)
        .help(format!("put a line such as `{example}` above it"))
}
