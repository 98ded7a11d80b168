//! «Did you mean»: the known words that a wrong one resembles.

/// How many words are suggested at most.
const SUGGESTIONS_MAX: usize = 3;

/// The candidates that a word resembles, the nearest first. Case does not count.
///
/// ```
/// use micro::diagnostics::nearest;
/// assert_eq!(nearest("ROUTTE", ["SERVER", "ROUTE"]), ["ROUTE"]);
/// assert!(nearest("elephant", ["SERVER", "ROUTE"]).is_empty());
/// ```
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let word = word.to_lowercase();
    // A third of the letters may be wrong, but not all of a short word.
    let allowed = (word.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.len())
        .collect();
    near.sort_unstable();
    near.dedup();
    // What differs in case alone leaves no doubt.
    if near.first().is_some_and(|(distance, _)| *distance == 0) {
        near.retain(|(distance, _)| *distance == 0);
    }
    near.into_iter()
        .take(SUGGESTIONS_MAX)
        .map(|(_, candidate)| candidate)
        .collect()
}

/// The help line for a wrong word: the nearest ones, or all there are if they are few, or none.
#[must_use]
pub fn suggest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    /// More than these are a list that nobody reads.
    const LISTED_MAX: usize = 8;
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let near = nearest(word, candidates.iter().copied());
    if !near.is_empty() {
        return Some(format!("did you mean {}?", one_of(&near)));
    }
    if candidates.is_empty() || candidates.len() > LISTED_MAX {
        return None;
    }
    Some(format!("known here: {}", listed(&candidates)))
}

fn one_of(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(" or ")
}

fn listed(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
