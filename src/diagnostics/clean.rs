//! The words of others, made fit to stand in a line.

use super::snippet::is_hazard;

/// The text with `\u{fffd}` for each character that could turn what stands around it into something
/// else: controls, and those that change the direction of writing.
///
/// ```
/// use micro::diagnostics::clean;
///
/// assert_eq!(clean("a\u{1b}[31m b\n"), "a\u{fffd}[31m b\u{fffd}");
/// ```
#[must_use]
pub fn clean(text: &str) -> String {
    let shown = |c: char| match is_hazard(c) {
        true => char::REPLACEMENT_CHARACTER,
        false => c,
    };
    text.chars().map(shown).collect()
}
