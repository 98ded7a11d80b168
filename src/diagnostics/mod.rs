//! What we tell people about their definition: what is wrong, where, and what would help.
//!
//! Knows texts, places and sentences; nothing of the language.

mod clean;
mod diagnostic;
mod json;
mod mask;
mod nearest;
mod password;
mod render;
mod secret;
mod snippet;
mod sources;
#[cfg(test)]
mod tests;

pub use clean::clean;
pub use diagnostic::{Diagnostic, Label, Severity, has_errors};
pub use json::to_json;
pub use mask::mask_secrets;
pub use nearest::{nearest, suggest};
pub use render::render;
pub use secret::{names_secret, names_secret_field};
pub use sources::{FileId, Location, Sources, Span};

/// Sorts diagnostics by place: the order in which one reads the files, imports in their place.
/// Those without a place come last.
pub fn sort(diagnostics: &mut [Diagnostic], sources: &Sources) {
    diagnostics.sort_by_cached_key(|diagnostic| {
        let place = diagnostic.span().map(|span| sources.reading_order(span));
        (place.is_none(), place)
    });
}
